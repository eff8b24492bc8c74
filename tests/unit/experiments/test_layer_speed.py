"""What one layer calculates: products in a row, operations, the same numbers packed or not."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from manyheads.experiments.layer_speed import (
    ATTENTION,
    NAMES,
    PACKED,
    RECURRENT,
    WHOLE,
    Sizes,
    contestants,
    count_along,
    operations,
    time_layers,
)
from manyheads.experiments.race import Limits

SIZES = Sizes(d_model=6, num_heads=2, d_ff=10)
LIMITS = Limits(seconds=60.0, memory=10**9, least=1, most=2, enough=0.0)


@pytest.mark.parametrize("length", [1, 5, 200])
def test_a_recurrent_layer_waits_once_a_token_and_self_attention_does_not(length):
    """A GRU's product for what is read is one for all tokens, and the first state's waits for nothing.

    So length are in a row, of length + 1. Attention has three projections side by side, then scores, context
    and output: 4 in a row of 6; the feed-forward part adds two.
    """
    (row,) = count_along(SIZES, (length,))["rows"]
    assert row["in_a_row"] == {RECURRENT: length, PACKED: length, ATTENTION: 4, WHOLE: 6}
    assert row["products"] == {RECURRENT: length + 1, PACKED: length + 1, ATTENTION: 6, WHOLE: 8}


@pytest.mark.parametrize("name", NAMES)
def test_the_formula_gives_the_operations_that_torch_counts(name):
    """Three sequences of 7 tokens: 21 times the operations a token."""
    hidden = torch.randn(21, SIZES.d_model, requires_grad=True)
    contestant = contestants(SIZES, length=7, sequences=3)[name]
    with FlopCounterMode(display=False) as counter:
        contestant.read(hidden)
    assert counter.get_total_flops() == 21 * operations(SIZES, 7)[name]


def test_operations_worked_out_by_hand():
    """With d_model 6 a square matrix is 2 · 36 = 72.

    GRU: 6 · 72 = 432. Attention over 5: 4 · 72 + 4 · 5 · 6 = 408; feed-forward: 4 · 6 · 10 = 240 more.
    """
    assert operations(SIZES, 5) == {RECURRENT: 432, PACKED: 432, ATTENTION: 408, WHOLE: 648}


def test_packed_or_not_the_recurrent_layer_gives_the_same():
    made = contestants(SIZES, length=5, sequences=3)
    hidden = torch.randn(15, SIZES.d_model)
    torch.testing.assert_close(made[RECURRENT].read(hidden), made[PACKED].read(hidden))


def test_gradients_are_calculated_in_one_direction_only():
    """Forward needs less memory at its peak than forward and backward, for each of the layers."""
    raced = time_layers(SIZES, (4, 8), sequences=3, threads_used=1, limits=LIMITS)
    assert (raced["sequences"], raced["threads"]) == (3, 1)
    for forward, both in zip(raced["forward"]["rows"], raced["both"]["rows"], strict=True):
        assert forward["length"] == both["length"]
        for name in NAMES:
            assert 0 < forward["memory"][name] < both["memory"][name]
