"""`manyheads classify`: texts or pairs in, labels or numbers out."""

from manyheads.cli import options
from manyheads.cli.files import check_output
from manyheads.cli.models import find_model
from manyheads.cli.rows import Asked, open_rows


def classify(
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
    """Tell the label, or the number, of each text or pair, as the model was trained to."""
    check_output(output)
    folder = find_model(model)
    rows = open_rows(Asked(texts or [], input_file, column, pair, ids, pairing="maybe"))

    from manyheads.cli.classifying import classify_rows
    from manyheads.cli.encoders import Wish
    from manyheads.inference.classify import Classifier
    from manyheads.inference.load import load

    classifier = load(folder, kind=Classifier, precision=precision, device=device, threads=threads)
    classify_rows(classifier, rows, Wish(batch_tokens, long, as_json, output))
