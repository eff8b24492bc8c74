"""`manyheads look`: where a model looked, in the terminal or in a file."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from manyheads.cli import options
from manyheads.cli.files import check_output
from manyheads.cli.models import find_model
from manyheads.errors import InputError, suggest

View = Literal["head", "grid", "steps", "translation", "meaning", "rollout"]
_SUFFIXES = (".html", ".svg", ".png", ".json", ".npz")


def look(
    text: Annotated[
        str | None, typer.Argument(help="What to translate or read, and to look at.", metavar="TEXT")
    ] = None,
    *,
    model: Annotated[
        str | None, typer.Option(help="A model's folder, or its name on the hub.", metavar="M")
    ] = None,
    pair: Annotated[
        str | None, typer.Option(help="The second text of a pair, for an encoder.", metavar="TEXT")
    ] = None,
    target: Annotated[
        str | None, typer.Option(help="Look at this translation instead of the model's own.", metavar="TEXT")
    ] = None,
    kind: Annotated[
        Literal["encoder", "decoder", "cross"] | None,
        typer.Option(help="Who looks at whom; the translation at its source by default."),
    ] = None,
    layer: Annotated[
        int | None,
        typer.Option(
            help="Counted from 0; by default the one that aligns words, or an encoder's last.",
            min=0,
            metavar="N",
        ),
    ] = None,
    head: Annotated[
        int | None, typer.Option(help="Counted from 0; the mean of all by default.", min=0, metavar="N")
    ] = None,
    view: Annotated[
        View | None,
        typer.Option(
            help="What a page opens with, or what a figure shows: one head, all of them, its calculation, ..."
        ),
    ] = None,
    token: Annotated[
        int | None,
        typer.Option(help="With --view steps: which token looks, counted from 0.", min=0, metavar="N"),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            help=f"Write there instead: FILE{', '.join(_SUFFIXES)}; all but figures hold every map.",
            metavar="FILE",
        ),
    ] = None,
    word: Annotated[
        str | None,
        typer.Option(help="Compare this word in TEXT and in each --beside, for an encoder.", metavar="WORD"),
    ] = None,
    beside: Annotated[
        list[str] | None, typer.Option(help="Another sentence with that word.", metavar="TEXT")
    ] = None,
    arrays: Annotated[
        Path | None,
        typer.Option(help="Look at the attention in this .npz instead of a model's.", metavar="FILE"),
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
    """Show where a model looked while it translated or read a text."""
    check_output(output)
    if output is not None and output.suffix.lower() not in _SUFFIXES:
        raise InputError(
            f"--output must end in {', '.join(_SUFFIXES[:-1])} or {_SUFFIXES[-1]}, but {output} does not"
            f"{suggest(output.suffix, _SUFFIXES)}"
        )
    if as_json and output is not None:
        raise InputError(f"--json prints, and --output {output} writes: give one of the two")
    _check_view(view, token, output)
    chosen = (view, kind, layer, head, token)
    if arrays is not None:
        if text is not None or model is not None:
            raise InputError(f"--arrays {arrays} is looked at by itself: give no text and no --model with it")
        _look_at_arrays(arrays, chosen, as_json=as_json, output=output)
        return
    if model is None or text is None:
        missing = "--model M" if model is None else "a text"
        raise InputError(f"looking takes {missing}, but none was given; see manyheads look --help")
    if not text.strip():
        raise InputError(f"a text to look at must hold a word, but {text!r} holds none")
    if (word is None) != (not beside):
        raise InputError("--word WORD and --beside TEXT go together, but only one of them was given")
    if view == "meaning" and word is None:
        raise InputError("--view meaning compares a word: give --word WORD and --beside TEXT")
    if word is not None and output is not None and output.suffix.lower() in {".json", ".npz"}:
        raise InputError(
            f"--word is shown in a page, a figure, the terminal or with --json, but not in {output}"
        )
    folder = find_model(model)

    from manyheads.cli.looking import compare, read
    from manyheads.cli.showing import Chosen, show

    reading = read(
        folder, text, pair=pair, target=target, long=long, precision=precision, device=device, threads=threads
    )
    meaning = None if word is None else compare(reading, word, [text, *(beside or ())])
    show(reading, Chosen(*chosen), meaning=meaning, as_json=as_json, output=output)


def _check_view(view: View | None, token: int | None, output: Path | None) -> None:
    if view is not None and (output is None or output.suffix.lower() in {".json", ".npz"}):
        where = "it prints" if output is None else f"{output} holds every map"
        raise InputError(f"--view {view} takes --output FILE.html, .svg or .png, but {where}")
    if token is not None and view != "steps":
        raise InputError(f"--token {token} goes with --view steps alone")


def _look_at_arrays(
    arrays: Path,
    chosen: tuple[View | None, str | None, int | None, int | None, int | None],
    *,
    as_json: bool,
    output: Path | None,
) -> None:
    from manyheads.cli.showing import Chosen, show
    from manyheads.views.show import maps_of_file

    show(maps_of_file(arrays), Chosen(*chosen), as_json=as_json, output=output)
