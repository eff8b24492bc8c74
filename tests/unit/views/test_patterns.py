"""Heads drawn by hand, and what is said of them."""

import numpy as np
import pytest

from manyheads.views.patterns import describe

NONE = [False] * 8


def looking(offset):
    """Every token looks at the one at a distance; those without such a one at the first."""
    weights = np.zeros((8, 8), np.float32)
    for row in range(8):
        weights[row, row + offset if 0 <= row + offset < 8 else 0] = 1
    return weights


@pytest.mark.parametrize(
    ("offset", "words"),
    [
        (0, "same token 100%"),
        (-1, "previous token 88%"),
        (1, "next token 88%"),
        (-3, "3 tokens back: 62%"),
        (2, "2 tokens ahead: 75%"),
    ],
)
def test_a_head_that_looks_at_a_fixed_distance_is_named_by_it(offset, words):
    found = describe(looking(offset), NONE, same_text=True)
    assert found.words == words
    assert found.offset == offset
    assert found.at_offset == pytest.approx((8 - abs(offset)) / 8)
    assert found.entropy == 0


def test_in_a_decoder_column_i_is_the_token_before_that_of_row_i():
    found = describe(looking(0), NONE, same_text=True, causal=True)
    assert found.words == "previous token 100%"


def test_a_head_that_rests_on_special_tokens_is_named_by_them():
    weights = np.full((4, 4), 0.1, np.float32)
    weights[:, 0] = 0.7
    found = describe(weights, [True, False, False, False], same_text=True)
    assert found.words == "special tokens 70%"
    assert found.marks == pytest.approx(0.7)


def test_a_head_that_looks_everywhere_is_broad_by_its_entropy():
    """Eight equal shares are three bits."""
    found = describe(np.full((8, 8), 1 / 8, np.float32), NONE, same_text=True)
    assert found.words == "broad: 8 of 8 tokens"
    assert found.entropy == pytest.approx(3)


def test_a_head_between_two_texts_has_no_offset():
    weights = np.zeros((2, 3), np.float32)
    weights[:, 2] = 1
    found = describe(weights, [False] * 3, same_text=False)
    assert (found.words, found.offset) == ("sharp: 1.0 tokens", None)


def test_half_of_what_can_be_looked_at_is_neither_sharp_nor_broad():
    weights = np.zeros((8, 8), np.float32)
    weights[:, [1, 3, 6]] = 1 / 3
    assert describe(weights, NONE, same_text=True).words == "3.0 tokens"
