"""What a translation may not hold, and how it must end; four words, of which 1 is the end."""

import math

import pytest
import torch

from manyheads.inference.constraints import FREE, Constraints

INF = math.inf
PROBS = torch.tensor([[0.1, 0.2, 0.3, 0.4], [0.4, 0.3, 0.2, 0.1]])


def apply(constraints, at_limit=(False, False), step=3):
    return constraints.apply(PROBS.log(), step=step, eos_id=1, at_limit=at_limit)


def test_without_constraints_nothing_changes():
    assert torch.equal(apply(FREE, (True, True)), PROBS.log())


def test_a_barred_token_has_no_chance_and_the_others_keep_theirs():
    wanted = torch.tensor([[0.1, 0.2, 0.0, 0.0], [0.4, 0.3, 0.0, 0.0]]).log()
    torch.testing.assert_close(apply(Constraints(barred=(2, 3))), wanted)


def test_renormalized_the_others_share_what_a_barred_token_had():
    """0.1 / 0.6, 0.2 / 0.6, 0.3 / 0.6; and 0.4 / 0.9, 0.3 / 0.9, 0.2 / 0.9."""
    wanted = torch.tensor([[1 / 6, 2 / 6, 3 / 6, 0.0], [4 / 9, 3 / 9, 2 / 9, 0.0]]).log()
    torch.testing.assert_close(apply(Constraints(barred=(3,), renormalize=True)), wanted)


def test_at_its_limit_a_row_can_but_end_and_the_others_are_free():
    wanted = torch.stack([PROBS[0].log(), torch.tensor([-INF, 0.0, -INF, -INF])])
    assert torch.equal(apply(Constraints(force_end=True), (False, True)), wanted)


@pytest.mark.parametrize("renormalize", [False, True])
def test_the_end_is_forced_even_where_it_is_barred(renormalize):
    constraints = Constraints(barred=(1,), renormalize=renormalize, force_end=True)
    assert apply(constraints, (True, True)).tolist() == [[-INF, 0.0, -INF, -INF]] * 2


def test_the_beginning_has_no_rival_and_keeps_its_probability_even_where_it_is_barred():
    constraints = Constraints(barred=(2,), renormalize=True, begin=(0, 2))
    wanted = torch.tensor([[0.0, 0.0, 0.3, 0.0], [0.0, 0.0, 0.2, 0.0]]).log()
    torch.testing.assert_close(apply(constraints, step=1), wanted)
    assert apply(constraints, step=2)[0, 2] == -INF
    assert apply(constraints, step=2)[0, 0] > -INF
