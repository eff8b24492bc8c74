"""`manyheads look`: where a translator looked, in the terminal or in a file."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from manyheads.cli import options
from manyheads.cli.files import check_output
from manyheads.cli.models import find_model
from manyheads.errors import InputError, suggest

_SUFFIXES = (".html", ".svg", ".png", ".json", ".npz")


def look(
    text: Annotated[str, typer.Argument(help="What to translate, and to look at.", metavar="TEXT")],
    *,
    model: options.Model,
    target: Annotated[
        str | None, typer.Option(help="Look at this translation instead of the model's own.", metavar="TEXT")
    ] = None,
    kind: Annotated[
        Literal["encoder", "decoder", "cross"], typer.Option(help="Who looks at whom.")
    ] = "cross",
    layer: Annotated[
        int | None,
        typer.Option(help="Counted from 0; the one that aligns words by default.", min=0, metavar="N"),
    ] = None,
    head: Annotated[
        int | None, typer.Option(help="Counted from 0; the mean of all by default.", min=0, metavar="N")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            help=f"Write there instead: FILE{', '.join(_SUFFIXES)}; all but figures hold every map.",
            metavar="FILE",
        ),
    ] = None,
    precision: options.Precision = "auto",
    threads: options.Threads = None,
    device: options.Device = "auto",
    long: Annotated[
        Literal["error", "truncate"],
        typer.Option(help="What to do with a text that the model finds too long."),
    ] = "error",
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> None:
    """Show where a model looked while it translated a text."""
    check_output(output)
    if output is not None and output.suffix.lower() not in _SUFFIXES:
        raise InputError(
            f"--output must end in {', '.join(_SUFFIXES[:-1])} or {_SUFFIXES[-1]}, but {output} does not"
            f"{suggest(output.suffix, _SUFFIXES)}"
        )
    if as_json and output is not None:
        raise InputError(f"--json prints, and --output {output} writes: give one of the two")
    if not text.strip():
        raise InputError(f"a text to look at must hold a word, but {text!r} holds none")
    folder = find_model(model)

    from manyheads.cli.showing import Chosen, show
    from manyheads.cli.translators import load_translator

    translator = load_translator(folder, precision=precision, device=device, threads=threads)
    chosen = Chosen(model=folder.resolve().name, kind=kind, layer=layer, head=head)
    show(translator, text, target, chosen, long=long, as_json=as_json, output=output)
