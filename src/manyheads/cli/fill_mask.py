"""`manyheads fill-mask`: texts with masks in, the words that may stand there out."""

from typing import Annotated

import typer

from manyheads.cli import options
from manyheads.cli.files import check_output
from manyheads.cli.models import find_model
from manyheads.cli.rows import Asked, open_rows


def fill_mask(
    texts: options.Texts = None,
    *,
    model: options.Model,
    input_file: options.Input = None,
    column: options.Column = None,
    ids: options.Ids = None,
    output: options.Output = None,
    top_k: Annotated[int, typer.Option(help="How many words to name for each mask.", min=1, metavar="K")] = 5,
    precision: options.Precision = "auto",
    threads: options.Threads = None,
    device: options.Device = "auto",
    batch_tokens: options.BatchTokens = 4096,
    long: options.Long = "truncate",
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> None:
    """Name the words that may stand in a mask's place, with their probabilities."""
    check_output(output)
    folder = find_model(model)
    rows = open_rows(Asked(texts or [], input_file, column, ids=ids))

    from manyheads.cli.encoders import Wish
    from manyheads.cli.filling import fill_rows
    from manyheads.inference.fill_mask import MaskFiller
    from manyheads.inference.load import load

    filler = load(folder, kind=MaskFiller, precision=precision, device=device, threads=threads)
    fill_rows(filler, rows, Wish(batch_tokens, long, as_json, output), top_k)
