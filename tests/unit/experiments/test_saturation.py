"""Softmax of large scores: entropies, steps and gradients by hand."""

import math

import pytest
import torch

from manyheads.experiments.saturation import (
    Drawn,
    entropy,
    mean_and_spread,
    mean_of,
    measure_saturation,
    ratio,
    saturations,
    softmax_steps,
    with_spread,
)


def test_the_steps_of_softmax_by_hand():
    """Scores ln 1, ln 2 and ln 5 have exponentials 1, 2 and 5, which are 1/8, 2/8 and 5/8 of their sum."""
    steps = softmax_steps([0.0, math.log(2), math.log(5)])
    assert steps["exponentials"] == pytest.approx([1, 2, 5])
    assert steps["shares"] == pytest.approx([0.125, 0.25, 0.625])


def test_the_entropy_of_even_and_of_certain_rows():
    """Shares 1/2, 1/4, 1/4: ln(2) / 2 + ln(4) / 2 = 1.5 ln(2)."""
    weights = torch.tensor([[[[1.0, 0, 0], [1 / 3, 1 / 3, 1 / 3], [0.5, 0.25, 0.25]]]])
    assert entropy(weights).flatten().tolist() == pytest.approx([0, math.log(3), 1.5 * math.log(2)])


@pytest.fixture(scope="module")
def found():
    return measure_saturation(49, Drawn(sequences=3, length=40, seeds=2))


def test_undivided_scores_have_head_dim_times_the_variance(found):
    """Both arms see the same draws, so the ratio is 49 but for rounding; the variance itself is near 1."""
    for divided, undivided in zip(found["divided"]["variance"], found["undivided"]["variance"], strict=True):
        assert undivided / divided == pytest.approx(49, rel=1e-4)
        assert divided == pytest.approx(1, abs=0.15)


def test_every_number_is_there_once_a_seed(found):
    names = {"variance", "entropy", "entropy_share", "largest"}
    names |= {f"{name}_gradient{end}" for name in ("scores", "query") for end in ("", "_median")}
    for arm in ("divided", "undivided"):
        assert set(found[arm]) == names
        assert {len(numbers) for numbers in found[arm].values()} == {2}
        assert found[arm]["variance"][0] != found[arm]["variance"][1]
        shares = [nats / math.log(40) for nats in found[arm]["entropy"]]
        assert found[arm]["entropy_share"] == pytest.approx(shares)


def test_the_gradients_are_those_of_the_formula():
    """With w the weights and g = c V^T / sqrt(head_dim), a row of scores gets w * (g - sum of w * g).

    A query gets that times the keys; divided scores pass on 1 / sqrt(head_dim) of it.
    """
    head_dim, drawn = 6, Drawn(sequences=2, length=5, seeds=1)
    query, key, value, wanted = torch.randn((4, 2, 1, 5, 6), generator=torch.Generator().manual_seed(1))
    found = measure_saturation(head_dim, drawn)
    for arm, scale in (("divided", 1 / math.sqrt(6)), ("undivided", 1.0)):
        weights = (query @ key.mT * scale).softmax(dim=-1)
        to_weights = wanted @ value.mT / math.sqrt(6)
        to_scores = weights * (to_weights - (weights * to_weights).sum(dim=-1, keepdim=True))
        to_query = to_scores @ key * scale
        for name, gradient in (("scores_gradient", to_scores), ("query_gradient", to_query)):
            norms = gradient.norm(dim=-1)
            assert found[arm][name] == pytest.approx([norms.mean().item()], rel=1e-4)
            assert found[arm][f"{name}_median"] == pytest.approx([norms.median().item()], rel=1e-4)


def test_a_single_number_has_no_spread():
    assert mean_and_spread([7.0]) == (7.0, 0.0)


def test_a_mean_is_written_with_its_spread():
    """Of 1 and 2 the mean is 1.5 and the standard deviation sqrt(0.5), 0.707."""
    assert with_spread([1.0, 2.0], 3) == "1.500 ± 0.707"


def test_a_ratio_is_of_the_means_and_says_what_leaving_out_the_division_does():
    """Means 2 and 5: the ratio is 2.5, while the mean of the ratios 3 / 1 and 7 / 3 were 2.67."""
    row = {"divided": {"norm": [1.0, 3.0]}, "undivided": {"norm": [3.0, 7.0]}}
    assert (mean_of(row, "divided", "norm"), mean_of(row, "undivided", "norm")) == (2, 5)
    assert ratio(row, "norm") == 2.5


def test_every_width_is_measured():
    measured = saturations((2, 5), Drawn(sequences=1, length=3, seeds=4))
    assert [row["head_dim"] for row in measured["rows"]] == [2, 5]
    assert (measured["sequences"], measured["length"], measured["seeds"]) == (1, 3, 4)
