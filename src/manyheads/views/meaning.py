"""One word in several sentences: how alike its vectors are, layer by layer.

Reference:
    Ethayarajh 2019, "How Contextual are Contextualized Word Representations?", there over a corpus.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from manyheads.errors import InputError
from manyheads.views.of_text import TextModel, TextReading


@dataclass(frozen=True)
class Meaning:
    """How alike a word's vectors are in several sentences.

    Attributes:
        word: The word.
        texts: Each sentence, and where the word begins and ends in it.
        names: Of each set of vectors: the fixed one, the embedding with its position, then the layers.
        cosines: By set, sentence and sentence.
    """

    word: str
    texts: tuple[tuple[str, int, int], ...]
    names: tuple[str, ...]
    cosines: Float[Tensor, "sets sentences sentences"]

    def described(self) -> dict[str, object]:
        """Write it for a page.

        Returns:
            Plain values.
        """
        return {
            "word": self.word,
            "texts": [{"text": text, "start": start, "end": end} for text, start, end in self.texts],
            "names": list(self.names),
            "cosines": [
                [[round(share, 4) for share in row] for row in layer] for layer in self.cosines.tolist()
            ],
        }


def meaning_of(model: TextModel, word: str, texts: Sequence[str]) -> Meaning:
    """Compare a word's vectors in several sentences; a word of several pieces has their mean.

    Args:
        model: The encoder.
        word: As it stands in the sentences; case does not matter.
        texts: Two of them at least; the word's first place in each counts.

    Returns:
        The cosines.

    Raises:
        InputError: There are not two sentences, or one is without the word.
    """
    if len(texts) < 2:
        raise InputError(f"a word is compared in two sentences at least, but {len(texts)} was given")
    spans = [_find(word, text, number) for number, text in enumerate(texts)]
    of_texts = [_vectors(model, text, span) for text, span in zip(texts, spans, strict=True)]
    cosines = torch.stack([_cosines(torch.stack(of_set)) for of_set in zip(*of_texts, strict=True)])
    names = ("fixed vector", "with position", *(f"layer {layer}" for layer in range(len(cosines) - 2)))
    placed = tuple((text, *span) for text, span in zip(texts, spans, strict=True))
    return Meaning(word, placed, names, cosines)


def _cosines(vectors: Float[Tensor, "sentences width"]) -> Float[Tensor, "sentences sentences"]:
    unit = F.normalize(vectors.float(), dim=-1)
    return unit @ unit.T


def _find(word: str, text: str, number: int) -> tuple[int, int]:
    pattern = rf"(?<!\w){re.escape(word.strip())}(?!\w)"
    found = re.search(pattern, text, re.IGNORECASE) if word.strip() else None
    if found is None:
        raise InputError(
            f"every sentence must hold the word {word!r}, but sentence {number + 1} does not: {text!r}"
        )
    return found.span()


def _vectors(model: TextModel, text: str, span: tuple[int, int]) -> list[Tensor]:
    """Give the word's vector of each set; those of a factorised embedding are narrower than the layers'."""
    reading = TextReading(model, text, name="")
    start, end = span
    places = [
        place
        for place, (first, last) in enumerate(reading.tokens.offsets)
        if reading.tokens.sides[place] is not None and first < end and last > start
    ]
    if not places:
        raise InputError(
            f"the word {text[start:end]!r} must be a token at least, but the tokenizer drops it in {text!r}"
        )
    stages = [reading.embedding("encoder")["token"], *reading.states()]
    return [stage[places].mean(dim=0) for stage in stages]
