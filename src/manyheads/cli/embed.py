"""`manyheads embed`: texts in, vectors out."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from manyheads.cli import options
from manyheads.cli.files import check_output
from manyheads.cli.models import find_model
from manyheads.cli.rows import Asked, open_rows
from manyheads.errors import InputError, suggest

_SUFFIXES = (".npy", ".parquet")


def embed(
    texts: options.Texts = None,
    *,
    model: options.Model,
    input_file: options.Input = None,
    column: options.Column = None,
    ids: options.Ids = None,
    output: Annotated[
        Path | None,
        typer.Option(
            help="Write there, all or nothing: FILE.npy is float32 [texts, d_model], FILE.parquet has "
            "texts and ids too.",
            metavar="FILE",
        ),
    ] = None,
    pooling: Annotated[
        Literal["cls", "mean", "max"] | None,
        typer.Option(help="Make a vector of the first token's, or of all; the model's own way by default."),
    ] = None,
    precision: options.Precision = "auto",
    threads: options.Threads = None,
    device: options.Device = "auto",
    batch_tokens: options.BatchTokens = 4096,
    long: options.Long = "truncate",
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> None:
    """Make a vector of each text: numbers, a line each, or a file of them."""
    check_output(output)
    if output is not None and not as_json and output.suffix.lower() not in _SUFFIXES:
        raise InputError(
            f"--output must end in {' or '.join(_SUFFIXES)}, or be one of --json, but {output} is neither"
            f"{suggest(output.suffix, _SUFFIXES)}"
        )
    if output is not None and as_json and output.suffix.lower() in _SUFFIXES:
        raise InputError(f"--json writes lines, and {output} is none of lines: give one of the two")
    if ids is not None and output is not None and output.suffix.lower() == ".npy":
        raise InputError(
            f"--id {ids} needs a place for ids, but {output} holds numbers alone; write .parquet"
        )
    folder = find_model(model)
    rows = open_rows(Asked(texts or [], input_file, column, ids=ids))

    from manyheads.cli.embedding import embed_rows
    from manyheads.cli.encoders import Wish
    from manyheads.inference.embed import Encoder
    from manyheads.inference.load import load

    encoder = load(folder, kind=Encoder, precision=precision, device=device, threads=threads)
    embed_rows(encoder, rows, Wish(batch_tokens, long, as_json, output), pooling, ids=ids is not None)
