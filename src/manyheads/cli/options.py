"""Options that several verbs share, each with its one help text."""

from pathlib import Path
from typing import Annotated, Literal

import typer

Model = Annotated[str, typer.Option("--model", help="A model's folder.", metavar="M")]
Input = Annotated[
    Path | None,
    typer.Option("--input", help="Texts: a line each, or TSV, CSV, JSONL, Parquet; .gz too.", metavar="FILE"),
]
Column = Annotated[
    str | None,
    typer.Option(help="Which column of --input holds the texts, by name or number from 0.", metavar="NAME"),
]
Output = Annotated[
    Path | None,
    typer.Option("--output", help="Write there, all or nothing, instead of printing.", metavar="FILE"),
]
Beam = Annotated[
    int | None,
    typer.Option(
        help="Hypotheses kept at each step, 1 for greedy; the model's own choice by default.",
        min=1,
        metavar="N",
    ),
]
LengthPenalty = Annotated[
    float | None,
    typer.Option(
        help="Scores are divided by length to this power: the higher, the longer the answers.",
        min=-10,
        max=10,
        metavar="A",
    ),
]
Precision = Annotated[
    Literal["auto", "float32", "bfloat16", "int8"], typer.Option(help="What to compute in.")
]
Threads = Annotated[
    int | None, typer.Option(help="Threads to compute with; all cores by default.", min=1, metavar="N")
]
Device = Annotated[Literal["auto", "cpu", "cuda"], typer.Option(help="Where to compute.")]
BatchTokens = Annotated[
    int, typer.Option(help="About how many source tokens are worked on at once.", min=1, metavar="N")
]
Long = Annotated[
    Literal["error", "split", "truncate"],
    typer.Option(help="What to do with a text that is longer than the model takes."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show where an error came from.")]
