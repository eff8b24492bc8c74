"""A word's states in its sentence, and how alike vectors are."""

import numpy as np
import pytest

from manyheads.errors import InputError
from manyheads.experiments.contextual import (
    Usage,
    cosine_matrix,
    mean_cosine,
    pair_cosines,
    pieces_of,
    word_states,
)
from manyheads.inference.embed import Encoder


@pytest.fixture
def encoder(make_runner):
    return Encoder(make_runner())


def usage(sentence, place):
    return Usage(tuple(sentence.split()), place)


def test_a_use_knows_its_form_and_where_it_stands():
    use = usage("The Dog runs", 1)
    assert (use.form, use.text, use.span) == ("dog", "The Dog runs", (4, 7))


def test_a_word_of_one_piece_has_the_states_of_its_token_in_every_layer(encoder):
    """`dog` is the third token of `[CLS] the dog sees a man [SEP]`."""
    uses = [usage("the dog sees a man", 1), usage("a dog runs", 1), usage("one man", 1)]
    states = word_states(encoder, uses)
    assert states.shape == (3, 3, 12)
    alone = [encoder.hidden_states([use.text])[0][:, 2] for use in uses]
    np.testing.assert_allclose(states, np.stack(alone, axis=1), atol=1e-5)


def test_a_word_of_several_pieces_has_their_mean(encoder):
    """The tokens are `[CLS] two dog ##s walk [SEP]`: the third and fourth."""
    use = usage("two dogs walk", 1)
    expected = encoder.hidden_states([use.text])[0][:, 2:4].mean(axis=1)
    assert len(encoder.tokenizer.encode_ids([use.text])[0]) == 6
    np.testing.assert_allclose(word_states(encoder, [use])[:, 0], expected, atol=1e-5)


def test_a_prompt_moves_the_word_and_does_not_change_which_is_meant(make_runner):
    prompted, plain = Encoder(make_runner(prompt="the ")), Encoder(make_runner())
    moved = word_states(prompted, [usage("dog sees a man", 0)])
    np.testing.assert_allclose(moved, word_states(plain, [usage("the dog sees a man", 1)]), atol=1e-6)


def test_many_sentences_are_taken_some_at_a_time(encoder, monkeypatch):
    uses = [usage("the dog sees a man", place) for place in range(5)]
    whole = word_states(encoder, uses)
    monkeypatch.setattr("manyheads.experiments.contextual._AT_ONCE", 2)
    np.testing.assert_allclose(word_states(encoder, uses), whole, atol=1e-5)


def test_a_word_behind_the_limit_is_told(make_runner):
    encoder = Encoder(make_runner(max_tokens=5))
    with pytest.raises(InputError, match=r"within the first 5 .* 'man', word 5 of 5, has none"):
        word_states(encoder, [usage("the dog sees a man", 4)])


def test_pieces_with_the_space_before_them_belong_to_their_word():
    """` dog` counts its space in: characters 3 to 7 of `the dog runs`."""
    assert pieces_of([(0, 3), (3, 7), (7, 12)], 4, 7) == [1]


def test_the_mean_cosine_is_over_all_pairs_of_different_vectors():
    """Layer 0: right angles of three, so 0. Layer 1: cosines 1, 0 and 0 of (1,0), (2,0), (0,3): 1/3."""
    layers = np.array([[[1, 0, 0], [0, 2, 0], [0, 0, 5]], [[1, 0, 0], [2, 0, 0], [0, 3, 0]]], float)
    assert mean_cosine(layers) == pytest.approx([0, 1 / 3])


def test_one_vector_alone_has_no_mean_cosine():
    with pytest.raises(InputError, match="at least 2 vectors, but 1"):
        mean_cosine(np.ones((4, 1, 3)))


def test_a_vector_is_like_itself_to_the_last_digit_and_nothing_like_zeros():
    vectors = np.random.default_rng(1).normal(size=(2, 50, 7)).astype(np.float32)
    assert set(pair_cosines(vectors, vectors).ravel()) == {1.0}
    assert not pair_cosines(vectors, np.zeros_like(vectors)).any()


def test_a_matrix_holds_each_with_each():
    """(1, 0), (3, 4), (0, 2): cosines 0.6, 0 and 0.8."""
    matrix = cosine_matrix(np.array([[1.0, 0.0], [3.0, 4.0], [0.0, 2.0]]))
    assert matrix.tolist() == [[1, 0.6, 0], [0.6, 1, 0.8], [0, 0.8, 1]]
