"""One path a sentence: what is handed to the one who chooses, and what is kept of the choice."""

import math

import torch

from manyheads.inference.follow import follow

LOG_PROBS = [math.log(0.2), math.log(0.3), math.log(0.5)]


class Rows:
    """A state is a row of numbers; nobody asks for scores but the one who chooses."""

    def select(self, state, rows):
        return state[rows]


def test_the_path_is_the_chosen_one_with_its_log_probabilities():
    """Sentence 0 is told to take 1, 2 and 0, the end; sentence 1 takes 2 up to its limit of 4."""
    asked = []

    def choose(state, last_ids, sentences, step, at_limit):
        asked.append((last_ids, sentences, step, at_limit))
        assert state.shape == (len(sentences),)
        chosen = [[1, 2, 0][step] if sentence == 0 else 2 for sentence in sentences]
        return chosen, [LOG_PROBS[token_id] for token_id in chosen], state

    first, second = follow(
        Rows(),
        torch.zeros(2),
        choose,
        bos_id=9,
        eos_id=0,
        limits=[5, 4],
        length_penalty=0.0,
    )
    assert asked == [
        ([9, 9], [0, 1], 0, [False, False]),
        ([1, 2], [0, 1], 1, [False, False]),
        ([2, 2], [0, 1], 2, [False, False]),
        ([2], [1], 3, [True]),
    ]
    assert (first.token_ids, second.token_ids) == ((1, 2, 0), (2, 2, 2, 2))
    assert first.log_probs == (LOG_PROBS[1], LOG_PROBS[2], LOG_PROBS[0])
    assert math.isclose(second.score, 4 * math.log(0.5), rel_tol=1e-5)
