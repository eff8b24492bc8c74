"""The network that an encoder's run begins with: drawn, or another model's with the head of the task."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from manyheads.checkpoint.config import EncoderConfig, read_encoder_config
from manyheads.checkpoint.hub import find_checkpoint
from manyheads.checkpoint.network import build_network
from manyheads.checkpoint.parameters import fill, parameters_of
from manyheads.checkpoint.store import StoredModel, load_model
from manyheads.model.bert import EncoderModel
from manyheads.model.initialize import initialize_encoder
from manyheads.recipes.encoder import Bert
from manyheads.recipes.encoder_recipe import HEADS, EncoderRecipe
from manyheads.text.text_tokenizer import TextTokenizer

_KEPT = {"family", "vocab_size", "max_tokens", "prompt", "pooling", "normalize"}
"""What stays of the config of a model that goes on, unless the task decides it: how a text is read, and how
it becomes a vector."""


@dataclass(frozen=True)
class Before:
    """A model that a run goes on from.

    Attributes:
        stored: What its folder holds.
        config: What its config.json says.
        where: Its folder.
    """

    stored: StoredModel
    config: EncoderConfig
    where: Path

    @property
    def tokenizer(self) -> TextTokenizer:
        """Its vocabulary."""
        return self.stored.tokenizers["text"]


@dataclass(frozen=True)
class Start:
    """What a run begins with.

    Attributes:
        model: The network.
        config: What its config.json will say.
        tokenizer: Its vocabulary.
        max_tokens: The most tokens of a text that is learned from, special ones included.
        drawn: The parts that were drawn because the model before had none; None where all were.
        lines: Where it comes from and what it is, for people.
    """

    model: EncoderModel
    config: EncoderConfig
    tokenizer: TextTokenizer
    max_tokens: int
    drawn: tuple[str, ...] | None
    lines: tuple[str, ...]

    def drew(self, part: str) -> bool:
        """Say whether a part begins with drawn numbers."""
        return self.drawn is None or part in self.drawn


def read_before(recipe: EncoderRecipe) -> Before | None:
    """Read the model that a recipe goes on from.

    Args:
        recipe: The run.

    Returns:
        The model; None where the run begins from nothing.
    """
    if recipe.init is None:
        return None
    where = find_checkpoint(recipe.init)
    stored = load_model(where)
    return Before(stored, read_encoder_config(dict(stored.config), where), where)


def known_labels(before: Before | None, labels: tuple[str, ...]) -> tuple[str, ...]:
    """Keep the order of the labels that a model has learned already, where they are the same.

    Args:
        before: The model that the run goes on from.
        labels: Those of the training part, in any order.

    Returns:
        The labels in the order of the head's rows.
    """
    if before and set(before.config.labels) == set(labels):
        return before.config.labels
    return labels


def start(
    recipe: EncoderRecipe,
    before: Before | None,
    vocabulary: Callable[[], TextTokenizer],
    **task: Any,  # noqa: ANN401
) -> Start:
    """Make the network that a run begins with.

    Args:
        recipe: The run.
        before: The model that it goes on from, if any.
        vocabulary: Learns a vocabulary, or finds the one that was learned, where there is no model before.
        **task: Keys of config.json that the task decides: `labels`, `pooling`.

    Returns:
        The network, in training mode, and all that belongs to it.
    """
    sizes = _sizes(recipe, before)
    tokenizer = before.tokenizer if before else vocabulary()
    limit = min(recipe.corpus.max_tokens, sizes.max_length)
    own: dict[str, Any] = {"vocab_size": tokenizer.vocab_size, "max_tokens": limit}
    kept = before.config.model_dump(include=_KEPT) if before else own
    config = EncoderConfig(task=recipe.task, model=sizes, **(kept | task))
    torch.manual_seed(recipe.seed)
    network = build_network(config)
    initialize_encoder(network)
    drawn = tuple(_take_over(network, config, before)) if before else None
    if network.bert.pooler is not None and not _reads_pooler(recipe):
        network.bert.pooler.requires_grad_(requires_grad=False)
    if recipe.training.keep_tokens:
        network.bert.encoder.embedding.tokens.requires_grad_(requires_grad=False)
    return Start(network, config, tokenizer, limit, drawn, tuple(_lines(recipe, config, drawn)))


def _sizes(recipe: EncoderRecipe, before: Before | None) -> Bert:
    """Whoever goes on from a model has its sizes, whatever the recipe says; the dropouts are the recipe's."""
    sizes = recipe.model
    if before:
        own = {key: getattr(recipe.model, key) for key in ("dropout", "attention_dropout")}
        sizes = before.config.model.model_copy(update=own)
    if recipe.task == "tagging" or not (before or _reads_pooler(recipe)):
        return sizes.model_copy(update={"pooler": "none"})
    if sizes.pooler == "none" and _reads_pooler(recipe):
        return sizes.model_copy(update={"pooler": "tanh"})
    return sizes


def _reads_pooler(recipe: EncoderRecipe) -> bool:
    """Say whether anything is learned through the pooler; else it stays as it is."""
    next_sentence = recipe.task == "masked" and recipe.masking.next_sentence
    return next_sentence or recipe.task in {"classification", "regression"}


def _take_over(network: EncoderModel, config: EncoderConfig, before: Before) -> list[str]:
    """Give the network the other one's parameters; list the parts for which it had none."""
    own, theirs = parameters_of(network), dict(before.stored.weights)
    same_head = (config.task, config.labels, config.several_labels) == (
        before.config.task,
        before.config.labels,
        before.config.several_labels,
    )
    weights = {name: tensor for name, tensor in theirs.items() if not name.startswith(tuple(HEADS.values()))}
    drawn = []
    for part, prefix in HEADS.items():
        known = _starting(theirs, prefix) if same_head or prefix != "head." else {}
        wanted = _starting(own, prefix)
        if wanted and not known:
            drawn.append(part)
        weights |= (known or wanted) if wanted else {}
    fill(network, weights, before.where)
    return drawn


def _starting(weights: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name: tensor for name, tensor in weights.items() if name.startswith(prefix)}


def _lines(recipe: EncoderRecipe, config: EncoderConfig, drawn: Sequence[str] | None) -> list[str]:
    sizes = config.model
    lines = [f"going on from {recipe.init}, with its vocabulary and sizes"] if recipe.init else []
    if drawn:
        lines.append(f"new in it and drawn from seed {recipe.seed}: {' and '.join(drawn)}")
    return [
        *lines,
        f"model: {sizes.num_layers} layers, d_model {sizes.d_model}, d_ff {sizes.d_ff}, "
        f"{sizes.num_heads} heads, dropout {sizes.dropout}, of attention {sizes.attention_dropout}, "
        f"{config.vocab_size:,} tokens in the vocabulary",
    ]
