"""What `parallel` found about the memory of a layer, and why it grows as it does."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from manyheads.experiments.layer_speed import ATTENTION, NAMES, RECURRENT
from manyheads.experiments.parallel_figures import draw_memory, sequences_of
from manyheads.experiments.report import Part, Picture, Table, Text
from manyheads.experiments.written import capital, megabytes
from manyheads.model.attend import steps_are_faster

Race = Mapping[str, Any]
Rows = Sequence[Race]

_BYTES = 4
"""Of a number in float32."""


def memory_parts(sizes: Race, layers: Sequence[Race]) -> list[Part]:
    """Tell of the layers' memory.

    Args:
        sizes: The layers'.
        layers: What `time_layers` gave; threads change no memory, so the fewest are looked at.

    Returns:
        The report's parts.
    """
    fewest = min(race["threads"] for race in layers)
    races = [race for race in layers if race["threads"] == fewest]
    limit = longest_by_steps([row["length"] for row in races[0]["both"]["rows"]])
    tables = [
        part
        for race in races
        for part in (Text(f"{capital(sequences_of(race))}, MB:"), _table(race["both"]["rows"]))
    ]
    return [
        Text(
            "## How much memory a layer takes\n\nThe peak of what is allocated for tensors, forward and "
            "backward, beyond parameters and what is read: what is kept for the backward pass, what is in "
            "use for a moment, and gradients. What a kernel takes and gives back within one call is not in "
            "it. The parameters' gradients are in it, and they do not grow with the length."
        ),
        Text(" ".join(_of_growth(race, limit) for race in races)),
        Text(_of_kernel(sizes, races, limit)),
        *tables,
        Picture(
            "memory",
            "Memory at the peak, forward and backward, against the length of the sequences, both axes "
            "logarithmic.",
            lambda: draw_memory(races),
        ),
    ]


def _table(rows: Rows) -> Table:
    cells = [[f"{row['length']:,}", *(megabytes(row["memory"].get(name)) for name in NAMES)] for row in rows]
    return Table(["length", *NAMES], cells)


def longest_by_steps(lengths: Sequence[int]) -> int:
    """Find up to which length attention in training takes plain products, which keep all weights.

    Args:
        lengths: Tokens of a sequence, ascending.

    Returns:
        The longest of them; 0 where the fused kernel takes all.
    """
    tokens = {length: torch.empty(1, 1, length, 1, requires_grad=True) for length in lengths}
    return max((length for length, each in tokens.items() if steps_are_faster(each, each)), default=0)


def _of_growth(race: Race, limit: int) -> str:
    """Say what a doubling of the length does where the fused kernel is taken, and who takes more."""
    rows = race["both"]["rows"]
    begin = min((row["length"] for row in rows if row["length"] > limit), default=rows[0]["length"])
    grown = []
    for name in NAMES:
        factors = [factor for length, factor in _factors(rows, name).items() if length > begin]
        if factors:
            low, high = f"{min(factors):.2f}", f"{max(factors):.2f}"
            grown.append(f"{low if low == high else f'{low} to {high}'} (*{name}*)")
    both = [row for row in rows if RECURRENT in row["memory"] and ATTENTION in row["memory"]][-1]
    share = both["memory"][ATTENTION] / both["memory"][RECURRENT]
    return (
        f"With {sequences_of(race)} each doubling of the length, from {begin:,} tokens on, multiplies memory "
        f"by {', '.join(grown)}. At {both['length']:,} tokens self-attention takes "
        f"{share:.2f} times what the recurrent layer takes."
    )


def _factors(rows: Rows, name: str) -> dict[int, float]:
    """Tell, at each length but the first, how many times the memory at half of it a contestant takes."""
    known = {row["length"]: row["memory"][name] for row in rows if name in row["memory"]}
    return {length: size / known[length // 2] for length, size in known.items() if length // 2 in known}


def _of_kernel(sizes: Race, races: Sequence[Race], limit: int) -> str:
    """Say why self-attention's memory grows with the length and not with its square, and where it bends."""
    kept = [words for race in races if (words := _of_weights(sizes, race, limit))]
    if not kept:
        return (
            "These lengths are so short that plain products calculate self-attention in training, and those "
            "keep the weights."
        )
    said = (
        "torch's fused kernel keeps no weights, so what self-attention keeps grows with the length and not "
        f"with its square. Kept, the weights of {sizes['num_heads']} heads alone would take, in float32, "
        f"{', and '.join(kept)}; and four times as much for each doubling."
    )
    if not limit:
        return capital(said)
    bends = [words for race in races if (words := _of_bend(race, limit))]
    where = f": so the curve bends there, {', and '.join(bends)}" if bends else ""
    return (
        f"{capital(said)} Up to {limit:,} tokens plain products are faster in training and are taken "
        f"instead, and they keep the weights{where}."
    )


def _of_weights(sizes: Race, race: Race, limit: int) -> str:
    """Say what the weights would take at the longest length that the fused kernel has read."""
    rows = [row for row in race["both"]["rows"] if row["length"] > limit and ATTENTION in row["memory"]]
    if not rows:
        return ""
    length, measured = rows[-1]["length"], rows[-1]["memory"][ATTENTION]
    kept = _BYTES * race["sequences"] * sizes["num_heads"] * length**2
    return (
        f"{megabytes(kept)} MB with {sequences_of(race)} of {length:,} tokens, beside {megabytes(measured)} "
        "MB that were measured in all"
    )


def _of_bend(race: Race, limit: int) -> str:
    """Say by how much memory grows up to the limit and behind it, where that is less."""
    factors = _factors(race["both"]["rows"], ATTENTION)
    before, behind = factors.get(limit, 0.0), factors.get(2 * limit, 0.0)
    if before <= behind or not behind:
        return ""
    return (
        f"with {sequences_of(race)} by a factor of {before:.2f} from {limit // 2:,} to {limit:,} tokens and "
        f"of {behind:.2f} from there to {2 * limit:,}"
    )
