"""Translations of a text's pieces put together, by hand."""

from dataclasses import replace

import pytest

from manyheads.inference.translation import Translation, join
from manyheads.text.sentences import Piece


def spoken(text, *, links=None, score=0.0):
    return Translation(text, tokens=(text,), token_ids=(7,), log_probs=(-1.0,), score=score, alignment=links)


def test_one_piece_keeps_everything_and_gets_the_white_space_of_the_source():
    done = replace(spoken("eins", links=((0, 0),), score=-2.0), n_best=(spoken("eins"), spoken("zwei")))
    whole = join(" one\n", [Piece("one", "\n")], [done])
    assert (whole.text, whole.score, whole.alignment, whole.tokens) == (" eins\n", -2.0, ((0, 0),), ("eins",))
    assert [other.text for other in whole.n_best] == [" eins\n", " zwei\n"]
    assert not whole.truncated


def test_a_piece_shorter_than_its_text_was_truncated():
    assert join("one two ", [Piece("one", " ")], [spoken("eins")]).truncated


def test_several_pieces_are_put_together_with_the_white_space_between():
    parts = [Piece("one.", "  "), Piece("two.", "\n")]
    whole = join(" one.  two.\n", parts, [spoken("eins.", score=-1.0), spoken("zwei.", score=-2.0)])
    assert whole.text == " eins.  zwei.\n"
    assert whole.tokens == ("eins.", "zwei.")
    assert (whole.token_ids, whole.log_probs) == ((7, 7), (-1.0, -1.0))
    assert whole.score == pytest.approx(-1.5)
    assert whole.alignment is None


def test_the_whole_is_finished_if_every_piece_is():
    parts, cut = [Piece("a", " "), Piece("b", "")], replace(spoken("x"), finished=False)
    assert join("a b", parts, [spoken("x"), spoken("y")]).finished
    assert not join("a b", parts, [spoken("x"), cut]).finished


def test_words_are_counted_through():
    """Two words and one on the source, one and two on the target."""
    parts = [Piece("a b", " "), Piece("c", "")]
    answers = [spoken("x", links=((1, 0),)), spoken("y z", links=((0, 1),))]
    assert join("a b c", parts, answers).alignment == ((1, 0), (2, 2))


def test_a_word_goes_on_where_no_white_space_stands_between():
    """`ab` + `cd` are one source word; `x ` + `y` two target words, `y` + ` z` too."""
    parts = [Piece("ab", ""), Piece("cd", ""), Piece("ef g", "")]
    answers = [spoken("x ", links=((0, 0),)), spoken("y", links=((0, 0),)), spoken(" z", links=((1, 0),))]
    assert join("abcdef g", parts, answers).alignment == ((0, 0), (0, 1), (1, 2))


def test_a_piece_that_says_nothing_leaves_the_words_around_it_together():
    parts = [Piece("ab", ""), Piece("cd", ""), Piece("ef", "")]
    answers = [spoken("x", links=((0, 0),)), spoken("", links=()), spoken("y", links=((0, 0),))]
    assert join("abcdef", parts, answers).alignment == ((0, 0),)
