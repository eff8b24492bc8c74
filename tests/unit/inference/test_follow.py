"""One path a sentence: what is handed to the one who chooses, and what is kept of the choice."""

import math

import torch

from manyheads.inference.follow import follow


class Constant:
    """Whatever came before, the next of three tokens has these probabilities."""

    def begin(self, memory=None, lengths=None):
        return torch.zeros(2)

    def advance(self, state, last_ids):
        return torch.tensor([[0.2, 0.3, 0.5]]).log().expand(len(last_ids), 3) + 7, state

    def select(self, state, rows):
        return state[rows]


def test_the_path_is_the_chosen_one_with_its_log_probabilities():
    """Sentence 0 is told to take 1, 2 and 0, the end; sentence 1 takes 2 up to its limit of 4."""
    asked = []

    def choose(log_probs, sentences, step):
        asked.append((sentences, step))
        assert torch.allclose(log_probs.exp().sum(dim=1), torch.ones(len(sentences)))
        return torch.tensor([[1, 2, 0][step] if sentence == 0 else 2 for sentence in sentences])

    first, second = follow(
        Constant(),
        Constant().begin(),
        choose,
        start_ids=torch.tensor([1, 1]),
        eos_id=0,
        limits=[5, 4],
        length_penalty=0.0,
    )
    assert asked == [([0, 1], 0), ([0, 1], 1), ([0, 1], 2), ([1], 3)]
    assert (first.token_ids, second.token_ids) == ((1, 2, 0), (2, 2, 2, 2))
    torch.testing.assert_close(
        first.log_probs, (math.log(0.3), math.log(0.5), math.log(0.2)), rtol=1e-5, atol=0
    )
    assert math.isclose(second.score, 4 * math.log(0.5), rel_tol=1e-5)
