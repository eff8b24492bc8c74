"""One layer's time and memory against the length of what it reads: recurrent, and self-attention.

All sequences of a batch are equally long here, so that neither side has to sort, to pad or to mask; what
the layers read lies ready in the order that they like. "Forward" is without gradients, as in use; "both" is
forward and backward, as in training, down to what was read and to all parameters.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from manyheads.batches.packed import Layout, Lengths
from manyheads.experiments.dependence import count_products
from manyheads.experiments.race import Limits, Runners, race_along, threads
from manyheads.model.attention import Attention
from manyheads.model.feedforward import FeedForward
from manyheads.model.layer import EncoderLayer, Residual
from manyheads.model.recurrent_cell import Layer
from manyheads.shapes import Hidden

RECURRENT, PACKED = "recurrent", "recurrent, packed"
ATTENTION, WHOLE = "self-attention", "with feed-forward"
"""The contestants: a GRU over a block of equal lengths; the same over a `PackedSequence`, which costs torch's
backward pass a time that grows with the square of the length, and which the package's translator takes only
where few neighbours are equally long; self-attention alone; a whole layer of the Transformer's encoder."""
NAMES = (RECURRENT, PACKED, ATTENTION, WHOLE)
DIRECTIONS = ("forward", "both")


@dataclass(frozen=True, slots=True)
class Sizes:
    """A layer's sizes.

    Attributes:
        d_model: Width of what is read and of what is given, of all contestants.
        num_heads: Heads of self-attention.
        d_ff: Inner width of the feed-forward part.
    """

    d_model: int
    num_heads: int
    d_ff: int


@dataclass(frozen=True, slots=True)
class Contestant:
    """A layer that is ready to read a batch.

    Attributes:
        module: Its parameters.
        read: Calculates what the layer makes of the batch.
    """

    module: nn.Module
    read: Callable[[Hidden], Hidden]


def contestants(sizes: Sizes, *, length: int, sequences: int) -> dict[str, Contestant]:
    """Make the layers, and have them expect a batch.

    Args:
        sizes: Theirs.
        length: Tokens of each sequence.
        sequences: How many there are.

    Returns:
        By name. The recurrent ones read all first tokens, then all second ones; self-attention reads one
        sequence after another.
    """
    layer, attention, encoder = _layers(sizes)
    lengths = Lengths((length,) * sequences)
    layout = Layout(lengths, lengths)
    counts = torch.full((length,), sequences)
    return {
        RECURRENT: Contestant(
            layer, lambda hidden: layer.network(hidden.unflatten(0, (length, sequences)))[0].flatten(0, 1)
        ),
        PACKED: Contestant(layer, lambda hidden: layer(PackedSequence(hidden, counts)).data),
        ATTENTION: Contestant(attention, lambda hidden: attention(hidden, hidden, layout)),
        WHOLE: Contestant(encoder, lambda hidden: encoder(hidden, layout)),
    }


def _layers(sizes: Sizes) -> tuple[Layer, Attention, EncoderLayer]:
    """Draw the layers' parameters; which numbers they are changes no time."""
    attention = partial(
        Attention, d_model=sizes.d_model, num_heads=sizes.num_heads, dropout=0.0, kind="encoder", layer=0
    )
    encoder = EncoderLayer(
        attention=attention(),
        feedforward=FeedForward(d_model=sizes.d_model, d_ff=sizes.d_ff, activation="relu"),
        residual=partial(Residual, d_model=sizes.d_model, dropout=0.0, norm_first=False),
    )
    return Layer(kind="gru", d_model=sizes.d_model), attention(), encoder


def _runners(sizes: Sizes, sequences: int, direction: str, length: int) -> Runners:
    hidden = torch.randn(length * sequences, sizes.d_model)
    above = torch.randn_like(hidden)
    calculate = partial(_forward, hidden) if direction == "forward" else partial(_both, hidden, above)
    made = contestants(sizes, length=length, sequences=sequences)
    return {name: partial(calculate, contestant) for name, contestant in made.items()}


def _forward(hidden: Float[Tensor, "tokens d_model"], contestant: Contestant) -> None:
    with torch.no_grad():
        contestant.read(hidden)


def _both(
    hidden: Float[Tensor, "tokens d_model"], above: Float[Tensor, "tokens d_model"], contestant: Contestant
) -> None:
    """Read, and send a gradient back; gradients of the call before are let go first."""
    contestant.module.zero_grad(set_to_none=True)
    contestant.read(hidden.detach().requires_grad_()).backward(above)


def time_layers(
    sizes: Sizes, lengths: tuple[int, ...], *, sequences: int, threads_used: int, limits: Limits
) -> dict[str, Any]:
    """Let the layers race at each length, forward, then forward and backward.

    Args:
        sizes: Theirs.
        lengths: Tokens of a sequence, each twice the one before.
        sequences: Sequences of a batch.
        threads_used: Threads that calculate.
        limits: What is left out.

    Returns:
        `sequences`, `threads`, and what `race_along` gives by direction.
    """
    with threads(threads_used):
        raced = {
            direction: race_along(lengths, partial(_runners, sizes, sequences, direction), limits)
            for direction in DIRECTIONS
        }
    return {"sequences": sequences, "threads": threads_used} | raced


def count_along(sizes: Sizes, lengths: tuple[int, ...]) -> dict[str, Any]:
    """Count at each length what the layers calculate for one sequence, forward.

    Args:
        sizes: Theirs.
        lengths: Tokens of the sequence.

    Returns:
        `rows`: the `length`, and by name the matrix `products`, how many are `in_a_row`, and the `operations`
        a token.
    """
    rows = []
    for length in lengths:
        hidden = torch.randn(length, sizes.d_model)
        row: dict[str, Any] = {"length": length, "operations": operations(sizes, length)}
        for name, contestant in contestants(sizes, length=length, sequences=1).items():
            found = count_products(partial(contestant.read, hidden))
            row.setdefault("products", {})[name] = found.made
            row.setdefault("in_a_row", {})[name] = found.in_a_row
        rows.append(row)
    return {"rows": rows}


def operations(sizes: Sizes, length: int) -> Mapping[str, int]:
    """Calculate the floating-point operations of a layer's matrix products, a token, forward.

    A product of a vector with a matrix takes 2 operations an entry. A GRU has six square matrices, three for
    what is read and three for what is remembered; self-attention has four, and compares each token with
    length keys and adds up as many values; the feed-forward part has two of d_model × d_ff.

    Args:
        sizes: The layer's.
        length: Tokens of the sequence.

    Returns:
        By name.

    Example:
        >>> operations(Sizes(d_model=10, num_heads=1, d_ff=40), length=3)["self-attention"]
        920
    """
    square = 2 * sizes.d_model**2
    attention = 4 * square + 4 * length * sizes.d_model
    return {
        RECURRENT: 6 * square,
        PACKED: 6 * square,
        ATTENTION: attention,
        WHOLE: attention + 4 * sizes.d_model * sizes.d_ff,
    }
