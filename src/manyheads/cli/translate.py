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
    n_best: Annotated[
        int,
        typer.Option(
            help="Hypotheses a text: then lines are NUMBER, SCORE and TEXT, with tabs.", min=1, metavar="K"
        ),
    ] = 1,
    sample: Annotated[bool, typer.Option("--sample", help="Draw at random instead of searching.")] = False,
    temperature: Annotated[
        float | None,
        typer.Option(help="Above 1 evens chances out, below 1 sharpens them; 1 by default.", metavar="T"),
    ] = None,
    top_k: Annotated[
        int | None, typer.Option(help="Draw from this many tokens only.", min=1, metavar="K")
    ] = None,
    top_p: Annotated[
        float | None,
        typer.Option(help="Draw from this share of probability only, above 0 and at most 1.", metavar="P"),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Where chance starts; 1 by default.", metavar="S")] = None,
    alignment: Annotated[
        bool, typer.Option("--alignment", help="Add after a tab which words belong together: i-j, from 0.")
    ] = False,
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
