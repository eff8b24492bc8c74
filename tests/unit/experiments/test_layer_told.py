"""What is said of layers' times: threads, packing, spread; all times are made up."""

import pytest

from manyheads.experiments.layer_speed import ATTENTION, PACKED, RECURRENT, WHOLE
from manyheads.experiments.layer_told import by_sequences, layer_parts, which_threads
from manyheads.experiments.report import Picture, markdown

SIZES = {"d_model": 6, "num_heads": 2, "d_ff": 10}
LIMITS = {"least": 3, "most": 3}


def race_of(times, *, sequences=1, threads=1):
    """Make a race of the lengths 16, 32 and so on; `times` has a name's seconds at each, three rounds each.

    The slower round takes twice as long, the faster one half as long.
    """
    count = max(map(len, times.values()))
    rows = [
        {
            "length": 16 * 2**number,
            "seconds": {
                name: [seconds[number], 2 * seconds[number], seconds[number] / 2]
                for name, seconds in times.items()
                if number < len(seconds)
            },
        }
        for number in range(count)
    ]
    raced = {"rows": rows, "left_out": []}
    return {"sequences": sequences, "threads": threads, "forward": raced, "both": raced}


def times_of(recurrent, attention, packed=None):
    return {
        RECURRENT: recurrent,
        PACKED: packed or recurrent,
        ATTENTION: attention,
        WHOLE: [2 * seconds for seconds in attention],
    }


def words_of(*layers):
    parts = layer_parts(SIZES, LIMITS, layers)
    return "\n\n".join(markdown(part) for part in parts if not isinstance(part, Picture))


@pytest.fixture
def words():
    """Two threads halve self-attention's time, and make the recurrent layer's ten times as long at 16."""
    few = race_of(times_of([0.1, 0.3], [0.2, 0.4]), threads=1)
    return words_of(few, race_of(times_of([1.0, 0.3], [0.1, 0.2]), threads=2))


def test_what_more_threads_bring_is_shown_at_every_length(words):
    """0.1/1 and 0.2/0.1 at 16 tokens, 0.3/0.3 and 0.4/0.2 at 32; forward alone is made up alike."""
    assert "| 16 | 0.10 | 2.00 | 2.00 | 0.10 | 2.00 | 2.00 |" in words
    assert "| 32 | 1.00 | 2.00 | 2.00 | 1.00 | 2.00 | 2.00 |" in words


def test_where_more_threads_are_slower_is_said(words):
    """In both directions at 16 tokens: all rounds with two, from 0.5 s on, are slower than 0.2 s."""
    assert "2 threads were slower than 1 thread as follows" in words
    assert "*recurrent* in 2 of 4 comparisons (2), *self-attention* in 0 of 4 comparisons (0)" in words
    assert "| 1 sequence, forward and backward | at 16 | at no length up to 32 |" in words


def test_a_slower_median_among_overlapping_rounds_does_not_count_as_clear():
    """0.1 and 0.15 s: rounds of 0.05 to 0.2 and of 0.075 to 0.3."""
    few = race_of(times_of([0.1], [0.2]), threads=1)
    many = race_of(times_of([0.15], [0.2]), threads=2)
    assert "*recurrent* in 2 of 2 comparisons (0)" in words_of(few, many)


def test_one_number_of_threads_says_nothing_of_more():
    layers = [race_of(times_of([0.1, 0.2], [0.1, 0.2]), threads=1)]
    assert which_threads(layers) == "on 1 thread"
    assert "What is parallel can use more threads" not in words_of(*layers)


def test_each_is_compared_at_its_better_threads_with_the_spread_of_its_rounds(words):
    """At 16 tokens 0.1 s on one thread, in rounds of 0.05 to 0.2, against 0.1 on two: 1.00; 0.3/0.2 at 32."""
    assert "| 16 | 100 (50.0-200; 1) | 100 (50.0-200; 2) | 200 (100-400; 2) | 1.00 | 0.50 |" in words
    assert "| 32 | 300 (150-600; 1) | 200 (100-400; 2) | 400 (200-800; 2) | 1.50 | 0.75 |" in words


def test_what_was_left_out_has_a_dash_among_the_better_ones():
    words = words_of(race_of(times_of([0.1, 0.2], [0.1])))
    assert "| 32 | 200 (100-400; 1) | – | – | – | – |" in words


@pytest.mark.parametrize(
    ("packed", "words"),
    [
        ([0.1, 0.6, 9.0], "takes 3 times as long with 1 sequence of 32 tokens. That is no property of"),
        ([0.1, 0.2, 9.0], "takes 1 times as long with 1 sequence of 32 tokens.\n"),
        ([0.3], "takes 3 times as long with 1 sequence of 16 tokens. That is"),
    ],
)
def test_what_packing_costs_is_told_at_a_length_in_the_middle(packed, words):
    """Of three lengths the second: 0.6/0.2 or 0.2/0.2, whatever the third is; or the nearest one before."""
    assert words in words_of(race_of(times_of([0.1, 0.2, 0.4], [0.1, 0.2, 0.4], packed)))


def test_races_that_differ_in_threads_only_belong_together():
    layers = [
        race_of(times_of([0.1], [0.1]), sequences=sequences, threads=threads)
        for sequences in (1, 5)
        for threads in (1, 2)
    ]
    assert by_sequences(layers) == {"1 sequence": layers[:2], "5 sequences": layers[2:]}
    assert which_threads(layers) == "each at its better number of threads"
