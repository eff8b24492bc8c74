"""Words in context by word2vec: what can be answered where each word has one vector."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float64

from manyheads.experiments.contextual import Usage, pair_cosines
from manyheads.experiments.static_vectors import StaticVectors
from manyheads.experiments.wic import WordInContext, score, score_rule

Pairs = Mapping[str, Sequence[WordInContext]]
"""The pairs to choose on, `train`, and those to count on, `dev`."""
_Compare = Callable[[Sequence[WordInContext]], Float64[np.ndarray, " pairs"]]


def score_static(vectors: StaticVectors, pairs: Pairs, *, windows: Sequence[int]) -> list[dict[str, Any]]:
    """Answer pairs in all ways that one vector a word allows.

    Args:
        vectors: The words' vectors.
        pairs: `train` and `dev`.
        windows: How many words on each side are averaged; each number is tried.

    Returns:
        A row for the lemma, the form, the bare rule that the same form means the same, and each window.
        `covered` counts the pairs of dev that have a vector on both sides.
    """
    forms = [(pair.first.form, pair.second.form) for pair in pairs["dev"]]
    lemmas = sum(pair.lemma in vectors for pair in pairs["dev"])
    both = sum(first in vectors and second in vectors for first, second in forms)
    return [
        _scored("word2vec of the lemma", lambda some: lemma_cosines(vectors, some), pairs, covered=lemmas),
        _scored("word2vec of the form", lambda some: form_cosines(vectors, some), pairs, covered=both),
        score_rule("same form, same meaning", pairs["train"], pairs["dev"]) | {"kind": "rule"},
        *(_of_window(vectors, pairs, width) for width in windows),
    ]


def _scored(name: str, compare: _Compare, pairs: Pairs, **further: Any) -> dict[str, Any]:  # noqa: ANN401
    train, dev = ((compare(pairs[part]), pairs[part]) for part in ("train", "dev"))
    return score(name, train, dev, **({"kind": "word"} | further))


def _of_window(vectors: StaticVectors, pairs: Pairs, width: int) -> dict[str, Any]:
    row = _scored(
        f"mean of word2vec, {width} {'word' if width == 1 else 'words'} on each side",
        lambda some: window_cosines(vectors, some, width),
        pairs,
        kind="window",
        width=width,
    )
    first, second = (means.any(axis=1) for means in _window_sides(vectors, pairs["dev"], width))
    return row | {"covered": int((first & second).sum())}


def lemma_cosines(vectors: StaticVectors, pairs: Sequence[WordInContext]) -> Float64[np.ndarray, " pairs"]:
    """Compare the vector of each pair's lemma with itself: both sentences have the very same one.

    Args:
        vectors: The words' vectors.
        pairs: Words in two sentences.

    Returns:
        Cosines.
    """
    lemmas = [pair.lemma for pair in pairs]
    return word_cosines(vectors, lemmas, lemmas)


def form_cosines(vectors: StaticVectors, pairs: Sequence[WordInContext]) -> Float64[np.ndarray, " pairs"]:
    """Compare the vectors of the words as they are written in both sentences.

    Args:
        vectors: The words' vectors.
        pairs: Words in two sentences.

    Returns:
        Cosines.
    """
    return word_cosines(vectors, [pair.first.form for pair in pairs], [pair.second.form for pair in pairs])


def window_cosines(
    vectors: StaticVectors, pairs: Sequence[WordInContext], width: int
) -> Float64[np.ndarray, " pairs"]:
    """Compare the means of the vectors around the word in both sentences.

    Args:
        vectors: The words' vectors.
        pairs: Words in two sentences.
        width: How many words on each side.

    Returns:
        Cosines; 0 where no word has a vector.
    """
    first, second = _window_sides(vectors, pairs, width)
    return pair_cosines(first[None], second[None])[0]


def _window_sides(
    vectors: StaticVectors, pairs: Sequence[WordInContext], width: int
) -> tuple[Float64[np.ndarray, "pairs d_model"], Float64[np.ndarray, "pairs d_model"]]:
    firsts = window_vectors(vectors, [pair.first for pair in pairs], width)
    return firsts, window_vectors(vectors, [pair.second for pair in pairs], width)


def word_cosines(
    vectors: StaticVectors, firsts: Sequence[str], seconds: Sequence[str]
) -> Float64[np.ndarray, " pairs"]:
    """Compare words by the one vector that each has.

    A word without a vector is like itself alone: 1 with itself, 0 with any other.

    Args:
        vectors: The words' vectors.
        firsts: One word of each pair.
        seconds: The other.

    Returns:
        Cosines.
    """
    none = np.zeros(vectors.matrix.shape[1], np.float32)
    sides = (
        np.stack([vectors.vector(word) if word in vectors else none for word in words])[None]
        for words in (firsts, seconds)
    )
    equal = np.array([first == second for first, second in zip(firsts, seconds, strict=True)])
    return np.where(equal, 1.0, pair_cosines(*sides)[0])


def window_vectors(
    vectors: StaticVectors, usages: Sequence[Usage], width: int
) -> Float64[np.ndarray, "usages d_model"]:
    """Average the vectors of the words around each word, itself included: a context without any network.

    Args:
        vectors: The words' vectors.
        usages: Words in sentences.
        width: How many words on each side.

    Returns:
        Means over the words that have a vector; zeros where none has.
    """
    means = np.zeros((len(usages), vectors.matrix.shape[1]))
    for row, usage in enumerate(usages):
        around = usage.words[max(usage.place - width, 0) : usage.place + width + 1]
        known = [vectors.vector(word.lower()) for word in around if word.lower() in vectors]
        if known:
            means[row] = np.mean(known, axis=0)
    return means
