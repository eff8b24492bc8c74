"""One vector a word: learned, written, read, asked."""

import builtins
import random

import numpy as np
import pytest

from manyheads.errors import InputError
from manyheads.experiments.static_vectors import StaticVectors

WORDS = ("man", "king", "woman", "queen", "apple")


@pytest.fixture
def vectors():
    """Make vectors of three numbers: one for a king or queen, one for a woman or queen, one for an apple."""
    rows = [[1, 0, 0], [1, 1, 0], [1, 0, 1], [1, 1, 1], [-1, 0, 0]]
    return StaticVectors(WORDS, np.array(rows, np.float32))


def sentences(count=300):
    drawn = random.Random(3)  # noqa: S311 - a toy
    topics = [["pond", "reed", "heron", "shore"], ["purse", "clerk", "vault", "wage"]]
    return [drawn.choices(topics[number % 2], k=6) for number in range(count)]


def test_words_of_one_topic_become_alike():
    vectors = StaticVectors.train(sentences(), d_model=12, epochs=30, min_count=1, seed=1)
    assert len(vectors) == 8
    assert vectors.matrix.shape == (8, 12)
    assert vectors.similarity("pond", "reed") > vectors.similarity("pond", "clerk") + 0.1


def test_the_same_seed_gives_the_same_numbers_and_another_one_others():
    first, again, other = (
        StaticVectors.train(sentences(60), d_model=5, epochs=2, min_count=1, seed=seed) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first.matrix, again.matrix)
    assert np.abs(first.matrix - other.matrix).max() > 1e-3


def test_a_rare_word_gets_no_vector():
    vectors = StaticVectors.train(
        [["one", "two", "two"], ["two", "one", "three"]], d_model=4, epochs=1, min_count=2, seed=1
    )
    assert set(vectors.words) == {"one", "two"}
    assert "three" not in vectors


def test_text_without_a_common_word_is_told():
    with pytest.raises(InputError, match="stands 3 times, but no word of the 1 sentences does"):
        StaticVectors.train([["one", "two"]], d_model=4, epochs=1, min_count=3, seed=1)


def test_without_gensim_the_extra_is_named(monkeypatch):
    real = builtins.__import__

    def missing(name, *rest, **named):
        if name.startswith("gensim"):
            raise ImportError(name)
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(InputError, match=r"needs gensim.*pip install 'manyheads\[lab\]'"):
        StaticVectors.train([["one"]], d_model=4, epochs=1, min_count=1, seed=1)


def test_similarity_is_the_cosine(vectors):
    """Vectors king (1, 1, 0) and queen (1, 1, 1): 2 / (√2 √3)."""
    assert vectors.similarity("king", "queen") == pytest.approx(2 / 6**0.5)
    assert vectors.similarity("man", "apple") == pytest.approx(-1)


def test_neighbours_come_nearest_first_without_the_word_itself(vectors):
    """To queen: king and woman 2/√6 each, in the order of the words, then man 1/√3."""
    near = vectors.neighbours("queen", 3)
    assert [word for word, _ in near] == ["king", "woman", "man"]
    assert [cosine for _, cosine in near] == pytest.approx([2 / 6**0.5, 2 / 6**0.5, 1 / 3**0.5])


def test_an_analogy_leaves_its_own_words_out(vectors):
    """Directions king - man + woman of length one = (0.41, 0.71, 0.71): queen is nearest of the others.

    man : man = king : ? asks for the nearest to king itself, which is left out; queen is next, at 2/√6.
    """
    assert vectors.analogy("man", "king", "woman") == "queen"
    assert vectors.analogy("man", "man", "king") == "queen"


def test_an_analogy_needs_a_fourth_word():
    three = StaticVectors(WORDS[:3], np.eye(3, dtype=np.float32))
    with pytest.raises(InputError, match="needs a fourth word, but there are 3"):
        three.analogy("man", "king", "woman")


def test_an_unknown_word_is_named_with_one_that_is_close(vectors):
    with pytest.raises(InputError) as told:
        vectors.vector("quen")
    assert str(told.value) == (
        "a word must be one of the 5 that have a vector, but 'quen' has none; did you mean 'queen'?"
    )


def test_words_and_vectors_must_be_as_many():
    with pytest.raises(InputError, match="there are 5 words and 4 vectors"):
        StaticVectors(WORDS, np.ones((4, 3), np.float32))


@pytest.mark.parametrize("name", ["some.txt", "some.bin"])
def test_what_is_written_is_read_again_to_the_last_bit(tmp_path, name):
    rows = np.random.default_rng(1).normal(size=(5, 3)).astype(np.float32)
    StaticVectors(WORDS, rows).save(tmp_path / name)
    again = StaticVectors.load(tmp_path / name)
    assert again.words == WORDS
    np.testing.assert_array_equal(again.matrix, rows)


def test_word2vec_s_text_is_a_line_of_sizes_and_a_line_a_word(tmp_path, vectors):
    vectors.save(tmp_path / "some.txt")
    lines = (tmp_path / "some.txt").read_text(encoding="utf-8").split("\n")
    assert lines[:3] == ["5 3", "man 1.0 0.0 0.0", "king 1.0 1.0 0.0"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"man 1 0\n", "must begin with a line of two numbers"),
        (b"", "must begin with a line of two numbers"),
        (b"900000000 900 \nman 1 0\n", "900,000,000 vectors of 900 numbers"),
        (b"0 3\n", "the 0 vectors of 3 numbers"),
        (b"2 2\nman 1 0\n", "must hold words and their vectors in word2vec's text format"),
        (b"1 2\nman 1 0 7\n", "must hold words and their vectors in word2vec's text format"),
        (b"1 2\nman one 0\n", "must hold words and their vectors in word2vec's text format"),
        (b"1 2\n\xff\xfe 1.5 0.5\n", "must hold words and their vectors in word2vec's text format"),
        (b"1 2\nman nan 0\n", "finite numbers, but the vector of 'man' has others"),
    ],
)
def test_a_broken_file_is_told_in_a_sentence(tmp_path, content, said):
    path = tmp_path / "broken.txt"
    path.write_bytes(content)
    with pytest.raises(InputError, match=said) as told:
        StaticVectors.load(path)
    assert "broken.txt" in str(told.value)


def test_a_binary_file_that_is_cut_off_is_told(tmp_path, vectors):
    path = tmp_path / "cut.bin"
    vectors.save(path)
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(InputError, match=r"cut\.bin must hold words and their vectors in word2vec's binary"):
        StaticVectors.load(path)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(InputError, match="there is no file"):
        StaticVectors.load(tmp_path / "none.txt")
