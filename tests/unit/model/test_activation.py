"""The bends, by hand."""

import math

import pytest
import torch

from manyheads.model.activation import ACTIVATIONS

ROOT = math.sqrt(2 / math.pi)


@pytest.mark.parametrize(
    ("name", "bent"),
    [
        ("relu", [0.0, 2.0]),
        ("gelu", [-0.5 * math.erfc(1 / math.sqrt(2)), 1 + math.erf(math.sqrt(2))]),
        (
            "gelu_tanh",
            [-0.5 * (1 - math.tanh(ROOT * 1.044715)), 1 + math.tanh(ROOT * (2 + 0.044715 * 8))],
        ),
        ("silu", [-1 / (1 + math.e), 2 / (1 + math.exp(-2))]),
        ("tanh", [math.tanh(-1), math.tanh(2)]),
    ],
)
def test_each_bends_as_its_formula_says(name, bent):
    """At -1 and 2. The tanh form of gelu: x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2."""
    assert ACTIVATIONS[name](torch.tensor([-1.0, 2.0])).tolist() == pytest.approx(bent, abs=1e-6)


def test_the_two_gelus_are_not_one():
    numbers = torch.tensor([-2.0, 1.5])
    apart = (ACTIVATIONS["gelu"](numbers) - ACTIVATIONS["gelu_tanh"](numbers)).abs()
    assert (apart > 1e-5).all()
    assert (apart < 1e-3).all()
