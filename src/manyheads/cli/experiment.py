"""`manyheads experiment`: one of the field's questions, measured here and now."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from manyheads.cli.options import Debug, Threads
from manyheads.errors import InputError


def experiment(
    name: Annotated[
        str | None, typer.Argument(help="Which one; without it they are listed.", metavar="NAME")
    ] = None,
    *,
    quick: Annotated[
        bool, typer.Option("--quick", help="On generated data, in seconds; answers nothing.")
    ] = False,
    data: Annotated[
        Path | None, typer.Option(help="The folder with the data that it is measured on.", metavar="DIR")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(help="Where report and result go; results/NAME by default.", metavar="DIR"),
    ] = None,
    threads: Threads = None,
    debug: Debug = False,
) -> None:
    """Measure one of the field's questions: writes report.md, its figures and result.json.

    Started again after it was stopped, it goes on with the part that was not finished.
    """
    from manyheads.experiments import EXPERIMENTS, find_experiment

    if name is None:
        for each, question in EXPERIMENTS.items():
            typer.echo(f"{each:<10}  {question}")
        return
    found = find_experiment(name)
    if data is not None and not data.is_dir():
        raise InputError(f"--data must be a folder, but there is no folder {data}")
    if threads:
        import torch

        torch.set_num_threads(threads)
    from manyheads.experiments.experiment import Setting

    folder = output or Path("results", *(["quick"] if quick else []), name)
    setting = Setting(
        quick=quick, data=data, output=folder, say=lambda line: print(line, file=sys.stderr, flush=True)
    )
    words = ["manyheads experiment", name, *(["--quick"] if quick else []), *(["--data DIR"] if data else [])]
    report = found.run(setting, command=" ".join(words))
    typer.echo(report)
