"""Documents cut into stretches that fit a model, and pairs of stretches of which half belong together.

Reference:
    Liu et al. 2019 (RoBERTa), section 4.2: sequences of whole sentences of one document; Devlin et al. 2018,
    section 3.1, task 2 (next-sentence prediction).
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Int

from manyheads.errors import InputError
from manyheads.text.token_documents import TokenDocuments

Places = Int[np.ndarray, " stretches"]


@dataclass(frozen=True, slots=True)
class Stretches:
    """Runs of tokens of a corpus, each within one document.

    Attributes:
        starts: At which token each begins.
        ends: Before which token each ends.
    """

    starts: Places
    ends: Places

    def __len__(self) -> int:
        """Count the stretches."""
        return len(self.starts)

    @property
    def lengths(self) -> Places:
        """Tokens of each."""
        return self.ends - self.starts


@dataclass(frozen=True, slots=True)
class StretchPairs:
    """Two stretches each, and whether the second goes on where the first ends.

    Attributes:
        first: The first of each pair.
        second: The second of each.
        follows: Whether it is the real continuation; otherwise it is from another document.
    """

    first: Stretches
    second: Stretches
    follows: Bool[np.ndarray, " stretches"]


def cut_documents(documents: TokenDocuments, *, room: int) -> Stretches:
    """Cut documents into stretches that fit: as many whole sentences of one document as there is room for.

    A sentence that is longer than the room is cut between words, a longer word anywhere.

    Args:
        documents: The corpus.
        room: The most tokens of a stretch.

    Returns:
        The stretches in order; together they are the corpus.
    """
    starts, ends = [], []
    for start, end in pairwise(documents.starts.tolist()):
        while start < end:
            starts.append(start)
            start = end if end - start <= room else _reach(documents, start, start + room)  # noqa: PLW2901
            ends.append(start)
    return Stretches(np.array(starts, np.int64), np.array(ends, np.int64))


def pairable(documents: TokenDocuments, stretches: Stretches) -> Stretches:
    """Leave out stretches of a single word: they cannot be divided into a first and a second text.

    Args:
        documents: The corpus.
        stretches: Stretches of it.

    Returns:
        Those that a sentence or a word begins within.

    Raises:
        InputError: If there is no other document to take a wrong second text from, or nothing is left.
    """
    if len(documents) < 2:
        raise InputError(
            f"next-sentence pairs need at least 2 documents, but there is {len(documents)}; put a blank line "
            "between documents, or learn from masks alone"
        )
    keep = [documents.begins_word[a + 1 : b].any() for a, b in _bounds(stretches)]
    if not any(keep):
        raise InputError("next-sentence pairs need a document of at least 2 words, but all have only one")
    return Stretches(stretches.starts[keep], stretches.ends[keep])


def draw_pairs(documents: TokenDocuments, stretches: Stretches, rng: np.random.Generator) -> StretchPairs:
    """Divide each stretch into two texts, and put another document's text in the place of half the second.

    A stretch is divided between two of its sentences, one of a single sentence between words. The other
    document is any, the text begins with any of its sentences and is as long as the one whose place it
    takes, or shorter by less than a sentence: length tells little.

    Args:
        documents: The corpus, two documents at least.
        stretches: Those that can be divided.
        rng: Decides.

    Returns:
        A pair for each stretch, never longer than it.
    """
    middles = _divide(documents, stretches, rng)
    follows = rng.random(len(stretches)) < 0.5
    own = np.searchsorted(documents.starts, stretches.starts, side="right") - 1
    other = rng.integers(len(documents) - 1, size=len(stretches))
    other += other >= own
    sentences = rng.integers(documents.documents[other], documents.documents[other + 1])
    starts = documents.sentences[sentences]
    full = np.minimum(starts + stretches.ends - middles, documents.starts[other + 1])
    ends = documents.sentences[np.searchsorted(documents.sentences, full, side="right") - 1]
    for place in np.flatnonzero((ends <= starts) & ~follows):
        ends[place] = _reach(documents, int(starts[place]), int(full[place]))
    second = Stretches(np.where(follows, middles, starts), np.where(follows, stretches.ends, ends))
    return StretchPairs(Stretches(stretches.starts, middles), second, follows)


def _divide(documents: TokenDocuments, stretches: Stretches, rng: np.random.Generator) -> Places:
    """Draw the border between a stretch's two texts."""
    sentences = documents.sentences
    low = np.searchsorted(sentences, stretches.starts, side="right")
    high = np.searchsorted(sentences, stretches.ends, side="left")
    drawn = rng.random(len(stretches))
    middles = sentences[low + (drawn * (high - low)).astype(np.int64)]
    bounds = list(_bounds(stretches))
    for place in np.flatnonzero(low == high):
        start, end = bounds[place]
        words = np.flatnonzero(documents.begins_word[start + 1 : end])
        middles[place] = start + 1 + words[int(drawn[place] * len(words))]
    return middles


def _reach(documents: TokenDocuments, start: int, full: int) -> int:
    """Find the last border behind `start` up to `full`: a sentence's, else a word's, else `full` itself."""
    end = int(documents.sentences[np.searchsorted(documents.sentences, full, side="right") - 1])
    if end > start:
        return end
    words = np.flatnonzero(documents.begins_word[start + 1 : full + 1])
    return start + 1 + int(words[-1]) if len(words) else full


def _bounds(stretches: Stretches) -> list[tuple[int, int]]:
    return list(zip(stretches.starts.tolist(), stretches.ends.tolist(), strict=True))
