"""What `parallel` found, in words, tables and figures; words that depend on a number are chosen by it."""

from collections.abc import Mapping, Sequence
from typing import Any

from manyheads.experiments.crossing import at_better_threads, crossing, ratio_of_medians
from manyheads.experiments.experiment import Measured, Told
from manyheads.experiments.layer_speed import ATTENTION, RECURRENT, WHOLE
from manyheads.experiments.layer_told import by_sequences, layer_parts, which_threads
from manyheads.experiments.memory_told import memory_parts
from manyheads.experiments.report import Part, Table, Text
from manyheads.experiments.steps_told import step_parts
from manyheads.experiments.whole_told import whole_parts

Race = Mapping[str, Any]


def tell(measured: Measured) -> Told:
    """Say what was found.

    Args:
        measured: What `measure` gave.

    Returns:
        The answer and the report's parts.
    """
    counted, layers = measured["counted"]["rows"], measured["layers"]
    return Told(
        answer=" ".join([_of_waiting(counted), *_of_time(layers)]),
        parts=[
            *_counted_parts(counted),
            *layer_parts(measured["sizes"], measured["limits"], layers),
            *memory_parts(measured["sizes"], layers),
            *step_parts(measured["steps"]),
            *whole_parts(measured["whole"]),
        ],
    )


def _of_waiting(counted: Sequence[Race]) -> str:
    first, last = counted[0], counted[-1]
    recurrent, attention = last["in_a_row"][RECURRENT], last["in_a_row"][ATTENTION]
    fixed = attention == first["in_a_row"][ATTENTION]
    there = f"has {attention}{' at any length' if fixed else ''}"
    if recurrent > attention:
        return (
            f"Its steps wait for one another: at {last['length']:,} tokens {recurrent:,} matrix products of "
            f"a recurrent layer have to be made one after another, where self-attention {there}."
        )
    return (
        f"Its steps wait for one another no longer than others' do: at {last['length']:,} tokens "
        f"{recurrent:,} matrix products of a recurrent layer are made one after another, and self-attention "
        f"{there}."
    )


def _of_time(layers: Sequence[Race]) -> list[str]:
    """Say, a sentence for each number of sequences, how many times as long the recurrent layer takes."""
    said: list[str] = []
    for sequences, races in by_sequences(layers).items():
        rows = at_better_threads(races, "both")
        longer, length = _at_most(rows)
        slower = crossing(rows, ATTENTION, RECURRENT, compare=ratio_of_medians).in_words()
        said.append(
            f"With {sequences}, measured in the same way, it takes {longer} times as long (at {length:,} "
            f"tokens), and self-attention is the slower one {slower}."
            if said
            else f"With {sequences}, forward and backward, {which_threads(layers)}, the recurrent layer "
            f"takes {longer} times as long as self-attention (at {length:,} tokens), which is the slower "
            f"one {slower}."
        )
    return said


def _at_most(rows: Sequence[Race]) -> tuple[str, int]:
    """Find the largest number of times as long that the recurrent layer takes, and where."""
    ratios = {row["length"]: ratio_of_medians(row, RECURRENT, ATTENTION) for row in rows}
    worst, length = max((found, length) for length, found in ratios.items() if found is not None)
    return f"{'up to' if worst > 1 else 'no more than'} {worst:.2g}", length


def _counted_parts(counted: Sequence[Race]) -> list[Part]:
    names = (RECURRENT, ATTENTION, WHOLE)
    rows = [
        [
            f"{row['length']:,}",
            *(f"{row['in_a_row'][name]:,}" for name in names),
            *(f"{row['products'][name]:,}" for name in names),
            *(f"{row['operations'][name] / 1e6:,.3f}" for name in names),
        ]
        for row in counted
    ]
    columns = [
        f"{head}{name}"
        for head in ("in a row: ", "in all: ", "million operations a token: ")
        for name in names
    ]
    more = [row["length"] for row in counted if row["operations"][ATTENTION] > row["operations"][RECURRENT]]
    said = (
        f"Of these lengths {more[0]:,} is the first at which self-attention has more operations a token than "
        "the recurrent layer: they grow with the length."
        if more
        else "At none of these lengths self-attention has more operations a token than the recurrent layer."
    )
    return [
        Text(
            "## What waits for what\n\nMatrix products of one layer over one sequence, forward. *In a row* "
            "is the longest chain of products that depend on each other, each one on what the one before "
            "gave: these cannot be made at the same time. *In all* is how many there are. Both were counted "
            "while the layer ran, by following through every operator of torch what each tensor was made of; "
            "a fused attention kernel counts as its two products. The operations a token come from the "
            "formula below."
        ),
        Table(["length", *columns], rows),
        Text(said),
    ]
