"""A run in words: what is printed at its start, and the card of its model."""

import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import PurePath

import torch
from torch import nn

from manyheads.checkpoint.card import Card, Score, model_card
from manyheads.recipes.load import to_toml
from manyheads.recipes.schema import Recipe
from manyheads.text.report import CorpusReport
from manyheads.training.device import Placement
from manyheads.training.events import Validated

_UNKNOWN = "und"
"""What ISO 639 calls a language that is not told."""

_ADAM_BYTES = 16
"""A parameter in training: its value, its gradient and Adam's two moments, four bytes each."""


def run_lines(
    recipe: Recipe, report: CorpusReport, model: nn.Module, placement: Placement, threads: int
) -> list[str]:
    """Say what is trained on what.

    Args:
        recipe: The run.
        report: What became of its corpus.
        model: The network.
        placement: Where and in which precision.
        threads: How many threads compute.

    Returns:
        Lines for people.
    """
    parameters = sum(parameter.numel() for parameter in model.parameters())
    shapes = ", ".join(
        f"{name} {'x'.join(map(str, shape))}: {count}" for name, shape, count in _shapes(model)
    )
    sizes = recipe.model
    return [
        *report.lines(),
        *([] if report.valid.pairs else ["valid: none, so the newest model is kept, untried"]),
        *([f"going on from {recipe.init}, with its vocabulary and sizes"] if recipe.init else []),
        f"model: {sizes.num_encoder_layers}+{sizes.num_decoder_layers} layers, d_model {sizes.d_model}, "
        f"d_ff {sizes.d_ff}, {sizes.num_heads} heads, dropout {sizes.dropout}, norm "
        f"{'before' if sizes.norm_first else 'after'} each sublayer",
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
    recipe: Recipe,
    report: CorpusReport,
    validated: Validated,
    made: dict[str, str],
    *,
    averaged: Sequence[int] = (),
) -> str:
    """Write the card of a run's model: no text of the corpus goes into it, and no path of the machine.

    Args:
        recipe: The run.
        report: What became of its corpus.
        validated: What the model scores.
        made: On what it was made.
        averaged: The updates whose models it is the mean of; empty where it is one of them.

    Returns:
        README.md.
    """
    src, tgt = recipe.corpus.src_language, recipe.corpus.tgt_language
    languages = f"from {src or 'its source language'} to {tgt or 'its target language'}"
    weights = f"the mean of those after updates {', '.join(f'{update:,}' for update in averaged)}"
    card = Card(
        name=recipe.title or (f"A translator from {src} to {tgt}" if src and tgt else "A translator"),
        src_lang=src or _UNKNOWN,
        tgt_lang=tgt or _UNKNOWN,
        summary=f"A Transformer that translates {languages}, trained with manyheads on "
        f"{report.train.pairs:,} pairs.",
        license=None,
        corpus=report.lines(),
        scores=[_score(report, recipe, validated)] if validated.signature else [],
        recipe=to_toml(_without_paths(recipe)),
        made={
            "updates": f"{validated.update:,}",
            **({"weights": weights} if averaged else {}),
            "seed": str(recipe.seed),
            **made,
        },
        example="TEXT",
    )
    return model_card(card)


def _without_paths(recipe: Recipe) -> Recipe:
    """Leave of paths their last part: the rest is the machine's own, and a card may be published."""
    names = {
        key: PurePath(value).name or value
        for key, value in (("data", recipe.data), ("init", recipe.init))
        if value is not None
    }
    return recipe.model_copy(update=names)


def _score(report: CorpusReport, recipe: Recipe, validated: Validated) -> Score:
    sentences = min(report.valid.pairs, recipe.validation.max_sentences)
    return Score(
        metric="bleu",
        value=f"{validated.bleu:.2f}",
        corpus=f"{'the' if sentences == report.valid.pairs else 'the first'} {sentences:,} validation pairs",
        signature=validated.signature,
    )
