"""What int8 costs on a user's own texts, said on standard error. Imports torch."""

import sys
from collections.abc import Sequence

import numpy as np

from manyheads.inference.embed import Encoder
from manyheads.inference.native_encoder import in_pytorch
from manyheads.inference.translate import Translator

_VECTORS, _TRANSLATIONS = 100, 20
"""So many texts are worked on in float32, too."""


def say_cost_to_vectors(encoder: Encoder, texts: Sequence[str]) -> None:
    """Say how far vectors in int8 are from those in float32; nothing in another precision.

    Args:
        encoder: The model.
        texts: The user's.
    """
    if encoder.runner.prepared.precision != "int8":
        return
    some = _some(texts, _VECTORS)
    mine = encoder.embed(some, normalize=True)
    with in_pytorch(encoder.model.bert):
        wanted = encoder.embed(some, normalize=True)
    cosines = (mine * wanted).sum(axis=1)
    print(
        f"manyheads: int8: cosine to float32 on {len(some)} of your texts: mean {np.mean(cosines):.4f}, "
        f"min {np.min(cosines):.4f}",
        file=sys.stderr,
    )


def say_cost_to_translations(translator: Translator, texts: Sequence[str]) -> None:
    """Say how many translations in int8 are those in float32; nothing in another precision.

    Args:
        translator: The model.
        texts: The user's.
    """
    if translator.prepared.precision != "int8":
        return
    some = _some(texts, _TRANSLATIONS)
    mine = translator.translate(some, long="truncate")
    wanted = translator.in_pytorch().translate(some, long="truncate")
    same = sum(one.text == other.text for one, other in zip(mine, wanted, strict=True))
    print(
        f"manyheads: int8: {same} of {len(some)} of your texts are translated as in float32", file=sys.stderr
    )


def _some(texts: Sequence[str], count: int) -> list[str]:
    """Take as many, evenly spread."""
    return list(texts[:: -(-len(texts) // count) or 1])
