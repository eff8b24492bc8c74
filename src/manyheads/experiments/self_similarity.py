"""How much of a word's vector comes from around it: self-similarity over its sentences, by layer.

Reference:
    Ethayarajh 2019, "How Contextual are Contextualized Word Representations?", sections 3.3 and 3.4.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from manyheads.errors import InputError
from manyheads.experiments.contextual import Usage, mean_cosine, word_states
from manyheads.experiments.own_bert import Document
from manyheads.experiments.static_vectors import StaticVectors
from manyheads.inference.embed import Encoder

_MOST_WORDS = 60
"""Longer sentences are left alone: no model has to cut them."""
_QUOTES = {"``", "''"}


@dataclass(frozen=True, slots=True)
class Occurrences:
    """Words in their sentences.

    Attributes:
        of_words: For each word its uses, each in another sentence.
        at_random: Uses of words drawn at random, each in another sentence.
    """

    of_words: dict[str, list[Usage]]
    at_random: list[Usage]

    def all(self) -> list[Usage]:
        """List those of the words, one word after another, then those at random."""
        return [*(use for uses in self.of_words.values() for use in uses), *self.at_random]


def find_occurrences(
    documents: Sequence[Document], *, words: int, sentences: int, baseline: int, seed: int
) -> Occurrences:
    """Choose words that are common enough, from the most common to the rarest of them, and their sentences.

    Args:
        documents: A text.
        words: How many words.
        sentences: In how many sentences each has to stand, and is taken from.
        baseline: How many words are drawn at random.
        seed: Decides what is drawn.

    Returns:
        The uses.

    Raises:
        InputError: Too few words or sentences are there.
    """
    rng = np.random.default_rng(seed)
    every = [use for document in documents for use in map(_sentence, document) if use]
    by_word: dict[str, list[Usage]] = defaultdict(list)
    for sentence in every:
        for usage in _first_uses(sentence):
            by_word[usage.form].append(usage)
    common = sorted((word for word, uses in by_word.items() if len(uses) >= sentences), key=str)
    common.sort(key=lambda word: -len(by_word[word]))
    if len(common) < words or len(every) < baseline:
        raise InputError(
            f"self-similarity needs {words} words that stand in {sentences} sentences and {baseline} "
            f"sentences in all, but the text has {len(common)} and {len(every)}; give more text"
        )
    chosen = [common[place] for place in np.linspace(0, len(common) - 1, words).astype(int)]
    of_words = {
        word: [by_word[word][place] for place in _drawn(rng, len(by_word[word]), sentences)]
        for word in chosen
    }
    drawn = (every[place] for place in _drawn(rng, len(every), baseline))
    return Occurrences(of_words, [_random_use(rng, sentence) for sentence in drawn])


def _drawn(rng: np.random.Generator, count: int, wanted: int) -> list[int]:
    return np.sort(rng.choice(count, wanted, replace=False)).tolist()


def _sentence(words: Sequence[str]) -> tuple[str, ...]:
    """Write quotes as people do; a sentence that is too long, or without a word, becomes nothing."""
    fits = len(words) <= _MOST_WORDS and any(word.isalpha() for word in words)
    return tuple('"' if word in _QUOTES else word for word in words) if fits else ()


def _first_uses(sentence: tuple[str, ...]) -> Iterator[Usage]:
    seen = set[str]()
    for place, word in enumerate(sentence):
        if word.isalpha() and word.lower() not in seen:
            seen.add(word.lower())
            yield Usage(sentence, place)


def _random_use(rng: np.random.Generator, sentence: tuple[str, ...]) -> Usage:
    places = [place for place, word in enumerate(sentence) if word.isalpha()]
    return Usage(sentence, int(rng.choice(places)))


def self_similarity(
    states: Float[np.ndarray, "layers usages d_model"], occurrences: Occurrences
) -> list[dict[str, Any]]:
    """Say for each layer how alike a word's vectors are, and how alike any two vectors are anyway.

    Args:
        states: Vectors of all uses, in the order of `Occurrences.all`.
        occurrences: The uses.

    Returns:
        For each layer `similarity`, the mean over words of the mean cosine over pairs of their sentences, and
        `baseline`, the mean cosine over pairs of words at random; what is left is `corrected`.
    """
    lengths = [len(uses) for uses in occurrences.of_words.values()]
    *of_words, at_random = np.split(states, np.cumsum(lengths), axis=1)
    similarity = np.mean([mean_cosine(vectors) for vectors in of_words], axis=0)
    baseline = mean_cosine(at_random)
    return [
        {"layer": layer, "similarity": float(own), "baseline": float(base), "corrected": float(own - base)}
        for layer, (own, base) in enumerate(zip(similarity, baseline, strict=True))
    ]


def of_encoder(encoder: Encoder, occurrences: Occurrences) -> dict[str, Any]:
    """Measure an encoder's layers.

    Args:
        encoder: The encoder.
        occurrences: The uses.

    Returns:
        `layers`, as `self_similarity` gives them.
    """
    return {"layers": self_similarity(word_states(encoder, occurrences.all()), occurrences)}


def of_static(vectors: StaticVectors, occurrences: Occurrences) -> dict[str, Any]:
    """Measure vectors that are the same everywhere; words without one are counted and left out.

    Args:
        vectors: The words' vectors.
        occurrences: The uses.

    Returns:
        `layers` with one entry, and how many uses are `covered` of the `total`.
    """
    known = Occurrences(
        {word: uses for word, uses in occurrences.of_words.items() if word in vectors},
        [use for use in occurrences.at_random if use.form in vectors],
    )
    uses = known.all()
    states = np.stack([vectors.vector(use.form) for use in uses])[None]
    counts = {"covered": len(uses), "total": len(occurrences.all())}
    return {"layers": self_similarity(states, known), **counts}
