"""The command line: one file a verb. What a verb needs that is heavy is imported inside it."""

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from typer.main import get_command

from manyheads.cli.classify import classify
from manyheads.cli.convert import convert
from manyheads.cli.embed import embed
from manyheads.cli.evaluate import evaluate
from manyheads.cli.experiment import experiment
from manyheads.cli.failures import told, warnings_told
from manyheads.cli.fill_mask import fill_mask
from manyheads.cli.look import look
from manyheads.cli.quickstart import quickstart
from manyheads.cli.recipes import recipes
from manyheads.cli.score import score
from manyheads.cli.serve import serve
from manyheads.cli.similarity import similarity
from manyheads.cli.tag import tag
from manyheads.cli.train import train
from manyheads.cli.translate import translate

app = typer.Typer(
    name="manyheads",
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(short_help="Train a small translator here and now; look inside it.")(quickstart)
app.command(short_help="List the recipes; print one, to copy and change.")(recipes)
app.command(short_help="Train a translator from a recipe.")(train)
app.command(short_help="Translate texts, files or standard input.")(translate)
app.command(short_help="Make vectors of texts.")(embed)
app.command(short_help="Say how alike two texts are.")(similarity)
app.command(name="fill-mask", short_help="Name the words that may stand behind masks.")(fill_mask)
app.command(short_help="Tell the labels of texts or pairs.")(classify)
app.command(short_help="Find entities in texts; label words.")(tag)
app.command(short_help="Score a translator on pairs: BLEU, chrF, TER.")(evaluate)
app.command(short_help="Score translations; compare two systems.")(score)
app.command(short_help="Show where a model looked.")(look)
app.command(short_help="Look at a model in a browser, live.")(serve)
app.command(short_help="Bring a published model into our format, or ours into Hugging Face's.")(convert)
app.command(short_help="Measure one of the field's questions; write a report.")(experiment)

_READER_LEFT = 141  # as a shell counts: 128 and the signal's number


def _show_version(wanted: bool | None) -> None:
    if wanted:
        from manyheads import __version__

        typer.echo(f"manyheads {__version__}")
        raise typer.Exit


@app.callback()
def _start(
    *,
    version: Annotated[
        bool | None,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = None,
) -> None:
    """Transformers that you can train, run and see."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; what goes wrong becomes one line on standard error.

    Args:
        argv: The words after `manyheads`; by default those that it was started with.

    Returns:
        What to exit with: 0; 2 for wrong use or input, 1 for a failed run.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    _speak_utf8()
    try:
        with warnings_told(), get_command(app).make_context("manyheads", words or ["--help"]) as context:
            context.command.invoke(context)
        sys.stdout.flush()
    except typer.Exit as ended:
        return ended.exit_code
    except BrokenPipeError:
        # Whoever reads has seen enough, as `head` does. At its end Python would try to write the rest.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _READER_LEFT
    except (KeyboardInterrupt, Exception) as error:
        if "--debug" in words:
            import traceback

            traceback.print_exc()
        line, code = told(error, words)
        print(f"manyheads: {line}", file=sys.stderr)
        return code
    return 0


def _speak_utf8() -> None:
    """Write UTF-8 into files and pipes on every system, and stumble over no letter in a terminal."""
    for stream in (sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            if stream.isatty():
                reconfigure(errors="replace")
            else:
                reconfigure(encoding="utf-8")
