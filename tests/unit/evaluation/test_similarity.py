"""Correlations of few numbers, worked out by hand."""

import re

import numpy as np
import pytest

from manyheads.errors import InputError
from manyheads.evaluation.similarity import correlate


def test_both_correlations_by_hand():
    """Divide the sum of the products of deviations by the root of the product of their squares' sums.

    x = 1, 2, 3: deviations -1, 0, 1, squares 2. y = 1, 2, 6: deviations -2, -1, 3, squares 14.
    Pearson = (2 + 0 + 3) / sqrt(2 * 14); the ranks are the same, so Spearman is 1.
    """
    result = correlate([1.0, 2.0, 3.0], [1.0, 2.0, 6.0])
    assert result.pearson == pytest.approx(5 / 28**0.5)
    assert result.spearman == pytest.approx(1)
    assert result.lines() == ["Spearman  1.0000", "Pearson   0.9449"]
    assert result.as_dict() == {"spearman": result.spearman, "pearson": result.pearson, "count": 3}


def test_equal_numbers_share_a_rank():
    """Ranks 1.5, 1.5, 3 and 1, 2, 3: deviations -.5, -.5, 1 and -1, 0, 1; so 1.5 / sqrt(1.5 * 2)."""
    assert correlate(np.array([4.0, 4.0, 9.0]), [1.0, 5.0, 7.0]).spearman == pytest.approx(1.5 / 3**0.5)


@pytest.mark.parametrize(
    ("said", "truth", "message"),
    [
        ([1, 2], [1, 2, 3], "at least 2 predictions and as many right numbers, but 2 and 3 were given"),
        ([1], [1], "at least 2 predictions and as many right numbers, but 1 and 1 were given"),
        ([1, float("nan")], [1, 2], "finite numbers, but the predicted number 2 is nan"),
        ([1, 2], [float("inf"), 2], "finite numbers, but the right number 1 is inf"),
        ([0.5, 0.5, 0.5], [1, 2, 3], "numbers that differ, but all 3 predicted ones are 0.5"),
        ([1, 2], [4, 4], "numbers that differ, but all 2 right ones are 4"),
    ],
)
def test_what_has_no_correlation_is_told(said, truth, message):
    with pytest.raises(InputError, match=f"a correlation needs {re.escape(message)}$"):
        correlate([float(x) for x in said], [float(x) for x in truth])
