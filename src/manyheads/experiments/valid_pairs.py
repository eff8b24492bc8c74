"""Validation pairs on which a trained translator is studied, and its loss on them."""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float
from torch import Tensor

from manyheads.batches.translation import TranslationBatch, pack_pairs
from manyheads.inference.translate import Translator
from manyheads.text.prepare import PreparedPairs
from manyheads.training.translation_loss import translation_loss

_PAIRS, _QUICK_PAIRS = 200, 5
Pair = tuple[np.ndarray, np.ndarray]
"""Token ids of a source and its target."""


def first_pairs(prepared: PreparedPairs, *, quick: bool) -> list[Pair]:
    """Take the first validation pairs.

    Args:
        prepared: A corpus.
        quick: Whether a few pairs will do.

    Returns:
        200 pairs, or as many as there are, the shortest first.
    """
    rows = np.arange(len(prepared.valid))[: _count(quick=quick)]
    src, tgt = prepared.valid.take(rows)
    return sorted(zip(src, tgt, strict=True), key=lambda pair: (len(pair[0]), len(pair[1])))


def next_texts(prepared: PreparedPairs, *, quick: bool) -> tuple[list[str], list[str]]:
    """Take as many validation pairs once more, those that follow: nothing was estimated on them.

    Args:
        prepared: A corpus.
        quick: Whether a few pairs will do.

    Returns:
        Sources and targets, as text.
    """
    count = _count(quick=quick)
    sources, targets = prepared.valid_texts()
    return sources[count : 2 * count], targets[count : 2 * count]


def _count(*, quick: bool) -> int:
    return _QUICK_PAIRS if quick else _PAIRS


def packed(translator: Translator, pairs: Sequence[Pair]) -> TranslationBatch:
    """Pack pairs into one batch.

    Args:
        translator: Whose special tokens are put around the targets.
        pairs: At least one.

    Returns:
        The batch.
    """
    src, tgt = zip(*pairs, strict=True)
    return pack_pairs(list(src), list(tgt), translator.special)


def loss_of(translator: Translator, batch: TranslationBatch) -> Callable[[], Float[Tensor, ""]]:
    """Calculate a batch's loss when it is asked for.

    Args:
        translator: Its model runs as PyTorch's, with whatever was changed in it.
        batch: The pairs.

    Returns:
        Gives the loss in nats a token; it has a gradient.
    """
    return lambda: translation_loss(translator.model, batch, 0.0).smoothed / len(batch.labels)
