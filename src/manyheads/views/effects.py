"""What each head is good for: how far the result moves when it alone is switched off.

Reference:
    Michel et al. 2019, "Are Sixteen Heads Really Better than One?", section 3; there by BLEU over a corpus,
    here by one text.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Float32
from torch import Tensor

from manyheads.model.tap import Kind, Site, attentions, observe
from manyheads.views.reading import Head, Reading, kinds_of

_TOKENS_AT_ONCE = 4096
MOST_TOKENS = 60_000
"""Heads times tokens from which it would take minutes: then nobody waits for it."""


def effects_of_heads(reading: Reading) -> dict[Kind, Float32[np.ndarray, "layers heads"]] | None:
    """Switch off each head by itself and measure how far the result moves.

    Every copy of the text in a batch lacks another head, so that many are tried in one run.

    Args:
        reading: The model and its text.

    Returns:
        By kind, for each layer and head what `distance` of the reading says; None where there are too many
        heads for so long a text.
    """
    heads = _heads(reading)
    tokens = sum(len(kind.rows) for kind in reading.maps.kinds.values())
    if len(heads) * tokens > MOST_TOKENS:
        return None
    found: dict[Kind, Float32[np.ndarray, "layers heads"]] = {
        kind: np.zeros(reading.maps.kinds[kind].weights.shape[:2], np.float32)
        for kind in kinds_of(reading.maps)
    }
    before = reading.repeated(1)
    for chunk in _chunks(heads, max(1, _TOKENS_AT_ONCE // tokens)):
        with observe(reading.network, _Silence(chunk)):
            moved = reading.distance(before, reading.repeated(len(chunk)))
        for (kind, layer, head), distance in zip(chunk, moved.tolist(), strict=True):
            found[kind][layer, head] = distance
    return found


def _heads(reading: Reading) -> list[Head]:
    return [
        (attention.kind, attention.layer, head)
        for attention in attentions(reading.network)
        for head in range(attention.num_heads)
    ]


def _chunks(heads: Sequence[Head], count: int) -> Iterator[Sequence[Head]]:
    for start in range(0, len(heads), count):
        yield heads[start : start + count]


class _Silence:
    """Takes from copy i what its head says."""

    def __init__(self, heads: Sequence[Head]) -> None:
        self._heads = heads

    def __call__(self, site: Site, tensor: Tensor) -> Tensor | None:
        if site.point != "context":
            return None
        copies = range(site.first_sequence, site.first_sequence + len(tensor))
        rows = [
            (copy - site.first_sequence, self._heads[copy][2])
            for copy in copies
            if self._heads[copy][:2] == (site.kind, site.layer)
        ]
        if not rows:
            return None
        silent = tensor.clone()
        places, heads = zip(*rows, strict=True)
        silent[list(places), list(heads)] = 0.0
        return silent
