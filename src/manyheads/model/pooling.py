"""The vector of a text, made of the vectors of its tokens."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from manyheads.batches.packed import Layout, Lengths
from manyheads.shapes import Hidden

Pooling = Literal["cls", "mean", "max"]


def pool(hidden: Hidden, lengths: Lengths, pooling: Pooling) -> Float[Tensor, "sequences d_model"]:
    """Make one vector of each sequence's; there is no padding that could be counted in.

    Args:
        hidden: The last layer's states.
        lengths: Which of them belong together.
        pooling: Take the first token's (`cls`), the mean of all, or their maximum in each dimension.

    Returns:
        Float32 whatever the states are: a mean over many of them needs it.

    Example:
        >>> pool(torch.tensor([[1.0], [4.0], [6.0]]), Lengths((2, 1)), "mean").tolist()
        [[2.5], [6.0]]
    """
    if pooling == "cls":
        return hidden[torch.tensor(lengths.starts[:-1], device=hidden.device)].float()
    blocks = [
        hidden[run.queries].float().unflatten(0, (run.sequences, run.query_len))
        for run in Layout(lengths, lengths).runs
    ]
    return torch.cat([block.mean(dim=1) if pooling == "mean" else block.amax(dim=1) for block in blocks])
