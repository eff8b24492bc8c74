"""A run in words: what is printed at its start, and the card of its model."""

import os
import platform
from importlib.metadata import version

import torch
from torch import nn

from manyheads.checkpoint.card import Card, Score, model_card
from manyheads.recipes.load import to_toml
from manyheads.recipes.schema import Recipe
from manyheads.text.report import CorpusReport
from manyheads.training.device import Placement
from manyheads.training.events import Validated

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
    sizes = recipe.model
    shapes = ", ".join(
        f"{name} {'x'.join(map(str, shape))}: {count}" for name, shape, count in _shapes(model)
    )
    return [
        *report.lines(),
        f"model: {sizes.num_encoder_layers}+{sizes.num_decoder_layers} layers, d_model {sizes.d_model}, "
        f"d_ff {sizes.d_ff}, {sizes.num_heads} heads, dropout {sizes.dropout}, norm "
        f"{'before' if sizes.norm_first else 'after'} each sublayer",
        f"matrices: {shapes}",
        f"{parameters:,} parameters: {parameters * 4 / 1e6:.1f} MB of weights, "
        f"{parameters * _ADAM_BYTES / 1e6:.1f} MB with gradients and Adam's moments",
        f"computing on {placement}, {threads} threads",
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
        "processor": f"{platform.machine()}, {os.cpu_count()} cores, {torch.get_num_threads()} threads",
        "versions": ", ".join(
            [f"Python {platform.python_version()}"]
            + [f"{name} {version(name)}" for name in ("manyheads", "torch", "tokenizers")]
        ),
    }


def card_text(recipe: Recipe, report: CorpusReport, validated: Validated, made: dict[str, str]) -> str:
    """Write the card of a run's model.

    Args:
        recipe: The run.
        report: What became of its corpus.
        validated: What the model scores.
        made: On what it was made.

    Returns:
        README.md.
    """
    src, tgt = recipe.corpus.src_language or "und", recipe.corpus.tgt_language or "und"
    card_scores = [_score(report, recipe, validated)] if validated.signature else []
    card = Card(
        name=recipe.title or f"{src} to {tgt}",
        src_lang=src,
        tgt_lang=tgt,
        summary=f"A Transformer that translates {src} to {tgt}, trained with manyheads for "
        f"{validated.update:,} updates.",
        license=None,
        corpus=report.lines(),
        scores=card_scores,
        recipe=to_toml(recipe),
        made={"seed": str(recipe.seed), "update": f"{validated.update:,}", **made},
        example="",
    )
    return model_card(card)


def _score(report: CorpusReport, recipe: Recipe, validated: Validated) -> Score:
    sentences = min(report.valid.pairs, recipe.validation.max_sentences)
    return Score(
        metric="bleu",
        value=f"{validated.bleu:.2f}",
        corpus=f"the first {sentences:,} validation pairs",
        signature=validated.signature,
    )
