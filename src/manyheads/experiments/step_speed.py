"""One training step of whole translators against the length of sentences, with equal tokens a batch."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch

from manyheads.batches.translation import TranslationBatch, pack_pairs
from manyheads.experiments.race import Limits, Runners, race_along, threads
from manyheads.model.build import Translating, build_translator
from manyheads.model.initialize import initialize
from manyheads.recipes.schema import Model, Recurrent
from manyheads.text.tokenizer import OUR_PAIR, SPECIAL_TOKENS
from manyheads.training.translation_loss import translation_loss

RECURRENT, TRANSFORMER = "recurrent, with attention", "Transformer"
_SMOOTHING = 0.1


@dataclass(frozen=True, slots=True)
class Steps:
    """What is trained, and on what.

    Attributes:
        recurrent: The recurrent translator's sizes.
        transformer: The Transformer's; about as many parameters.
        vocab_size: Tokens of the one vocabulary.
        tokens: Target tokens of a batch; source tokens are as many.
        lengths: Tokens of a sentence, each twice the one before; divisors of `tokens`.
    """

    recurrent: Recurrent
    transformer: Model
    vocab_size: int
    tokens: int
    lengths: tuple[int, ...]


def time_steps(steps: Steps, *, threads_used: int, limits: Limits) -> dict[str, Any]:
    """Let both translators' training steps race at each length: forward, loss and backward.

    Args:
        steps: What is trained, and on what.
        threads_used: Threads that calculate.
        limits: What is left out.

    Returns:
        `threads`, the `parameters` by name, and what `race_along` gives.
    """
    with torch.random.fork_rng(devices=()), threads(threads_used):
        torch.manual_seed(1)
        translators = _translators(steps)
        raced = race_along(steps.lengths, partial(_runners, steps, translators), limits)
    parameters = {
        name: sum(parameter.numel() for parameter in translator.parameters())
        for name, translator in translators.items()
    }
    return {"threads": threads_used, "parameters": parameters} | raced


def _translators(steps: Steps) -> dict[str, Translating]:
    vocab, room = steps.vocab_size, {"max_length": max(steps.lengths)}
    made = {
        name: build_translator(sizes.model_copy(update=room), src_vocab_size=vocab, tgt_vocab_size=vocab)
        for name, sizes in ((RECURRENT, steps.recurrent), (TRANSFORMER, steps.transformer))
    }
    for translator in made.values():
        initialize(translator)
    return made


def _runners(steps: Steps, translators: Mapping[str, Translating], length: int) -> Runners:
    batch = draw_batch(length, sequences=steps.tokens // length, vocab_size=steps.vocab_size)
    return {name: partial(_step, translator, batch) for name, translator in translators.items()}


def draw_batch(length: int, *, sequences: int, vocab_size: int) -> TranslationBatch:
    """Draw pairs of random tokens, all equally long.

    Args:
        length: Tokens of each side, the end token included.
        sequences: How many pairs.
        vocab_size: Tokens of the vocabulary, special ones included.

    Returns:
        The batch.
    """
    rng = np.random.default_rng(length)
    src, tgt = rng.integers(len(SPECIAL_TOKENS), vocab_size, (2, sequences, length - 1))
    return pack_pairs(list(src), list(tgt), OUR_PAIR)


def _step(translator: Translating, batch: TranslationBatch) -> None:
    translator.zero_grad(set_to_none=True)
    translation_loss(translator, batch, _SMOOTHING).smoothed.backward()
