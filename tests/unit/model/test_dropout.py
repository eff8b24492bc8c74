"""Dropout by shares of a large tensor."""

import pytest
import torch

from manyheads.model.dropout import Dropout


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.9])
def test_the_share_is_right_and_the_mean_is_kept(share):
    """Of 1,000,000 a standard deviation is 0.0005 at most; five of them are allowed."""
    dropped = Dropout(share)(torch.ones(1000, 1000))
    assert (dropped == 0).float().mean().item() == pytest.approx(share, abs=0.0025)
    kept = dropped[dropped != 0]
    torch.testing.assert_close(kept, torch.full_like(kept, 1 / (1 - share)), rtol=2e-4, atol=0)
    assert dropped.mean().item() == pytest.approx(1, abs=0.0025 / (1 - share))


def test_what_is_dropped_does_not_follow_its_neighbours():
    """Four elements share one draw of 64 bits: two neighbours are both dropped in 0.3 * 0.3 of the cases."""
    zero = Dropout(0.3)(torch.ones(250_000, 4)) == 0
    for left in range(4):
        for right in range(left + 1, 4):
            both = (zero[:, left] & zero[:, right]).float().mean().item()
            assert both == pytest.approx(0.09, abs=0.003)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 5, 7])
def test_any_number_of_elements_will_do(size):
    assert Dropout(0.5)(torch.ones(size)).shape == (size,)


def test_nothing_is_dropped_in_evaluation_nor_of_a_share_of_zero():
    numbers = torch.randn(3, 5, 7)
    assert Dropout(0.9).eval()(numbers) is numbers
    assert Dropout(0.0)(numbers) is numbers


def test_the_gradient_is_dropped_where_the_number_was():
    numbers = torch.full((1000,), 3.0, requires_grad=True)
    dropped = Dropout(0.4)(numbers)
    dropped.sum().backward()
    torch.testing.assert_close(numbers.grad * 3, dropped.detach())
    assert 0 < (numbers.grad == 0).sum() < 1000


def test_the_same_seed_drops_the_same():
    part, numbers = Dropout(0.5), torch.ones(101)
    draws = []
    for seed in (5, 5, 6):
        torch.manual_seed(seed)
        draws.append(part(numbers))
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])


def test_the_type_stays():
    assert Dropout(0.5)(torch.ones(8, dtype=torch.bfloat16)).dtype == torch.bfloat16


def test_a_share_of_nearly_one_keeps_numbers_finite():
    assert Dropout(0.999999)(torch.ones(1000)).isfinite().all()
