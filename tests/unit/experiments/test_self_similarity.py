"""Which words are looked at, and how much of their vectors is their own."""

import numpy as np
import pytest

from manyheads.errors import InputError
from manyheads.experiments.contextual import Usage
from manyheads.experiments.one_word import compare_uses, same_everywhere
from manyheads.experiments.self_similarity import (
    Occurrences,
    find_occurrences,
    of_encoder,
    of_static,
    self_similarity,
)
from manyheads.experiments.static_vectors import StaticVectors
from manyheads.inference.embed import Encoder

DOCUMENTS = [
    [["The", "dog", "runs", ",", "the", "dog", "walks"], ["A", "dog", "sees", "``", "it", "''"], ["12", "."]],
    [["the", "man", "sees"], ["two", "men"], ["The", "man", "and", "the", "dog"]],
]


def test_a_word_is_taken_once_a_sentence_whatever_its_capitals():
    """`dog` and `the` stand in three sentences each, all others in two at most; no word is in `12 .`."""
    found = find_occurrences(DOCUMENTS, words=2, sentences=3, baseline=5, seed=1)
    assert {word: len(uses) for word, uses in found.of_words.items()} == {"dog": 3, "the": 3}
    assert [use.place for use in found.of_words["dog"]] == [1, 1, 4]
    assert len(found.at_random) == len({use.text for use in found.at_random}) == 5
    assert all(use.form.isalpha() for use in found.at_random)
    assert found.all()[:3] == found.of_words["dog"]


def test_quotes_are_written_as_people_do():
    found = find_occurrences(DOCUMENTS, words=1, sentences=3, baseline=2, seed=1)
    assert 'A dog sees " it "' in {use.text for use in found.of_words["dog"]}


def test_a_text_that_is_too_small_is_told_with_its_counts():
    with pytest.raises(InputError, match=r"needs 3 words that stand in 3 sentences .* the text has 2 and 5"):
        find_occurrences(DOCUMENTS, words=3, sentences=3, baseline=2, seed=1)


def uses(word, count):
    return [Usage((word, str(number)), 0) for number in range(count)]


def test_self_similarity_is_averaged_over_words_and_corrected_by_words_at_random():
    """One layer. a: (1,0), (1,0): 1. b: (1,0), (0,1), (0,1): 1/3. So 2/3; at random (1,0), (3,4): 0.6."""
    states = np.array([[[1, 0], [1, 0], [1, 0], [0, 1], [0, 1], [1, 0], [3, 4]]], float)
    (row,) = self_similarity(states, Occurrences({"a": uses("a", 2), "b": uses("b", 3)}, uses("c", 2)))
    assert row == {
        "layer": 0,
        "similarity": pytest.approx(2 / 3),
        "baseline": pytest.approx(0.6),
        "corrected": pytest.approx(2 / 3 - 0.6),
    }


def test_a_static_vector_is_like_itself_everywhere_and_words_without_one_are_counted():
    """Of 2 + 4 + 2 uses, a's and the random a and b are covered; a and b are at right angles."""
    vectors = StaticVectors(("a", "b"), np.array([[2, 0, 0], [0, 3, 0]], np.float32))
    occurrences = Occurrences({"a": uses("a", 2), "zip": uses("zip", 4)}, [*uses("a", 1), *uses("b", 1)])
    found = of_static(vectors, occurrences)
    assert (found["covered"], found["total"]) == (4, 8)
    assert found["layers"][0]["similarity"] == pytest.approx(1.0)
    assert found["layers"][0]["baseline"] == pytest.approx(0.0)


def test_an_encoder_gives_a_row_for_each_layer(make_runner):
    found = find_occurrences(DOCUMENTS, words=2, sentences=3, baseline=4, seed=1)
    layers = of_encoder(Encoder(make_runner()), found)["layers"]
    assert [row["layer"] for row in layers] == [0, 1, 2]
    assert all(-1 <= row["similarity"] <= 1 for row in layers)
    assert layers[2]["similarity"] < 1


def test_uses_are_nearest_to_one_of_their_own_meaning_or_not():
    """(1,0), (4,3), (0,1): cosines 0.8, 0 and 0.6. The first two are river: one pair alike, two not."""
    found = compare_uses(np.array([[1.0, 0.0], [4.0, 3.0], [0.0, 1.0]]), ["river", "river", "money"])
    assert found["same"] == pytest.approx(0.8)
    assert found["different"] == pytest.approx(0.3)
    assert (found["nearest"], found["nearest_same"]) == ([1, 0, 1], 2)


@pytest.mark.parametrize("meanings", [["river"] * 3, ["river", "money", "sand"]])
def test_uses_that_cannot_be_compared_are_told(meanings):
    with pytest.raises(InputError, match=f"but they mean {', '.join(meanings)}"):
        compare_uses(np.ones((3, 2)), meanings)


def test_a_static_vector_has_the_same_neighbours_in_every_sentence():
    vectors = StaticVectors(
        ("bank", "river", "cash"), np.array([[1, 1, 0], [1, 0, 0], [0, 1, 9]], np.float32)
    )
    found = same_everywhere(vectors, [Usage(("the", "bank"), 1), Usage(("Bank", "on", "it"), 0)])
    assert found == {"lowest": 1.0, "neighbours": [["river", "cash"]]}
