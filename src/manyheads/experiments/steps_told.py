"""What `parallel` found about the training steps of whole translators."""

from collections.abc import Mapping, Sequence
from typing import Any

from manyheads.experiments.crossing import crossing, ratio
from manyheads.experiments.parallel_figures import draw_steps, threads_of
from manyheads.experiments.report import Part, Picture, Table, Text
from manyheads.experiments.step_speed import RECURRENT, TRANSFORMER
from manyheads.experiments.written import capital, figures, left_out_parts, megabytes, milliseconds, times

Race = Mapping[str, Any]


def step_parts(steps: Race) -> list[Part]:
    """Tell of the training steps.

    Args:
        steps: What was trained, and the races.

    Returns:
        The report's parts.
    """
    races = steps["races"]
    counts = races[0]["parameters"]
    who = "; ".join(
        f"*{name}*: {words}, {counts[name]:,} parameters" for name, words in steps["sizes"].items()
    )
    tables = [
        part
        for race in races
        for part in (Text(f"{capital(threads_of(race))}. {_of_steps(race)}"), _steps_table(race["rows"]))
    ]
    return [
        Text(
            "## A training step of a whole translator\n\nForward, loss and backward of a batch of random "
            f"tokens out of {steps['vocab_size']:,}, {steps['tokens']:,} on each side whatever the length of "
            f"the sentences is. {who}."
        ),
        Text(_of_what_grows(steps["tokens"], races[0]["rows"])),
        *tables,
        Picture(
            "steps",
            "Time of one training step against the length of the sentences, with equally many tokens a "
            "batch, both axes logarithmic.",
            lambda: draw_steps(races),
        ),
        *left_out_parts({threads_of(race): race["left_out"] for race in races}),
    ]


def _of_what_grows(tokens: int, rows: Sequence[Race]) -> str:
    """Say what else than waiting changes with the length."""
    known = [row for row in rows if RECURRENT in row["memory"]]
    first, last = known[0], known[-1]
    short, long = first["length"], last["length"]
    said = (
        "This is no test of waiting alone. The recurrent decoder asks the whole source at each step, and "
        "additive attention puts d_model numbers through tanh for each pair of a source token and a target "
        "token. The Transformer compares as many pairs by products, and keeps for each pair and head a few "
        "numbers at most, or none."
    )
    if short == long:
        return said
    ends = (first["memory"][RECURRENT], last["memory"][RECURRENT])
    pairs = tokens * (long - short)
    other = tuple(megabytes(row["memory"].get(TRANSFORMER)) for row in (first, last))
    return (
        f"{said}\n\nFrom {short:,} to {long:,} tokens several things change together for the recurrent "
        f"translator: the steps of a sentence grow from {short:,} to {long:,}, and the sentences that share "
        f"a step fall from {tokens // short:,} to {tokens // long:,}; the pairs grow from {tokens * short:,} "
        f"to {tokens * long:,}; memory goes from {megabytes(ends[0])} to {megabytes(ends[1])} MB (the "
        f"Transformer's from {other[0]} to {other[1]}). That is {figures((ends[1] - ends[0]) / pairs)} bytes "
        "for each further pair; the numbers behind tanh, in float32, take 4 · d_model. These times do not "
        "tell the parts apart: what waiting costs by itself is seen in the times of one layer, above."
    )


def _of_steps(race: Race) -> str:
    slower = crossing(race["rows"], RECURRENT, TRANSFORMER).in_words()
    return f"The recurrent translator is slower than the Transformer {slower}:"


def _steps_table(rows: Sequence[Race]) -> Table:
    names = (RECURRENT, TRANSFORMER)
    columns = [f"{name}, ms" for name in names] + ["ratio"] + [f"{name}, MB" for name in names]
    return Table(
        ["length", *columns],
        [
            [
                f"{row['length']:,}",
                *(milliseconds(row["seconds"].get(name)) for name in names),
                times(ratio(row, RECURRENT, TRANSFORMER)),
                *(megabytes(row["memory"].get(name)) for name in names),
            ]
            for row in rows
        ],
    )
