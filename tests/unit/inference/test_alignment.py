"""Words linked by where a step looked, by hand."""

import numpy as np
import pytest

from manyheads.inference.alignment import align, pharaoh, words_of


def test_each_piece_belongs_to_the_word_of_its_first_visible_character():
    """`New York` cut as `New`, ` Yo`, `rk` and an end token that spans nothing."""
    assert words_of("New York", [(0, 3), (3, 6), (6, 8), (8, 8)]) == [0, 1, 1, None]


def test_a_piece_of_white_space_belongs_to_no_word():
    assert words_of("a \u2003\n b", [(0, 1), (1, 3), (3, 4), (4, 6)]) == [0, None, None, 1]


def test_a_piece_over_two_words_belongs_to_the_first():
    assert words_of("of the", [(0, 6)]) == [0]


def test_words_are_what_white_space_separates_punctuation_and_all():
    assert words_of("(a, b.)", [(0, 2), (2, 3), (3, 5), (5, 7)]) == [0, 0, 1, 1]


def test_no_text_has_no_words():
    assert words_of("", [(0, 0)]) == [None]
    assert words_of("x", []) == []


def cross(*heads):
    return np.array(heads, dtype=np.float32)


def test_a_target_piece_is_linked_to_what_its_step_looked_at_most_on_the_mean_of_heads():
    """Row 0: means 0.35, 0.45, 0.2, so column 1. Row 1: 0.5, 0.3, 0.2, so column 0."""
    heads = cross([[0.7, 0.1, 0.2], [0.6, 0.2, 0.2]], [[0.0, 0.8, 0.2], [0.4, 0.4, 0.2]])
    assert align(heads, [0, 1, 2], [0, 1]) == ((0, 1), (1, 0))


def test_the_end_tokens_row_and_column_are_left_out():
    """Two words and the end on each side; the end's column has the most of every row."""
    heads = cross([[0.1, 0.2, 0.7], [0.2, 0.1, 0.7], [0.8, 0.1, 0.1]])
    assert align(heads, [0, 1], [0, 1]) == ((0, 1), (1, 0))


def test_pieces_of_one_word_give_a_link_once():
    heads = cross([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9]])
    assert align(heads, [0, 0], [0, 0, 1]) == ((0, 0), (0, 1))


def test_white_space_is_looked_past_on_the_source_and_left_out_on_the_target():
    heads = cross([[0.1, 0.8, 0.1], [0.1, 0.2, 0.7]])
    assert align(heads, [0, None, 1], [None, 0]) == ((1, 0),)
    assert align(heads[:, :1], [0, None, 1], [0]) == ((0, 0),)


def test_a_tie_goes_to_the_first_column():
    assert align(cross([[0.5, 0.5]]), [0, 1], [0]) == ((0, 0),)


def test_nothing_to_link_gives_no_links():
    heads = cross([[1.0]])
    assert align(heads, [], [0]) == align(heads, [0], []) == align(heads, [None], [0]) == ()


def test_the_weights_are_not_changed():
    heads = cross([[0.5, 0.5]])
    align(heads, [None, 1], [0])
    assert heads.tolist() == [[[0.5, 0.5]]]


@pytest.mark.parametrize(("links", "text"), [((), ""), (((0, 0), (2, 1), (10, 3)), "0-0 2-1 10-3")])
def test_links_are_written_as_alignment_tools_exchange_them(links, text):
    assert pharaoh(links) == text
