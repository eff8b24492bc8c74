"""A text's vector, against sums by hand."""

import pytest
import torch

from manyheads.batches.packed import Lengths
from manyheads.model.pooling import pool

HIDDEN = torch.tensor([[1.0, -8.0], [4.0, -2.0], [6.0, 0.0], [3.0, 9.0], [5.0, 5.0], [7.0, -5.0], [0.0, 3.0]])
LENGTHS = Lengths((2, 1, 1, 3))


@pytest.mark.parametrize(
    ("pooling", "expected"),
    [
        ("cls", [[1.0, -8.0], [6.0, 0.0], [3.0, 9.0], [5.0, 5.0]]),
        ("mean", [[2.5, -5.0], [6.0, 0.0], [3.0, 9.0], [4.0, 1.0]]),
        ("max", [[4.0, -2.0], [6.0, 0.0], [3.0, 9.0], [7.0, 5.0]]),
    ],
)
def test_each_text_is_pooled_over_its_own_tokens(pooling, expected):
    """Texts of 2, 1, 1 and 3 tokens; (1 + 4) / 2 = 2.5, (5 + 7 + 0) / 3 = 4."""
    assert pool(HIDDEN, LENGTHS, pooling).tolist() == expected


@pytest.mark.parametrize("pooling", ["cls", "mean", "max"])
def test_a_text_s_vector_is_float32_and_can_be_learned_from(pooling):
    hidden = HIDDEN.bfloat16().requires_grad_()
    pooled = pool(hidden, LENGTHS, pooling)
    assert pooled.dtype == torch.float32
    pooled.sum().backward()
    assert hidden.grad.abs().sum() > 0


def test_a_mean_of_many_bfloat16_states_is_exact():
    """300 ones and 1 times 2: in bfloat16, 256 + 1 is 256, and the mean would stop below one."""
    hidden = torch.cat([torch.ones(300, 1), torch.full((1, 1), 2.0)]).bfloat16()
    assert pool(hidden, Lengths((301,)), "mean").item() == pytest.approx(302 / 301)
