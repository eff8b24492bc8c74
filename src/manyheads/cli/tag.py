"""`manyheads tag`: texts in, their words' labels and entities out."""

from manyheads.cli import options
from manyheads.cli.files import check_output
from manyheads.cli.models import find_model
from manyheads.cli.rows import Asked, open_rows


def tag(
    texts: options.Texts = None,
    *,
    model: options.Model,
    input_file: options.Input = None,
    column: options.Column = None,
    ids: options.Ids = None,
    output: options.Output = None,
    precision: options.Precision = "auto",
    threads: options.Threads = None,
    device: options.Device = "auto",
    batch_tokens: options.BatchTokens = 4096,
    long: options.Long = "truncate",
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> None:
    """Find the entities of each text, or the label of each word where labels are of another kind."""
    check_output(output)
    folder = find_model(model)
    rows = open_rows(Asked(texts or [], input_file, column, ids=ids))

    from manyheads.cli.encoders import Wish
    from manyheads.cli.tagging import tag_rows
    from manyheads.inference.load import load
    from manyheads.inference.tag import Tagger

    tagger = load(folder, kind=Tagger, precision=precision, device=device, threads=threads)
    tag_rows(tagger, rows, Wish(batch_tokens, long, as_json, output))
