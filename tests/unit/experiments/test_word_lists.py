"""Lists of scored pairs and of analogies: read, refused, scored."""

import numpy as np
import pytest

from manyheads.errors import InputError
from manyheads.experiments.static_vectors import StaticVectors
from manyheads.experiments.word_lists import (
    WordPair,
    read_analogies,
    read_word_pairs,
    score_analogies,
    score_pairs,
)

VECTORS = StaticVectors(
    ("man", "king", "woman", "queen", "apple"),
    np.array([[1, 0, 0], [1, 1, 0], [1, 0, 1], [1, 1, 1], [-1, 0, 0]], np.float32),
)


@pytest.fixture
def write(tmp_path):
    def write_it(content):
        path = tmp_path / "list.txt"
        path.write_text(content, encoding="utf-8", newline="\n")
        return path

    return write_it


def test_pairs_are_read_in_lower_case_without_remarks(write):
    path = write("# Word 1\tWord 2\tmean\nTiger\tcat\t7.35\n\nold\tNew\t1.58\n")
    assert read_word_pairs(path) == [WordPair("tiger", "cat", 7.35), WordPair("old", "new", 1.58)]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("# a\nold\tnew\n", "line 2: a line must have 3 columns .* but has 2"),
        ("old\tnew\tmuch\n", "line 1: the third column must be a number, but is 'much'"),
        ("old\tnew\t1\nold\tnew\tinf\n", "line 2: the third column must be a finite number, but is 'inf'"),
        ("# nothing\n", "must hold at least one pair of words"),
    ],
)
def test_a_broken_list_of_pairs_is_told_by_line(write, content, said):
    with pytest.raises(InputError, match=said) as told:
        read_word_pairs(write(content))
    assert "list.txt" in str(told.value)


def test_analogies_are_read_by_section(write):
    path = write(
        ": capitals\nAthens Greece Oslo Norway\n: family\nman king woman queen\nman king boy prince\n"
    )
    assert read_analogies(path) == {
        "capitals": [("athens", "greece", "oslo", "norway")],
        "family": [("man", "king", "woman", "queen"), ("man", "king", "boy", "prince")],
    }


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (": family\nman king woman\n", "line 2: an analogy must have 4 words, but has 3"),
        ("man king woman queen\n", "line 1: a line `: NAME` must stand before the first analogy"),
        (": family\n", "must hold at least one analogy"),
    ],
)
def test_broken_analogies_are_told_by_line(write, content, said):
    with pytest.raises(InputError, match=said) as told:
        read_analogies(write(content))
    assert "list.txt" in str(told.value)


def test_a_word_without_a_vector_is_counted():
    """Cosines: king-queen 0.82, man-king 0.71, man-apple -1. Scores 9, 8, 1 rise alike: 1."""
    pairs = [
        WordPair("king", "queen", 9.0),
        WordPair("man", "king", 8.0),
        WordPair("man", "zebra", 5.0),
        WordPair("man", "apple", 1.0),
    ]
    assert score_pairs(VECTORS, pairs) == {"spearman": pytest.approx(1.0), "covered": 3, "total": 4}


def test_spearman_falls_where_two_ranks_are_turned():
    """Ranks of cosines 3, 2, 1 against those of scores 2, 3, 1: 1 - 6 (1 + 1) / (3 · 8) = 0.5."""
    pairs = [
        WordPair("king", "queen", 8.0),
        WordPair("man", "king", 9.0),
        WordPair("man", "apple", 1.0),
    ]
    assert score_pairs(VECTORS, pairs)["spearman"] == pytest.approx(0.5)


def test_one_covered_pair_gives_no_correlation():
    pairs = [WordPair("king", "queen", 8.0), WordPair("man", "zebra", 9.0)]
    assert score_pairs(VECTORS, pairs) == {"spearman": None, "covered": 1, "total": 2}


def test_analogies_are_counted_by_section_and_in_all():
    """Queen is solved; apple is no answer to it; what names a zebra is not covered."""
    family, fruit = ("man", "king", "woman", "queen"), ("man", "king", "woman", "apple")
    sections = {"family": [family, ("man", "king", "zebra", "queen")], "fruit": [fruit, family, fruit]}
    assert score_analogies(VECTORS, sections) == [
        {"name": "family", "right": 1, "covered": 1, "total": 2},
        {"name": "fruit", "right": 1, "covered": 3, "total": 3},
        {"name": "all", "right": 2, "covered": 4, "total": 5},
    ]


def test_many_analogies_are_solved_in_several_goes(monkeypatch):
    monkeypatch.setattr("manyheads.experiments.word_lists._AT_ONCE", 2)
    section = [("man", "king", "woman", "queen")] * 5
    assert score_analogies(VECTORS, {"family": section})[0]["right"] == 5
