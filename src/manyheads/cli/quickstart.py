"""`manyheads quickstart`: the main job on data that ships with the package."""

import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from manyheads.cli.train import run_training
from manyheads.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console

    from manyheads.inference.translate import Translator
    from manyheads.recipes.load import AnyRecipe
    from manyheads.training.run import Run

RECIPE = "numbers"
MARKER = "quickstart.txt"
EXAMPLES = (
    "three hundred and forty-two",
    "ninety-one thousand and twenty-seven",
    "six hundred thousand and five",
)
_NEXT = """\
Now with your own pairs: a file with the source, a TAB and the translation on each line.

    manyheads train translate-small data=pairs.tsv --dry-run     what it would do, and how long it would take
    manyheads train translate-small data=pairs.tsv               your translator, in runs/translate-small
    manyheads translate --model runs/translate-small "A text."
    manyheads look --model runs/translate-small "A text." --output look.html
    manyheads recipes translate-small > mine.toml                a recipe to change: sizes, vocabulary
"""
_MARK = """\
This folder was made by `manyheads quickstart`. The next quickstart removes it and makes it anew;
it leaves the folder alone once this file is gone.
"""


def quickstart(
    *,
    output: Annotated[
        Path, typer.Option(help="Where the model and the page go; made anew each time.", metavar="DIR")
    ] = Path("runs/quickstart"),
    debug: Annotated[bool, typer.Option("--debug", help="Show where an error came from.")] = False,
) -> None:
    """Train a translator of number words, try it on unseen numbers, and show where it looked."""
    from rich.console import Console

    from manyheads.inference.load import load
    from manyheads.inference.translate import Translator
    from manyheads.recipes.load import load_recipe
    from manyheads.text.prepare import open_prepared

    begun, console = time.perf_counter(), Console(highlight=False, soft_wrap=True)
    _make_room(output)
    run = _open(load_recipe(RECIPE), output)
    prepared = open_prepared(run.corpus_folder)
    console.print(
        f"English number words to German ones, learned from {prepared.report.train.pairs:,} pairs: "
        "forty-two becomes\nzweiundvierzig, two-and-forty, so the attention has to cross.\n"
    )
    _train(run)
    translator = load(output, kind=Translator)
    sources, references = prepared.test_texts()
    said = [translation.text for translation in translator.translate(sources)]
    right = sum(answer == reference for answer, reference in zip(said, references, strict=True))
    console.print()
    _show_examples(console, translator)
    page = _look(console, translator, output)
    console.print(f"\nevery layer and head, in your browser: {page}\n")
    console.print(_NEXT)
    console.print(f"exact match on unseen numbers: {100 * right / len(sources):.1f}%")
    console.print(f"quickstart took {time.perf_counter() - begun:.0f} seconds")


def _make_room(folder: Path) -> None:
    """Remove what an earlier quickstart left; anything else is somebody's own."""
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    if not (folder / MARKER).is_file():
        raise InputError(
            f"{folder} must be free, or hold an earlier quickstart, but has no {MARKER} in it; "
            "give another --output, or remove it"
        )
    shutil.rmtree(folder)


def _open(recipe: "AnyRecipe", folder: Path) -> "Run":
    """Open the run and mark its folder, so that the next quickstart knows it for its own."""
    from manyheads.checkpoint.atomic import write_file
    from manyheads.training.run import TRAINING, open_run

    try:
        run = open_run(recipe, folder)
    except KeyboardInterrupt:
        shutil.rmtree(folder / TRAINING, ignore_errors=True)
        raise
    write_file(folder / MARKER, _MARK.encode())
    return run


def _train(run: "Run") -> None:
    """Train; whoever stops it gets a command to go on with, for quickstart itself begins anew."""
    from manyheads.training.loop import RunStopped

    try:
        run_training(run)
    except RunStopped as stopped:
        folder = f'"{run.folder}"' if " " in str(run.folder) else run.folder
        raise RunStopped(
            f"stopped after update {run.progress.update:,} of {run.recipe.training.updates:,}; "
            f"all of it is saved in {run.folder}: "
            f"go on with `manyheads train {RECIPE} --output {folder} --resume`"
        ) from stopped


def _show_examples(console: "Console", translator: "Translator") -> None:
    width = max(map(len, EXAMPLES))
    for source, translation in zip(EXAMPLES, translator.translate(EXAMPLES), strict=True):
        console.print(f"  {source:<{width}}  {translation.text}")


def _look(console: "Console", translator: "Translator", folder: Path) -> Path:
    """Draw the crossing in the terminal, and every map on a page."""
    from manyheads.cli.showing import Shown, write_page
    from manyheads.views.crossing import Crossing
    from manyheads.views.of_pair import TranslationReading
    from manyheads.views.terminal import HeatMap

    reading = TranslationReading(translator, EXAMPLES[0], name=str(folder))
    console.print()
    console.print(HeatMap(reading.maps, "cross", layer=reading.usual_layer))
    console.print()
    linked = reading.linked
    console.print(Crossing(linked.src, linked.tgt, linked.links))
    page = folder / "look.html"
    write_page(reading, page, Shown("head", "cross", reading.usual_layer))
    return page
