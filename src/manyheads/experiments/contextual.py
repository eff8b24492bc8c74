"""A word's vector in a sentence: what each layer of an encoder made of it there.

Reference:
    Ethayarajh 2019, "How Contextual are Contextualized Word Representations?", section 3.3.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from jaxtyping import Float, Float32, Float64

from manyheads.errors import InputError
from manyheads.inference.embed import Encoder

_AT_ONCE = 256
"""Sentences whose states are held at a time."""


@dataclass(frozen=True, slots=True)
class Usage:
    """A word in a sentence.

    Attributes:
        words: The sentence's words.
        place: Which of them is meant, from 0.
    """

    words: tuple[str, ...]
    place: int

    @property
    def form(self) -> str:
        """The word as it stands there, in lower case."""
        return self.words[self.place].lower()

    @property
    def text(self) -> str:
        """The sentence, a space between its words."""
        return " ".join(self.words)

    @property
    def span(self) -> tuple[int, int]:
        """Where the word's characters begin and end in the text."""
        start = [0, *accumulate(len(word) + 1 for word in self.words)][self.place]
        return start, start + len(self.words[self.place])


def word_states(encoder: Encoder, usages: Sequence[Usage]) -> Float32[np.ndarray, "layers usages d_model"]:
    """Give what every layer makes of words in their sentences.

    A word's vector is the mean of its pieces'. Sentences go through the network in packed batches.

    Args:
        encoder: Gives the states.
        usages: At least one.

    Returns:
        What the embedding gave, then what each layer gave.

    Raises:
        InputError: A word has no token, or stands behind the most tokens that the model reads.
    """
    chunks = [usages[start : start + _AT_ONCE] for start in range(0, len(usages), _AT_ONCE)]
    return np.concatenate([mean_of_pieces(encoder, chunk) for chunk in chunks], axis=1)


def mean_of_pieces(encoder: Encoder, usages: Sequence[Usage]) -> Float32[np.ndarray, "layers usages d_model"]:
    """Give each layer's mean over a word's pieces, for a few words in their sentences.

    Args:
        encoder: Gives the states.
        usages: Few enough for the states of all of their sentences to be held at once.

    Returns:
        What the embedding gave, then what each layer gave.

    Raises:
        InputError: A word has no token, or stands behind the most tokens that the model reads.
    """
    prompt = encoder.config.prompt
    texts = [usage.text for usage in usages]
    tokens = encoder.tokenizer.encode([prompt + text for text in texts], max_tokens=encoder.max_tokens)
    states = encoder.hidden_states(texts)
    vectors = []
    for usage, cut, of_text in zip(usages, tokens, states, strict=True):
        start, end = (len(prompt) + place for place in usage.span)
        pieces = pieces_of(cut.offsets, start, end)
        if not pieces:
            raise InputError(
                f"a word must have a token within the first {encoder.max_tokens} of its sentence, but "
                f"'{usage.words[usage.place]}', word {usage.place + 1} of {len(usage.words)}, has none"
            )
        vectors.append(of_text[:, pieces].mean(axis=1))
    return np.stack(vectors, axis=1)


def pieces_of(offsets: Sequence[tuple[int, int]], start: int, end: int) -> list[int]:
    """Find the tokens that a stretch of text was cut into.

    Args:
        offsets: Where each token's characters begin and end; (0, 0) for special tokens.
        start: Where the stretch begins.
        end: Where it ends.

    Returns:
        The tokens that share a character with it.

    Example:
        >>> pieces_of([(0, 0), (0, 3), (4, 6), (6, 8), (9, 10), (0, 0)], 4, 8)
        [2, 3]
    """
    return [place for place, (first, last) in enumerate(offsets) if first < end and last > start]


def mean_cosine(vectors: Float[np.ndarray, "layers occurrences d_model"]) -> Float64[np.ndarray, " layers"]:
    """Average the cosine over all pairs of vectors, layer by layer.

    Of one word in different sentences this is its self-similarity; of words drawn at random it says how far
    all vectors point the same way, which is what self-similarity is corrected by. All n² cosines sum up to
    the square of the summed directions' length; n of them are a vector with itself.

    Args:
        vectors: Two or more a layer.

    Returns:
        For each layer a mean from -1 to 1.

    Raises:
        InputError: There are fewer than two vectors.
    """
    count = vectors.shape[1]
    if count < 2:
        raise InputError(f"a mean over pairs needs at least 2 vectors, but {count} was given")
    directions = _directions(vectors)
    sums = directions.sum(axis=1)
    own = (directions**2).sum(axis=(1, 2))
    return ((sums**2).sum(axis=1) - own) / (count * (count - 1))


def pair_cosines(
    firsts: Float[np.ndarray, "layers pairs d_model"], seconds: Float[np.ndarray, "layers pairs d_model"]
) -> Float64[np.ndarray, "layers pairs"]:
    """Give the cosine of each vector with its partner, layer by layer.

    They are rounded to nine digits: a vector's cosine with itself is 1, whatever its last bits are.

    Args:
        firsts: One vector of each pair; one of zeros has cosine 0 with all.
        seconds: The other.

    Returns:
        Cosines.
    """
    return (_directions(firsts) * _directions(seconds)).sum(axis=-1).round(9)


def cosine_matrix(vectors: Float[np.ndarray, "occurrences d_model"]) -> Float64[np.ndarray, "rows columns"]:
    """Give the cosine of every vector with every other.

    Args:
        vectors: Any number.

    Returns:
        Cosines, a row and a column a vector.
    """
    directions = _directions(vectors)
    return (directions @ directions.T).round(9)


def _directions(vectors: Float[np.ndarray, "*axes d_model"]) -> Float64[np.ndarray, "*axes d_model"]:
    exact = vectors.astype(np.float64)
    lengths = np.linalg.norm(exact, axis=-1, keepdims=True)
    return exact / np.maximum(lengths, np.finfo(np.float64).tiny)
