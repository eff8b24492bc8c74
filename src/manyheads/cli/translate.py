"""`manyheads translate`: texts in, translations out, a line each."""

from typing import Annotated

import typer

from manyheads.cli import options
from manyheads.cli.drawing import read_drawing
from manyheads.cli.files import check_output, open_texts
from manyheads.cli.models import find_model
from manyheads.errors import InputError


def translate(
    texts: Annotated[
        list[str] | None,
        typer.Argument(help="What to translate; else --input or standard input.", metavar="TEXT"),
    ] = None,
    *,
    model: options.Model,
    input_file: options.Input = None,
    column: options.Column = None,
    output: options.Output = None,
    beam: options.Beam = None,
    length_penalty: options.LengthPenalty = None,
    n_best: options.NBest = 1,
    sample: options.Sample = False,
    temperature: options.Temperature = None,
    top_k: options.TopK = None,
    top_p: options.TopP = None,
    seed: options.Seed = None,
    alignment: options.Alignment = False,
    precision: options.Precision = "auto",
    threads: options.Threads = None,
    device: options.Device = "auto",
    batch_tokens: options.BatchTokens = 4096,
    long: options.Long = "split",
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> None:
    """Translate: texts named here, a file's, or those of standard input; a line each, in their order."""
    drawing = read_drawing(
        sample=sample, beam=beam, n_best=n_best, temperature=temperature, top_k=top_k, top_p=top_p, seed=seed
    )
    if beam is not None and n_best > beam:
        raise InputError(f"--n-best must be at most --beam, but {n_best} of {beam} hypotheses were asked for")
    check_output(output)
    folder = find_model(model)
    source = open_texts(texts or [], input_file, column)

    from manyheads.cli.answers import Wish, answer
    from manyheads.cli.translators import load_translator

    wish = Wish(
        beam=beam,
        length_penalty=length_penalty,
        n_best=n_best,
        drawing=drawing,
        alignment=alignment,
        batch_tokens=batch_tokens,
        long=long,
        as_json=as_json,
    )
    translator = load_translator(folder, precision=precision, device=device, threads=threads)
    answer(translator, source, wish, output)
