"""What `parallel` found about the time of a layer: against its length, with more threads, and packed."""

from collections.abc import Mapping, Sequence
from typing import Any

from manyheads.experiments.crossing import Crossing, at_better_threads, crossing, ratio, ratio_of_medians
from manyheads.experiments.layer_speed import ATTENTION, DIRECTIONS, NAMES, PACKED, RECURRENT, WHOLE
from manyheads.experiments.parallel_figures import (
    draw_ratios,
    draw_times,
    place,
    sequences_of,
    threads_of,
)
from manyheads.experiments.report import Part, Picture, Table, Text
from manyheads.experiments.written import capital, figures, left_out_parts, milliseconds, times

Race = Mapping[str, Any]
Races = Sequence[Race]

_DIRECTIONS = dict(zip(DIRECTIONS, ("forward", "forward and backward"), strict=True))
_COMPARED = (RECURRENT, ATTENTION, WHOLE)


def layer_parts(sizes: Race, limits: Race, layers: Races) -> list[Part]:
    """Tell of the layers' time.

    Args:
        sizes: Theirs.
        limits: How they raced.
        layers: What `time_layers` gave, a race each.

    Returns:
        The report's parts.
    """
    return [
        Text(_introduction(sizes, limits)),
        _crossing_table(layers),
        *_better_parts(layers),
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
        *_time_parts(layers),
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


def by_sequences(layers: Races) -> dict[str, list[Race]]:
    """Put the races together that differ in threads only.

    Args:
        layers: What `time_layers` gave.

    Returns:
        By the number of sequences, in words.
    """
    together: dict[str, list[Race]] = {}
    for race in layers:
        together.setdefault(sequences_of(race), []).append(race)
    return together


def which_threads(layers: Races) -> str:
    """Say with which threads each contestant is compared.

    Args:
        layers: What `time_layers` gave.

    Returns:
        Words: the number of threads, or that each has its better one.
    """
    if len({race["threads"] for race in layers}) == 1:
        return f"on {threads_of(layers[0])}"
    return "each at its better number of threads"


def _introduction(sizes: Race, limits: Race) -> str:
    return (
        f"## How long a layer takes\n\nd_model is {sizes['d_model']} for all. *{capital(RECURRENT)}* is a "
        f"GRU over sequences of one length; *{PACKED}* is the same over torch's `PackedSequence`, which the "
        "package's translator takes where few neighbours in a batch are equally long, and else reads "
        f"blocks; *{ATTENTION}* is attention with {sizes['num_heads']} heads and its four projections; "
        f"*{WHOLE}* is a whole layer of a Transformer's encoder, d_ff {sizes['d_ff']}. They take turns, in "
        f"one order and then in the other, for {limits['least']} to {limits['most']} rounds; a time is the "
        "median of the rounds, and a ratio is the median of the rounds' ratios, but for those between "
        "different numbers of threads, which are ratios of medians. Many small steps that wait for one "
        "another suffer more from other work on the machine than few large products do, so the ratios "
        "depend on it too."
    )


def _crossing_table(layers: Races) -> Table:
    rows = [
        [
            f"{place(race)}, {words}",
            *(crossing(race[direction]["rows"], name, RECURRENT).in_words() for name in (ATTENTION, WHOLE)),
        ]
        for race in layers
        for direction, words in _DIRECTIONS.items()
    ]
    return Table(["slower than the recurrent layer", ATTENTION, WHOLE], rows)


def _better_parts(layers: Races) -> list[Part]:
    """Compare each contestant at its better number of threads, with the spread of the rounds."""
    counts = " or ".join(f"{count}" for count in sorted({race["threads"] for race in layers}))
    columns = [f"{name}, ms" for name in _COMPARED] + [f"{RECURRENT} / {name}" for name in (ATTENTION, WHOLE)]
    parts: list[Part] = [
        Text(
            f"The medians forward and backward, {which_threads(layers)}; in brackets the fastest and the "
            f"slowest round, and the number of threads ({counts})."
        )
    ]
    for sequences, races in by_sequences(layers).items():
        rows = [
            [
                f"{row['length']:,}",
                *(_spread(row, name) for name in _COMPARED),
                *(times(ratio_of_medians(row, RECURRENT, name)) for name in (ATTENTION, WHOLE)),
            ]
            for row in at_better_threads(races, "both")
        ]
        parts += [Text(f"{capital(sequences)}, {which_threads(races)}:"), Table(["length", *columns], rows)]
    return parts


def _spread(row: Race, name: str) -> str:
    seconds = row["seconds"].get(name)
    if seconds is None:
        return milliseconds(None)
    ends = "-".join(figures(1000 * pick(seconds)) for pick in (min, max))
    return f"{milliseconds(seconds)} ({ends}; {row['threads'][name]})"


def _time_parts(layers: Races) -> list[Part]:
    return [
        part
        for race in layers
        for direction, words in _DIRECTIONS.items()
        for part in (Text(f"{capital(place(race))}, {words}:"), _times_table(race[direction]["rows"]))
    ]


def _times_table(rows: Races) -> Table:
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


def _of_packed(layers: Races) -> str:
    """Say what packing costs at a length in the middle, where rounds are many and still differ little."""
    found = {
        sequences: _packed_in_the_middle(at_better_threads(races, "both"))
        for sequences, races in by_sequences(layers).items()
    }
    said = ", and ".join(
        f"{cost:.2g} times as long with {sequences} of {length:,} tokens"
        for sequences, (length, cost) in found.items()
    )
    said = f"Packed, forward and backward, {which_threads(layers)}, the recurrent layer takes {said}."
    if max(cost for _, cost in found.values()) < 1.5:
        return said
    return (
        f"{said} That is no property of recurrence: torch's backward pass makes, for each step, a gradient "
        "as large as the whole batch, so that the cost grows with the square of the length. What is said "
        "above of recurrence is said of the layer that is not packed."
    )


def _packed_in_the_middle(rows: Races) -> tuple[int, float]:
    """Take the length in the middle, or the nearest one below it that was read packed."""
    middle = rows[len(rows) // 2]["length"]
    costs = {row["length"]: ratio_of_medians(row, PACKED, RECURRENT) for row in rows}
    known = {length: cost for length, cost in costs.items() if cost is not None}
    length = min(known, key=lambda length: (length > middle, abs(length - middle)))
    return length, known[length]


def _thread_parts(layers: Races) -> list[Part]:
    """Say what more threads bring at each length, and where they cost time."""
    fewest, most = (pick(layers, key=lambda race: race["threads"]) for pick in (min, max))
    if fewest["threads"] == most["threads"]:
        return []
    few, many = threads_of(fewest), threads_of(most)
    together = by_sequences(layers)
    tables = [
        part
        for sequences, races in together.items()
        for part in (Text(f"{capital(sequences)}:"), _gains_table(races))
    ]
    return [
        Text(
            f"What is parallel can use more threads. Time with {few} / time with {many}, medians of races "
            f"that were run one after the other; a number below 1 says that {many} were slower."
        ),
        *tables,
        Text(
            f"{capital(many)} were slower than {few} as follows; in brackets how often even the fastest "
            f"round with {many} was slower than the slowest with {few}: {_of_losses(together)}."
        ),
        _losses_table(together),
    ]


def _pairs(races: Races, direction: str, name: str) -> list[Race]:
    """Put a contestant's seconds with the fewest and with the most threads side by side, by length."""
    few, many = (pick(races, key=lambda race: race["threads"])[direction]["rows"] for pick in (min, max))
    others = {row["length"]: row["seconds"] for row in many}
    return [
        {
            "length": row["length"],
            "seconds": {"few": row["seconds"][name], "many": others[row["length"]][name]},
        }
        for row in few
        if name in row["seconds"] and name in others.get(row["length"], {})
    ]


def _gains(races: Races, direction: str, name: str) -> dict[int, float]:
    """Tell by length how many times as fast more threads are, to the two digits that are shown."""
    gains = {row["length"]: ratio_of_medians(row, "few", "many") for row in _pairs(races, direction, name)}
    return {length: round(gain, 2) for length, gain in gains.items() if gain is not None}


def _gains_table(races: Races) -> Table:
    gains = {
        f"{words}: {name}": _gains(races, direction, name)
        for direction, words in _DIRECTIONS.items()
        for name in _COMPARED
    }
    lengths = [row["length"] for row in races[0]["forward"]["rows"]]
    return Table(
        ["length", *gains],
        [[f"{length:,}", *(times(found.get(length)) for found in gains.values())] for length in lengths],
    )


def _losses(races: Races, direction: str, name: str) -> Crossing:
    """Find the lengths at which more threads took longer."""
    gains = _gains(races, direction, name)
    return Crossing(tuple(gains), tuple(length for length, gain in gains.items() if gain < 1))


def _of_losses(together: Mapping[str, Races]) -> str:
    """Count the comparisons in which more threads took longer, and those in which all rounds did."""
    said = []
    for name in _COMPARED:
        places = [(races, direction) for races in together.values() for direction in _DIRECTIONS]
        losses = [_losses(*each, name) for each in places]
        slower = sum(len(loss.slower) for loss in losses)
        compared = sum(len(loss.compared) for loss in losses)
        pairs = [row["seconds"] for each in places for row in _pairs(*each, name)]
        clear = sum(min(pair["many"]) > max(pair["few"]) for pair in pairs)
        said.append(f"*{name}* in {slower} of {compared} comparisons ({clear})")
    return ", ".join(said)


def _losses_table(together: Mapping[str, Races]) -> Table:
    rows = [
        [
            f"{sequences}, {words}",
            *(_losses(races, direction, name).in_words() for name in _COMPARED),
        ]
        for sequences, races in together.items()
        for direction, words in _DIRECTIONS.items()
    ]
    return Table(["slower with more threads", *_COMPARED], rows)
