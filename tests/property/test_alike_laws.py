"""Laws of how heads are compared, for any numbers."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from manyheads.experiments.alike import linear_cka, rows_divergence

pytestmark = pytest.mark.property
seeds = st.integers(0, 2**32 - 1)


@st.composite
def vectors(draw, tokens):
    """Draw normal vectors, of any width up to 5."""
    width = draw(st.integers(1, 5))
    generator = torch.Generator().manual_seed(draw(seeds))
    return torch.randn(tokens, width, generator=generator, dtype=torch.float64)


@st.composite
def two_sets(draw):
    """Draw two sets of vectors for the same tokens."""
    tokens = draw(st.integers(3, 9))
    return draw(vectors(tokens)), draw(vectors(tokens))


@st.composite
def two_heads(draw):
    """Draw rows of shares; some keys get none of either head."""
    shape = (draw(st.integers(1, 4)), draw(st.integers(1, 6)))
    generator = torch.Generator().manual_seed(draw(seeds))
    scores = torch.randn((2, *shape), generator=generator, dtype=torch.float64) * draw(st.floats(0, 50))
    hidden = torch.rand((2, *shape), generator=generator) < draw(st.floats(0, 0.9))
    hidden[..., 0] = False
    return scores.masked_fill(hidden, -torch.inf).softmax(dim=-1)


@given(two_sets())
def test_cka_is_a_share_and_the_same_both_ways(sets):
    one, other = sets
    assert 0 <= linear_cka(one, other) <= 1
    assert linear_cka(one, other) == pytest.approx(linear_cka(other, one))


@given(two_sets())
def test_cka_with_itself_is_one(sets):
    assert linear_cka(sets[0], sets[0]) == pytest.approx(1)


@given(two_sets(), seeds, st.floats(1e-3, 1e3), st.floats(-100, 100))
def test_turning_stretching_and_moving_change_nothing(sets, seed, stretch, shift):
    one, other = sets
    width = one.shape[1]
    drawn = torch.randn(width, width, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    turn = torch.linalg.qr(drawn).Q
    changed = stretch * one @ turn + shift
    assert linear_cka(changed, other) == pytest.approx(linear_cka(one, other), abs=1e-6)


@given(two_heads())
def test_the_divergence_lies_between_nothing_and_a_bit_and_is_the_same_both_ways(heads):
    divergence = rows_divergence(*heads)
    assert ((divergence >= 0) & (divergence <= 1)).all()
    torch.testing.assert_close(divergence, rows_divergence(heads[1], heads[0]))
    torch.testing.assert_close(rows_divergence(heads[0], heads[0]), torch.zeros(len(heads[0])).double())


@given(two_heads(), seeds)
def test_the_order_of_keys_does_not_matter_to_the_divergence(heads, seed):
    order = torch.randperm(heads.shape[2], generator=torch.Generator().manual_seed(seed))
    torch.testing.assert_close(rows_divergence(*heads), rows_divergence(*heads[..., order]))
