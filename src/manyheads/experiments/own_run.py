"""Training runs of an experiment: taken up where they were stopped, begun anew where they changed."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from manyheads.recipes.load import AnyRecipe, to_toml
from manyheads.recipes.schema import flatten
from manyheads.training.events import Event, Finished, Updated
from manyheads.training.listeners import JsonLog
from manyheads.training.loop import train
from manyheads.training.run import LOG, TRAINING, Run, open_run


def recipe_inputs(recipe: AnyRecipe) -> dict[str, Any]:
    """List what a training depends on; where the text lies on this machine is no part of it.

    Args:
        recipe: The run's.

    Returns:
        Every key but `data`.
    """
    return {key: value for key, value in flatten(recipe).items() if key != "data"}


def open_own_run(recipe: AnyRecipe, folder: Path) -> Run:
    """Open a run, or take it up.

    Args:
        recipe: What is asked for.
        folder: The run's, an experiment's own: what another recipe has left there is removed.

    Returns:
        The run.
    """
    saved = folder / TRAINING / "recipe.toml"
    same = saved.exists() and saved.read_text(encoding="utf-8") == to_toml(recipe)
    if not same and folder.exists():
        shutil.rmtree(folder)
    return open_run(recipe, folder, resume=same)


def train_own(run: Run, name: str, say: Callable[[str], None]) -> Finished:
    """Train a run to its end, with its log in its folder.

    Args:
        run: The run.
        name: What it is called.
        say: Told how far it is, every hundred updates.

    Returns:
        What became of it.
    """
    return train(run, [JsonLog(run.folder / LOG), _teller(name, run.recipe.training.updates, say)])


def _teller(name: str, updates: int, say: Callable[[str], None]) -> Callable[[Event], None]:
    def listen(event: Event) -> None:
        if isinstance(event, Updated) and event.logged and event.update % 100 == 0:
            loss = event.sums.plain / max(event.sums.labels, 1)
            say(
                f"{name}: update {event.update:,} of {updates:,}, loss {loss:.3f}, "
                f"{event.tokens_per_second:,.0f} tokens/s"
            )

    return listen
