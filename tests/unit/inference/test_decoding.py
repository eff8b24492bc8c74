"""The words that searches and models share."""

import pytest

from manyheads.errors import InputError
from manyheads.inference.decoding import check_length_penalty, make_hypothesis, read_limits


def test_a_score_is_the_sum_over_a_power_of_the_length():
    """Three tokens with -1, -2 and -3: -6 / 3 ** 2."""
    hypothesis = make_hypothesis([5, 7, 2], [-1.0, -2.0, -3.0], eos_id=2, length_penalty=2.0)
    assert hypothesis.score == pytest.approx(-6 / 9)
    assert hypothesis.finished
    assert not make_hypothesis([5], [-1.0], eos_id=2, length_penalty=1.0).finished
    assert not make_hypothesis([5, 2], [-1.0, 0.0], eos_id=2, length_penalty=1.0, forced=True).finished


def test_one_limit_serves_all_or_each_has_its_own():
    assert read_limits(7, 3) == [7, 7, 7]
    assert read_limits((2, 3, 5), 3) == [2, 3, 5]


def test_a_wrong_limit_is_named():
    with pytest.raises(InputError, match=r"one limit a sentence: 2 for 3 were given"):
        read_limits([1, 2], 3)
    with pytest.raises(InputError, match=r"at least 1, but sentence 1 was given -4"):
        read_limits([1, -4], 2)


@pytest.mark.parametrize("wrong", [-10.5, 11.0, float("nan"), float("inf")])
def test_a_wrong_length_penalty_is_named(wrong):
    with pytest.raises(
        InputError, match=f"length_penalty must lie between -10 and 10, but {wrong} was given"
    ):
        check_length_penalty(wrong)
