"""`manyheads evaluate`: what a translator is worth on pairs that it has not learnt."""

from pathlib import Path
from typing import Annotated

import typer

from manyheads.cli import options
from manyheads.cli.files import check_output
from manyheads.cli.models import find_model
from manyheads.errors import InputError


def evaluate(
    second: Annotated[
        Path | None, typer.Argument(help="The references, where --data is the sources alone.", metavar="FILE")
    ] = None,
    *,
    model: options.Model,
    data: Annotated[
        Path,
        typer.Option(help="Pairs: a file with columns, or two files line by line.", metavar="FILE [FILE]"),
    ],
    src: options.Src = None,
    tgt: options.Tgt = None,
    tokenize: options.Tokenize = None,
    lowercase: options.Lowercase = False,
    beam: options.Beam = None,
    length_penalty: options.LengthPenalty = None,
    output: Annotated[
        Path | None, typer.Option(help="Write the translations there, a line each.", metavar="FILE")
    ] = None,
    precision: options.Precision = "auto",
    threads: options.Threads = None,
    device: options.Device = "auto",
    batch_tokens: options.BatchTokens = 4096,
    long: options.Long = "split",
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> None:
    """Translate the sources of pairs and count BLEU, chrF and TER, always with signatures."""
    if second is not None and (src, tgt) != (None, None):
        which = "--src" if src is not None else "--tgt"
        raise InputError(
            f"{which} names a column, but two files have none, they are read line by line: leave it out"
        )
    check_output(output)
    folder = find_model(model)

    from manyheads.evaluation.translation import translation_metrics

    if tokenize is not None:
        translation_metrics(tokenize=tokenize, lowercase=lowercase)

    from manyheads.cli.pairs import read_all_pairs

    pairs = read_all_pairs(data, second, src, tgt)

    from manyheads.cli.evaluating import Scoring, evaluate_pairs
    from manyheads.cli.translators import load_translator

    translator = load_translator(folder, precision=precision, device=device, threads=threads)
    scoring = Scoring(
        tokenize=tokenize,
        lowercase=lowercase or None,
        beam=beam,
        length_penalty=length_penalty,
        batch_tokens=batch_tokens,
        long=long,
        as_json=as_json,
    )
    evaluate_pairs(translator, pairs, scoring, output)
