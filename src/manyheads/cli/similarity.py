"""`manyheads similarity`: how alike the two texts of a pair are."""

from manyheads.cli import options
from manyheads.cli.files import check_output
from manyheads.cli.models import find_model
from manyheads.cli.rows import Asked, open_rows


def similarity(
    texts: options.Texts = None,
    *,
    model: options.Model,
    pair: options.Pairs = None,
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
    """Say how alike the texts of pairs are: the cosine of their vectors, from -1 to 1, a line a pair."""
    check_output(output)
    folder = find_model(model)
    rows = open_rows(Asked(texts or [], input_file, column, pair, ids, pairing="always"))

    from manyheads.cli.embedding import compare_rows
    from manyheads.cli.encoders import Wish
    from manyheads.inference.embed import Encoder
    from manyheads.inference.load import load

    encoder = load(folder, kind=Encoder, precision=precision, device=device, threads=threads)
    compare_rows(encoder, rows, Wish(batch_tokens, long, as_json, output))
