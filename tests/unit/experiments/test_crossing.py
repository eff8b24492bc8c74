"""Where curves cross."""

import pytest

from manyheads.experiments.crossing import at_better_threads, crossing, ratio, ratio_of_medians


def rows_of(ratios):
    return [
        {"length": 2 ** (4 + number), "seconds": {"b": [1.0]} | ({} if found is None else {"a": [found]})}
        for number, found in enumerate(ratios)
    ]


def test_a_ratio_is_the_middle_one_of_the_rounds_ratios():
    """3/1, 4/4 and 10/5 are 3, 1 and 2; the medians' ratio would be 4/4."""
    assert ratio({"seconds": {"a": [3.0, 4.0, 10.0], "b": [1.0, 4.0, 5.0]}}, "a", "b") == 2.0
    assert ratio({"seconds": {"b": [1.0]}}, "a", "b") is None


def test_what_did_not_take_turns_is_compared_by_medians():
    """The medians of three and of four rounds are 4 and 5; the first rounds' ratio would be 3."""
    assert ratio_of_medians({"seconds": {"a": [3.0, 4.0, 8.0], "b": [1.0, 5.0, 5.0, 20.0]}}, "a", "b") == 0.8
    assert ratio_of_medians({"seconds": {"a": [1.0]}}, "a", "b") is None


def test_each_is_taken_at_the_number_of_threads_at_which_it_is_faster():
    """By medians: a is faster with one thread at 16 and with two at 32; b was left out with one at 32."""
    one = [
        {"length": 16, "seconds": {"a": [2.0, 2.0, 9.0], "b": [5.0]}},
        {"length": 32, "seconds": {"a": [8.0]}},
    ]
    two = [
        {"length": 16, "seconds": {"a": [1.0, 3.0, 3.0], "b": [4.0]}},
        {"length": 32, "seconds": {"a": [7.0], "b": [6.0]}},
    ]
    races = [{"threads": count, "both": {"rows": rows}} for count, rows in ((1, one), (2, two))]
    assert at_better_threads(races, "both") == [
        {"length": 16, "seconds": {"a": [2.0, 2.0, 9.0], "b": [4.0]}, "threads": {"a": 1, "b": 2}},
        {"length": 32, "seconds": {"a": [7.0], "b": [6.0]}, "threads": {"a": 2, "b": 2}},
    ]


@pytest.mark.parametrize(
    ("ratios", "first", "for_good", "words"),
    [
        ([0.5, 0.8, 1.5, 2.0], 64, 64, "from 64 to 128 tokens, the longest for both"),
        ([0.5, 0.8, 0.9, 1.0], None, None, "at no length up to 128"),
        ([1.5, 1.2, 1.1, 2.0], 16, 16, "at every length from 16 to 128"),
        ([1.5, 0.8, 1.1, 2.0], 16, 64, "at 16, and from 64 to 128 tokens, the longest for both"),
        ([1.5, 1.2, 0.9, 0.8], 16, None, "at 16 and 32"),
        ([0.5, 0.8, 1.5, None], 64, 64, "at 64 tokens, the longest for both"),
        ([1.5, 1.2, 1.1, 0.8], 16, None, "at 16, 32 and 64"),
        ([0.5, 0.8, 0.9, None], None, None, "at no length up to 64"),
        ([None], None, None, "not measured"),
    ],
)
def test_curves_cross_where_the_one_becomes_slower(ratios, first, for_good, words):
    found = crossing(rows_of(ratios), "a", "b")
    assert (found.first, found.for_good, found.in_words()) == (first, for_good, words)


def test_the_way_to_compare_can_be_chosen():
    """The rounds' ratios are 3, 1 and 2; the medians are 4 and 4."""
    rows = [{"length": 16, "seconds": {"a": [3.0, 4.0, 10.0], "b": [1.0, 4.0, 5.0]}}]
    assert crossing(rows, "a", "b").slower == (16,)
    assert crossing(rows, "a", "b", compare=ratio_of_medians).slower == ()
