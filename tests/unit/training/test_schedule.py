"""The learning rate by hand: a warm-up of 100 updates to 0.01."""

import pytest

from manyheads.recipes.schema import Training
from manyheads.training.schedule import learning_rate


def rates(*updates, **changes):
    config = Training(**({"learning_rate": 0.01, "warmup": 100, "updates": 1100} | changes))
    return [learning_rate(config, update) for update in updates]


@pytest.mark.parametrize("schedule", ["inverse_sqrt", "linear", "constant"])
def test_the_warm_up_is_a_straight_line_that_ends_at_the_peak(schedule):
    assert rates(1, 50, 100, schedule=schedule) == pytest.approx([0.0001, 0.005, 0.01])


def test_the_inverse_root_halves_when_the_updates_are_four_times_as_many():
    assert rates(400, 1600, 10_000) == pytest.approx([0.005, 0.0025, 0.001])


def test_the_straight_line_ends_at_zero_with_the_last_update():
    """1,000 updates behind the warm-up: half-way at 600."""
    assert rates(101, 600, 1099, 1100, schedule="linear") == pytest.approx([0.00999, 0.005, 0.00001, 0])


def test_the_constant_stays():
    assert rates(101, 10_000, schedule="constant") == [0.01, 0.01]


@pytest.mark.parametrize("schedule", ["inverse_sqrt", "linear", "constant"])
def test_without_a_warm_up_the_first_update_is_at_the_peak(schedule):
    assert rates(1, warmup=0, schedule=schedule) == pytest.approx([0.01], rel=0.001)


def test_a_run_shorter_than_its_warm_up_never_leaves_it():
    assert rates(10, 50, updates=50, schedule="linear") == pytest.approx([0.001, 0.005])
