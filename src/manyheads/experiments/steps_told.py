"""What `parallel` found about the training steps of whole translators."""

from collections.abc import Mapping, Sequence
from typing import Any

from manyheads.experiments.crossing import crossing, ratio
from manyheads.experiments.parallel_figures import draw_steps, threads_of
from manyheads.experiments.report import Part, Picture, Table, Text
from manyheads.experiments.step_speed import RECURRENT, TRANSFORMER
from manyheads.experiments.written import capital, left_out_parts, megabytes, milliseconds, times

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
            f"the sentences is. {who}. The recurrent decoder asks the whole source at each step, so it "
            "compares as many pairs of tokens as a head of the Transformer's cross-attention does, with a "
            "layer of d_model numbers for each pair."
        ),
        *tables,
        Picture(
            "steps",
            "Time of one training step against the length of the sentences, with equally many tokens a "
            "batch, both axes logarithmic.",
            lambda: draw_steps(races),
        ),
        *left_out_parts({threads_of(race): race["left_out"] for race in races}),
    ]


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
