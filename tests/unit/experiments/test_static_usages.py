"""Words in context by one vector a word."""

import numpy as np
import pytest

from manyheads.experiments.contextual import Usage
from manyheads.experiments.static_usages import (
    form_cosines,
    lemma_cosines,
    score_static,
    window_cosines,
    window_vectors,
)
from manyheads.experiments.static_vectors import StaticVectors
from manyheads.experiments.wic import WordInContext

VECTORS = StaticVectors(
    ("hook", "hooks", "fish", "coat"), np.array([[3, 4, 0], [0, 5, 0], [1, 0, 0], [0, 0, 2]], np.float32)
)


def pair(first, second, place=0, *, same=True):
    return WordInContext(
        "hook", Usage(tuple(first.split()), place), Usage(tuple(second.split()), place), same
    )


PAIRS = [
    pair("hook fish", "Hook coat"),
    pair("hook fish", "hooks fish"),
    pair("zip", "zip"),
    pair("zip", "hook"),
]


def test_a_lemma_has_one_cosine_whatever_the_sentences_are():
    assert lemma_cosines(VECTORS, PAIRS).tolist() == [1.0] * 4


def test_a_form_without_a_vector_is_like_itself_alone():
    """Vectors hook (3, 4) and hooks (0, 5): 20 / (5 · 5) = 0.8; zip is like zip, and not like hook."""
    assert form_cosines(VECTORS, PAIRS).tolist() == [1.0, 0.8, 1.0, 0.0]


def test_a_window_is_the_mean_of_the_known_words_around():
    """Of `a hook zip Fish coat` around hook: hook; with 2 words hook and fish, (2, 2, 0); with 3 all."""
    usage = Usage(("a", "hook", "zip", "Fish", "coat"), 1)
    assert window_vectors(VECTORS, [usage], 1).tolist() == [[3, 4, 0]]
    assert window_vectors(VECTORS, [usage], 2).tolist() == [[2, 2, 0]]
    assert window_vectors(VECTORS, [usage], 3)[0] == pytest.approx([4 / 3, 4 / 3, 2 / 3])


def test_windows_are_compared_and_one_of_nothing_known_is_like_none():
    """(2, 2, 0) with (1.5, 2, 1): 7 / (√8 √7.25); zip has no vector, and no mean."""
    cosines = window_cosines(VECTORS, [PAIRS[0], PAIRS[2]], 1)
    assert cosines == pytest.approx([7 / (8 * 7.25) ** 0.5, 0.0])


def test_all_ways_are_scored_with_what_they_cover():
    dev = [*PAIRS, pair("zip", "zip", same=False), pair("hook", "hook", same=False)]
    rows = score_static(VECTORS, {"train": PAIRS[:2], "dev": dev}, windows=(1, 2))
    assert [row["kind"] for row in rows] == ["word", "word", "rule", "window", "window"]
    assert [row.get("covered") for row in rows] == [6, 3, None, 3, 3]
    assert (rows[0]["distinct"], rows[0]["said_same"], rows[0]["dev"]) == (1, 6, pytest.approx(4 / 6))
    assert rows[3]["name"] == "mean of word2vec, 1 word on each side"
