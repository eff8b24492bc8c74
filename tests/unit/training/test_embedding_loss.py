"""What is asked of vectors of pairs, by hand."""

import math

import pytest
import torch

from manyheads.training.embedding_loss import cosine_loss, ranking_loss

FIRST = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
SECOND = torch.tensor([[0.6, 0.8], [0.0, 1.0]])


def test_cosines_are_held_against_scores():
    """Cosines 0.6 and 1, scores 0.5 and 0.8: 0.1^2 + 0.2^2."""
    loss = cosine_loss(FIRST, SECOND, torch.tensor([0.5, 0.8]))
    assert loss.smoothed.item() == pytest.approx(0.05)
    assert loss.plain.item() == pytest.approx(0.05)


def test_a_text_is_to_find_its_own_partner():
    """Cosines (0.6, 0) and (0.8, 1), times 2: -ln of the share of exp(1.2) and of exp(2)."""
    loss = ranking_loss(FIRST, SECOND, None, scale=2.0)
    first = math.log(1 + math.exp(0.0 - 1.2))
    second = math.log(1 + math.exp(1.6 - 2.0))
    assert loss.plain.item() == pytest.approx(first + second)


def test_a_partner_that_is_the_same_text_is_no_wrong_answer():
    """The first row is left with its own partner alone, and has nothing to learn."""
    same = torch.tensor([[False, True], [False, False]])
    loss = ranking_loss(FIRST, SECOND, same, scale=2.0)
    assert loss.plain.item() == pytest.approx(math.log(1 + math.exp(1.6 - 2.0)))


def test_ranks_are_calculated_in_float32_whatever_the_rest_is():
    with torch.autocast("cpu", torch.bfloat16):
        loss = ranking_loss(FIRST, SECOND, None, scale=20.0)
    assert loss.smoothed.dtype == torch.float32
    assert loss.plain.item() == pytest.approx(ranking_loss(FIRST, SECOND, None, scale=20.0).plain.item())
