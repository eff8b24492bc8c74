"""A run in words: what is printed at its start, and the card of its model."""

import os
import platform
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import PurePath

import torch
from torch import nn

from manyheads.checkpoint.card import Card, Score, metric_name, metric_value, model_card
from manyheads.recipes.load import AnyRecipe, to_toml
from manyheads.training.device import Placement
from manyheads.training.task import Facts, FinalScore, Task, Verdict

_ADAM_BYTES = 16
"""A parameter in training: its value, its gradient and Adam's two moments, four bytes each."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A model that stands in a run's folder.

    Attributes:
        update: After which update it was tried.
        verdict: What was found; None where there is nothing to try it on.
        averaged: The updates whose models it is the mean of; empty where it is one of them.
    """

    update: int
    verdict: Verdict | None
    averaged: tuple[int, ...] = ()


def run_lines(task: Task, placement: Placement, threads: int) -> list[str]:
    """Say what is trained on what.

    Args:
        task: What is learned.
        placement: Where and in which precision.
        threads: How many threads compute.

    Returns:
        Lines for people.
    """
    parameters = sum(parameter.numel() for parameter in task.model.parameters())
    shapes = ", ".join(
        f"{name} {'x'.join(map(str, shape))}: {count}" for name, shape, count in _shapes(task.model)
    )
    return [
        *task.corpus_lines(),
        *task.model_lines(),
        f"matrices: {shapes}",
        f"{parameters:,} parameters: {parameters * 4 / 1e6:.1f} MB of weights, "
        f"{parameters * _ADAM_BYTES / 1e6:.1f} MB with gradients and Adam's moments",
        f"computing on {placement}, {threads} thread{'s' if threads > 1 else ''}",
    ]


def _shapes(model: nn.Module) -> list[tuple[str, tuple[int, ...], int]]:
    """How many matrices there are of each kind and shape."""
    counts: dict[tuple[str, tuple[int, ...]], int] = {}
    for name, parameter in model.named_parameters():
        if parameter.ndim > 1:
            kind = name.split(".")[-2]
            counts[kind, tuple(parameter.shape)] = counts.get((kind, tuple(parameter.shape)), 0) + 1
    return [(*key, count) for key, count in counts.items()]


def machine() -> dict[str, str]:
    """Say on what a run was made.

    Returns:
        Facts by name.
    """
    return {
        "processor": f"{platform.machine()}, {os.cpu_count()} cores, threads used: {torch.get_num_threads()}",
        "versions": ", ".join(
            [f"Python {platform.python_version()}"]
            + [f"{name} {version(name)}" for name in ("manyheads", "torch", "tokenizers")]
        ),
    }


def card_text(
    recipe: AnyRecipe, facts: Facts, kept: Kept, made: dict[str, str], *, tested: FinalScore | None = None
) -> str:
    """Write the card of a run's model: no text of the corpus goes into it, and no path of the machine.

    Args:
        recipe: The run.
        facts: What its task tells.
        kept: Which model it is, and what it scores on the validation part.
        made: On what it was made.
        tested: What it scores on the test part, once that is known.

    Returns:
        README.md.
    """
    weights = f"the mean of those after updates {', '.join(f'{update:,}' for update in kept.averaged)}"
    card = Card(
        task=facts.task,
        name=recipe.title or facts.name,
        languages=facts.languages,
        summary=facts.summary,
        license=None,
        corpus=facts.corpus,
        scores=[
            *(_scores(kept.verdict, facts.tried_on) if kept.verdict else []),
            *(_scores(tested.verdict, f"the {tested.count:,} test {tested.noun}") if tested else []),
        ],
        recipe=to_toml(_without_paths(recipe)),
        made={
            "updates": f"{kept.update:,}",
            **({"weights": weights} if kept.averaged else {}),
            "seed": str(recipe.seed),
            **made,
        },
        example="TEXT",
    )
    return model_card(card)


def _scores(verdict: Verdict, corpus: str) -> list[Score]:
    return [
        Score(metric=metric, value=metric_value(metric, value), corpus=corpus, signature=verdict.signature)
        for metric, value in verdict.scores.items()
    ]


def _without_paths(recipe: AnyRecipe) -> AnyRecipe:
    """Leave of paths their last part: the rest is the machine's own, and a card may be published."""
    names = {
        key: PurePath(value).name or value
        for key, value in (("data", recipe.data), ("init", recipe.init))
        if value is not None
    }
    return recipe.model_copy(update=names)


def say_scores(verdict: Verdict) -> str:
    """Say what a model scores.

    Args:
        verdict: What was found.

    Returns:
        `BLEU 36.80`, or several such, or the loss where there is no other figure.
    """
    said = (f"{metric_name(name)} {metric_value(name, value)}" for name, value in verdict.scores.items())
    return ", ".join(said) or f"loss {verdict.loss:.3f}"


def say_verdict(verdict: Verdict) -> str:
    """Say all figures that were found.

    Args:
        verdict: What was found.

    Returns:
        `loss 1.234, BLEU 36.80`.
    """
    return f"loss {verdict.loss:.3f}" + (f", {say_scores(verdict)}" if verdict.scores else "")
