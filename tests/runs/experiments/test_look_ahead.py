"""The task that needs a look ahead: what it asks, and that it tells one encoder from another."""

import pytest

from manyheads.experiments.changed_attention import look_back_only
from manyheads.experiments.look_ahead import Again, draw_again, learn_again

pytestmark = pytest.mark.runs


def test_a_letter_comes_again_where_the_same_one_stands_later():
    task = Again(letters=3, length=7, sequences=5)
    batch, again = draw_again(task, 4)
    assert batch.lengths.values == (7,) * 5
    for letters, answers in zip(batch.unpack(), again.view(5, 7).tolist(), strict=True):
        assert answers == [int(letters[place] in letters[place + 1 :]) for place in range(7)]


def test_batches_are_functions_of_their_seed():
    one, other, third = (draw_again(Again(), *seed)[0].token_ids for seed in ((1, 2), (1, 2), (1, 3)))
    assert one.tolist() == other.tolist() != third.tolist()


def test_seeing_the_whole_sequence_tells_more_than_looking_back():
    """Looking back, an answer depends on what is not seen yet; a letter's place says how likely it is."""
    task = Again(letters=6, length=6, updates=300, learning_rate=3e-3)
    ahead, back = learn_again(task, seed=1), learn_again(task, seed=1, change=look_back_only)
    assert ahead["right"] > back["right"] + 0.1
    assert 0.5 <= back["commonest"] <= 1
