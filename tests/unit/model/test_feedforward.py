"""The feed-forward part, by hand."""

import math

import pytest
import torch

from manyheads.model.feedforward import FeedForward


@pytest.mark.parametrize(
    ("activation", "bent"),
    [
        ("relu", [0.0, 2.0]),
        ("silu", [-1 / (1 + math.e), 2 / (1 + math.exp(-2))]),
        ("gelu", [-0.5 * (1 - math.erf(1 / math.sqrt(2))), 1 + math.erf(math.sqrt(2))]),
    ],
)
def test_each_activation_bends_as_its_formula_says(activation, bent):
    """The inner numbers are made -1 and 2: silu is x / (1 + e^-x), gelu x (1 + erf(x / sqrt 2)) / 2."""
    part = FeedForward(d_model=1, d_ff=2, activation=activation)
    with torch.no_grad():
        part.widen.weight.copy_(torch.tensor([[-1.0], [2.0]]))
        part.widen.bias.zero_()
        part.narrow.weight.copy_(torch.tensor([[1.0, 10.0]]))
        part.narrow.bias.fill_(0.5)
    assert part(torch.ones(1, 1)).item() == pytest.approx(bent[0] + 10 * bent[1] + 0.5, abs=1e-5)


def test_each_token_is_thought_through_by_itself():
    part, tokens = FeedForward(d_model=5, d_ff=7, activation="relu"), torch.randn(3, 5)
    torch.testing.assert_close(part(tokens), torch.cat([part(token[None]) for token in tokens]))
