"""What `parallel` found, in words, tables and figures; words that depend on a number are chosen by it."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from manyheads.experiments.crossing import crossing, ratio
from manyheads.experiments.experiment import Measured, Told
from manyheads.experiments.layer_speed import ATTENTION, DIRECTIONS, NAMES, PACKED, RECURRENT, WHOLE
from manyheads.experiments.parallel_figures import (
    draw_memory,
    draw_ratios,
    draw_times,
    place,
    sequences_of,
    threads_of,
)
from manyheads.experiments.report import Part, Picture, Table, Text
from manyheads.experiments.steps_told import step_parts
from manyheads.experiments.whole_told import whole_parts
from manyheads.experiments.written import capital, left_out_parts, megabytes, milliseconds, times

Race = Mapping[str, Any]

_DIRECTIONS = dict(zip(DIRECTIONS, ("forward", "forward and backward"), strict=True))


def tell(measured: Measured) -> Told:
    """Say what was found.

    Args:
        measured: What `measure` gave.

    Returns:
        The answer and the report's parts.
    """
    counted, layers = measured["counted"]["rows"], measured["layers"]
    return Told(
        answer=f"{_of_waiting(counted)}; {_of_time(layers)}; {_of_crossing(counted, layers)}.",
        parts=[
            *_counted_parts(counted),
            *_layer_parts(measured["sizes"], measured["limits"], layers),
            *_memory_parts(layers),
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
            f"a recurrent layer have to be made one after another, where self-attention {there}"
        )
    return (
        f"Its steps wait for one another no longer than others' do: at {last['length']:,} tokens "
        f"{recurrent:,} matrix products of a recurrent layer are made one after another, and self-attention "
        f"{there}"
    )


def _of_time(layers: Sequence[Race]) -> str:
    """Say at most how many times as long the recurrent layer takes, with each number of sequences."""
    races = _most_threads(layers)
    found = ", and ".join(_at_most(race) for race in races)
    return (
        f"forward and backward on {threads_of(races[0])} the recurrent layer takes, measured against "
        f"self-attention, {found}"
    )


def _at_most(race: Race) -> str:
    known = [(_ratio(row, RECURRENT, ATTENTION), row["length"]) for row in race["both"]["rows"]]
    worst, length = max(known)
    least = "up to" if worst > 1 else "no more than"
    return f"{least} {worst:.2g} times as long with {sequences_of(race)} (at {length:,} tokens)"


def _of_crossing(counted: Sequence[Race], layers: Sequence[Race]) -> str:
    first, last = (row["operations"][ATTENTION] for row in (counted[0], counted[-1]))
    grows = "operations a token grow with the length" if last > first else "operations a token do not grow"
    said = " and ".join(
        f"with {sequences_of(race)} {crossing(race['both']['rows'], ATTENTION, RECURRENT).in_words()}"
        for race in _most_threads(layers)
    )
    return f"but self-attention's {grows}, and it is the slower one {said}"


def _most_threads(layers: Sequence[Race]) -> list[Race]:
    most = max(race["threads"] for race in layers)
    return [race for race in layers if race["threads"] == most]


def _ratio(row: Race, one: str, other: str) -> float:
    """Give the ratio, or 0 where one was left out."""
    return ratio(row, one, other) or 0.0


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
        "the recurrent layer."
        if more
        else "At none of these lengths self-attention has more operations a token than the recurrent layer."
    )
    return [
        Text(
            "## What waits for what\n\nMatrix products of one layer over one sequence, forward: the longest "
            "row of which each needs what the one before gave, and all of them. Both were counted while the "
            "layer ran, by following through every operator of torch what each tensor was made of; a fused "
            "attention kernel counts as its two products. The operations a token come from the formula "
            "below."
        ),
        Table(["length", *columns], rows),
        Text(said),
    ]


def _layer_parts(sizes: Race, limits: Race, layers: Sequence[Race]) -> list[Part]:
    tables = [
        part
        for race in layers
        for direction, words in _DIRECTIONS.items()
        for part in (Text(f"{capital(place(race))}, {words}:"), _times_table(race[direction]["rows"]))
    ]
    return [
        Text(
            f"## How long a layer takes\n\nd_model is {sizes['d_model']} for all. *{capital(RECURRENT)}* is "
            f"a GRU over sequences of one length; *{PACKED}* is the same over torch's `PackedSequence`, as "
            f"the package's translator runs it over sentences of any length; *{ATTENTION}* is attention with "
            f"{sizes['num_heads']} heads and its four projections; *{WHOLE}* is a whole layer of a "
            f"Transformer's encoder, d_ff {sizes['d_ff']}. They take turns, in one order and then in the "
            f"other, for {limits['least']} to {limits['most']} rounds; a time is the median of the rounds, "
            "and a ratio is the median of the rounds' ratios. Other work on the machine changes times more "
            "than ratios."
        ),
        _crossing_table(layers),
        Picture(
            "time",
            "Time of one layer against the length of the sequences, both axes logarithmic.",
            lambda: draw_times(layers),
        ),
        Picture(
            "ratio",
            "Time of self-attention, alone and with its feed-forward part, as a multiple of the recurrent "
            "layer's: above the line the recurrent layer is the faster one.",
            lambda: draw_ratios(layers),
        ),
        *tables,
        Text(_of_packed(layers)),
        *_thread_parts(layers),
        *left_out_parts(
            {
                f"{place(race)}, {words}": race[direction]["left_out"]
                for race in layers
                for direction, words in _DIRECTIONS.items()
            }
        ),
    ]


def _crossing_table(layers: Sequence[Race]) -> Table:
    rows = [
        [
            f"{place(race)}, {words}",
            *(crossing(race[direction]["rows"], name, RECURRENT).in_words() for name in (ATTENTION, WHOLE)),
        ]
        for race in layers
        for direction, words in _DIRECTIONS.items()
    ]
    return Table(["slower than the recurrent layer", ATTENTION, WHOLE], rows)


def _times_table(rows: Sequence[Race]) -> Table:
    columns = [f"{name}, ms" for name in NAMES] + [f"{name} / {RECURRENT}" for name in (ATTENTION, WHOLE)]
    return Table(
        ["length", *columns],
        [
            [
                f"{row['length']:,}",
                *(milliseconds(row["seconds"].get(name)) for name in NAMES),
                *(times(ratio(row, name, RECURRENT)) for name in (ATTENTION, WHOLE)),
            ]
            for row in rows
        ],
    )


def _of_packed(layers: Sequence[Race]) -> str:
    """Say what packing costs where it costs most."""
    worst, length, race = max(
        (
            (_ratio(row, PACKED, RECURRENT), row["length"], race)
            for race in layers
            for row in race["both"]["rows"]
        ),
        key=lambda found: found[:2],
    )
    said = f"Packed, the recurrent layer takes up to {worst:.2g} times as long forward and backward"
    where = f"({place(race)}, {length:,} tokens)"
    if worst < 1.5:
        return f"{said} {where}: next to nothing."
    return (
        f"{said} {where}. That is no property of recurrence: torch's backward pass fills, for each step, a "
        "block as large as the whole batch. What is said above about recurrence is said of the one that is "
        "not packed."
    )


def _thread_parts(layers: Sequence[Race]) -> list[Part]:
    """Say what more threads bring, at the longest sequences that all contestants have read."""
    names = (RECURRENT, ATTENTION, WHOLE)
    fewest, most = (pick(race["threads"] for race in layers) for pick in (min, max))
    rows = []
    for many in (race for race in layers if race["threads"] == most):
        few = next(
            race for race in layers if race["threads"] == fewest and race["sequences"] == many["sequences"]
        )
        for direction, words in _DIRECTIONS.items():
            pairs = zip(few[direction]["rows"], many[direction]["rows"], strict=False)
            full = [pair for pair in pairs if all(name in row["seconds"] for row in pair for name in names)]
            one, other = full[-1]
            gains = (median(one["seconds"][name]) / median(other["seconds"][name]) for name in names)
            rows.append(
                [f"{sequences_of(many)} of {one['length']:,}, {words}", *(f"{gain:.2f}" for gain in gains)]
            )
    if fewest == most:
        return []
    return [
        Text(
            f"What is parallel can use more threads. Time with {fewest} / time with {most}, measured one "
            "after the other, at the longest sequences that all have read:"
        ),
        Table(["", *names], rows),
    ]


def _memory_parts(layers: Sequence[Race]) -> list[Part]:
    fewest = min(race["threads"] for race in layers)
    races = [race for race in layers if race["threads"] == fewest]
    tables = [
        part
        for race in races
        for part in (Text(f"{capital(sequences_of(race))}, MB:"), _memory_table(race["both"]["rows"]))
    ]
    return [
        Text(
            "## How much memory a layer takes\n\nThe peak of what is allocated for tensors, forward and "
            "backward, beyond parameters and what is read: what is kept for the backward pass, what is in "
            "use for a moment, and gradients. What a kernel takes and gives back within one call is not in "
            "it."
        ),
        *tables,
        Picture(
            "memory",
            "Memory at the peak, forward and backward, against the length of the sequences, both axes "
            "logarithmic.",
            lambda: draw_memory(races),
        ),
    ]


def _memory_table(rows: Sequence[Race]) -> Table:
    cells = [[f"{row['length']:,}", *(megabytes(row["memory"].get(name)) for name in NAMES)] for row in rows]
    return Table(["length", *NAMES], cells)
