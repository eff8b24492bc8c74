"""Where curves cross."""

import pytest

from manyheads.experiments.crossing import crossing, ratio


def rows_of(ratios):
    return [
        {"length": 2 ** (4 + number), "seconds": {"b": [1.0]} | ({} if found is None else {"a": [found]})}
        for number, found in enumerate(ratios)
    ]


def test_a_ratio_is_the_middle_one_of_the_rounds_ratios():
    """3/1, 4/4 and 10/5 are 3, 1 and 2; the medians' ratio would be 4/4."""
    assert ratio({"seconds": {"a": [3.0, 4.0, 10.0], "b": [1.0, 4.0, 5.0]}}, "a", "b") == 2.0
    assert ratio({"seconds": {"b": [1.0]}}, "a", "b") is None


@pytest.mark.parametrize(
    ("ratios", "first", "for_good", "words"),
    [
        ([0.5, 0.8, 1.5, 2.0], 64, 64, "from 64 tokens on"),
        ([0.5, 0.8, 0.9, 1.0], None, None, "at no length up to 128"),
        ([1.5, 1.2, 1.1, 2.0], 16, 16, "at every length from 16 to 128"),
        ([1.5, 0.8, 1.1, 2.0], 16, 64, "at 16, and from 64 tokens on"),
        ([1.5, 1.2, 0.9, 0.8], 16, None, "at 16 and 32"),
        ([0.5, 0.8, 1.5, None], 64, 64, "from 64 tokens on"),
        ([0.5, 0.8, 0.9, None], None, None, "at no length up to 64"),
        ([None], None, None, "not measured"),
    ],
)
def test_curves_cross_where_the_one_becomes_slower(ratios, first, for_good, words):
    found = crossing(rows_of(ratios), "a", "b")
    assert (found.first, found.for_good, found.in_words()) == (first, for_good, words)
