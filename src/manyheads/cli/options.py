"""Options of the verbs that run a model, each with its one help text."""

from pathlib import Path
from typing import Annotated, Literal

import typer

Model = Annotated[str, typer.Option("--model", help="A model's folder.", metavar="M")]
Texts = Annotated[
    list[str] | None,
    typer.Argument(help="What to work on; else --input or standard input.", metavar="TEXT"),
]
Input = Annotated[
    Path | None,
    typer.Option("--input", help="Texts: a line each, or TSV, CSV, JSONL, Parquet; .gz too.", metavar="FILE"),
]
Column = Annotated[
    str | None,
    typer.Option(help="Which column of --input holds the texts, by name or number from 0.", metavar="NAME"),
]
Pairs = Annotated[
    list[str] | None,
    typer.Option(
        "--pair",
        help="The second text, one for each TEXT; with --column that of the second texts. In a file "
        "without --column, and on standard input, a TAB stands between the two.",
        metavar="TEXT",
    ),
]
Ids = Annotated[
    str | None,
    typer.Option("--id", help="Which column of --input to keep beside the answers.", metavar="NAME"),
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
NBest = Annotated[
    int,
    typer.Option(
        help="Hypotheses a text: then lines are NUMBER, SCORE and TEXT, with tabs.", min=1, metavar="K"
    ),
]
Sample = Annotated[bool, typer.Option("--sample", help="Draw at random instead of searching.")]
Temperature = Annotated[
    float | None,
    typer.Option(help="Above 1 evens chances out, below 1 sharpens them; 1 by default.", metavar="T"),
]
TopK = Annotated[int | None, typer.Option(help="Draw from this many tokens only.", min=1, metavar="K")]
TopP = Annotated[
    float | None,
    typer.Option(help="Draw from this share of probability only, above 0 and at most 1.", metavar="P"),
]
Seed = Annotated[int | None, typer.Option(help="Where chance starts; 1 by default.", metavar="S")]
Alignment = Annotated[
    bool, typer.Option("--alignment", help="Add after a tab which words belong together: i-j, from 0.")
]
Src = Annotated[
    str | None,
    typer.Option(help="The sources' column, by name or number from 0; 0 by default.", metavar="NAME"),
]
Tgt = Annotated[str | None, typer.Option(help="The references' column; 1 by default.", metavar="NAME")]
Tokenize = Annotated[
    str | None,
    typer.Option(help="How BLEU cuts text; the model's own choice by default.", metavar="NAME"),
]
Lowercase = Annotated[bool, typer.Option("--lowercase", help="Score without regard to case.")]
Precision = Annotated[
    Literal["auto", "float32", "bfloat16", "int8"], typer.Option(help="What to compute in.")
]
Threads = Annotated[
    int | None, typer.Option(help="Threads to compute with; all cores by default.", min=1, metavar="N")
]
Device = Annotated[Literal["auto", "cpu", "cuda"], typer.Option(help="Where to compute.")]
BatchTokens = Annotated[
    int, typer.Option(help="About how many tokens are worked on at once.", min=1, metavar="N")
]
Long = Annotated[
    Literal["error", "split", "truncate"],
    typer.Option(help="What to do with a text that is longer than the model takes."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show where an error came from.")]
