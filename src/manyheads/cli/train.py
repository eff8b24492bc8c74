"""`manyheads train`: from a recipe to a model folder."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from manyheads.errors import InputError, RunError

if TYPE_CHECKING:
    from manyheads.recipes.load import AnyRecipe
    from manyheads.training.events import Finished, Listener
    from manyheads.training.run import Run

_TIMED = 5


def train(
    recipe: Annotated[
        str, typer.Argument(help="A recipe's file, or the name of a shipped one.", metavar="RECIPE")
    ],
    overrides: Annotated[
        list[str] | None,
        typer.Argument(
            help="Keys to change: data=pairs.tsv training.updates=5000", metavar="[KEY=VALUE ...]"
        ),
    ] = None,
    *,
    output: Annotated[
        Path | None, typer.Option(help="Where the model goes; runs/RECIPE by default.", metavar="DIR")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the run in the output folder.")
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Say what would be trained, and how long it would take; then stop."),
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show where an error came from.")] = False,
) -> None:
    """Train a model; Ctrl-C saves, --resume goes on as if it had never stopped."""
    if dry_run and resume:
        raise InputError("--dry-run tries out a new run, and --resume goes on with one: give one of the two")

    from manyheads.recipes.load import load_recipe

    wanted = load_recipe(recipe, overrides or ())
    if dry_run:
        _estimate(wanted)
        return
    from manyheads.training.run import open_run

    run_training(open_run(wanted, output or Path("runs") / Path(recipe).stem, resume=resume))


def run_training(run: "Run", extra: "tuple[Listener, ...]" = ()) -> "Finished":
    """Train with a live display in a terminal and plain lines elsewhere; log, and draw the curve at the end.

    Args:
        run: Ready to go.
        extra: Who else listens.

    Returns:
        Where the model is and what it scores.
    """
    from rich.console import Console

    from manyheads.training.events import Started
    from manyheads.training.listeners import JsonLog, LiveDisplay, PlainLines
    from manyheads.training.loop import train as take_updates
    from manyheads.training.run import LOG

    with ExitStack() as stack:
        console = Console()
        display = stack.enter_context(LiveDisplay(console)) if console.is_terminal else PlainLines(sys.stdout)
        listeners = [JsonLog(run.folder / LOG), display, *extra]
        stack.enter_context(_curve_drawn(run))
        for listener in listeners:
            listener(Started(tuple(run.lines()), run.progress.update, run.recipe.training.updates))
        return take_updates(run, listeners)


@contextmanager
def _curve_drawn(run: "Run") -> Iterator[None]:
    """Draw the curve at the end, also of a run that was stopped; that it fails hides nothing else."""
    try:
        yield
    except BaseException:
        with suppress(RunError):
            _draw_curve(run)
        raise
    _draw_curve(run)


def _draw_curve(run: "Run") -> None:
    from manyheads.checkpoint.atomic import write_file
    from manyheads.training.listeners import read_log
    from manyheads.training.run import LOG
    from manyheads.views.curve import curve_svg

    records = read_log(run.folder / LOG)
    if records:
        write_file(run.folder / "curve.svg", curve_svg(records, unit=run.task.unit).encode())


def _estimate(recipe: "AnyRecipe") -> None:
    """Prepare everything aside, take a few updates, and say how long all of them would take."""
    import time
    from datetime import timedelta

    from manyheads.training.run import make_run

    # Windows does not remove files that are mapped into memory, as the corpus is.
    with TemporaryDirectory(ignore_cleanup_errors=True) as aside:
        run = make_run(recipe, Path(aside))
        typer.echo("\n".join(run.lines()))
        times = []
        for update in range(1, _TIMED + 2):
            begun = time.perf_counter()
            run.stepper.take(update, [run.task.batches.batch(update)])
            times.append(time.perf_counter() - begun)
        seconds = sum(times[1:]) / _TIMED * recipe.training.accumulate
    whole = timedelta(seconds=round(seconds * recipe.training.updates))
    typer.echo(
        f"{recipe.training.updates:,} updates of {seconds:.2f} s (mean of {_TIMED}): "
        f"about {whole} without validation"
    )
