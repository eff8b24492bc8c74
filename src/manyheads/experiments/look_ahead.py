"""A task that an encoder can do only if its tokens see what comes later: does this letter come again?"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor, nn
from torch.nn import functional as F

from manyheads.batches.packed import Packed, pack
from manyheads.model.bert import EncoderModel
from manyheads.model.build_encoder import build_encoder
from manyheads.model.initialize import initialize_encoder
from manyheads.recipes.encoder import Bert

_HELD_OUT = (0, 0)
"""What is drawn for the test: seeds of trainings are above 0."""


@dataclass(frozen=True, slots=True)
class Again:
    """How the task is set, and how it is learned.

    Attributes:
        letters: How many different ones there are.
        length: Letters of a sequence.
        sequences: Of a batch.
        updates: Of a training.
        learning_rate: Of Adam, constant.
    """

    letters: int = 12
    length: int = 12
    sequences: int = 64
    updates: int = 800
    learning_rate: float = 1e-3


def draw_again(task: Again, *seed: int) -> tuple[Packed, Int[Tensor, " tokens"]]:
    """Draw sequences, and say of each letter whether it comes again in its sequence.

    Args:
        task: How the task is set.
        *seed: The sequences are a function of these numbers.

    Returns:
        The sequences, and 1 for each letter that comes again, 0 for one that does not.
    """
    letters = np.random.default_rng(seed).integers(0, task.letters, (task.sequences, task.length))
    later = [
        [int(letter in row[place + 1 :]) for place, letter in enumerate(row)] for row in letters.tolist()
    ]
    return pack(letters.tolist()), torch.tensor(later).flatten()


def learn_again(
    task: Again,
    *,
    seed: int,
    change: Callable[[nn.Module], AbstractContextManager[None]] = nullcontext,
) -> dict[str, Any]:
    """Train a small encoder on the task.

    Args:
        task: How the task is set, and how it is learned.
        seed: Decides the numbers at the start and what is read; above 0.
        change: What is changed about the network, in training and in the test.

    Returns:
        `seed`; `right`, the share of held-out letters told rightly; `commonest`, what always giving the
        commonest answer would get.
    """
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(seed)
        network = _network(task)
    optimizer = torch.optim.Adam(network.parameters(), lr=task.learning_rate)
    with change(network):
        for update in range(1, task.updates + 1):
            batch, again = draw_again(task, seed, update)
            F.cross_entropy(network(batch), again).backward()
            optimizer.step()
            optimizer.zero_grad()
        batch, again = draw_again(task, *_HELD_OUT)
        with torch.no_grad():
            right = (network(batch).argmax(dim=1) == again).double().mean().item()
    share = again.double().mean().item()
    return {"seed": seed, "right": right, "commonest": max(share, 1 - share)}


def _network(task: Again) -> EncoderModel:
    sizes = Bert(
        d_model=32,
        d_ff=64,
        num_heads=4,
        num_layers=2,
        dropout=0.0,
        attention_dropout=0.0,
        max_length=task.length,
        num_segments=0,
        pooler="none",
    )
    network = build_encoder(sizes, vocab_size=task.letters, head="labels", num_labels=2)
    initialize_encoder(network)
    return network
