"""Who races when, and what is left out; no time is judged."""

import pytest
import torch

from manyheads.experiments.race import Limits, foresee, race, race_along, threads


def test_those_who_race_take_turns_in_both_orders():
    called = []
    runners = {name: (lambda name=name: called.append(name)) for name in "abc"}
    seconds = race(runners, Limits(seconds=1.0, memory=1, least=3, most=3, enough=60.0))
    assert "".join(called) == "abc" + "cba" + "abc"
    assert {name: len(times) for name, times in seconds.items()} == {"a": 3, "b": 3, "c": 3}


def test_a_race_ends_when_it_has_taken_long_enough_but_not_before_its_least():
    called = []
    race({"a": lambda: called.append("a")}, Limits(seconds=1.0, memory=1, least=2, most=9, enough=0.0))
    assert len(called) == 2


@pytest.mark.parametrize(
    ("before", "guess"),
    [([], 0.0), ([5.0], 20.0), ([1.0, 3.0], 9.0), ([1.0, 1.1], 2.2), ([1.0, 9.0], 36.0)],
)
def test_a_cost_is_foreseen_to_grow_between_twofold_and_fourfold(before, guess):
    assert foresee(before) == pytest.approx(guess)


def test_what_would_take_too_much_memory_is_left_out_with_its_reason():
    """Four bytes a token: 64, 128, 256 at 16, 32, 64; at 128 it would be 512, above the limit, then 1,024."""

    def prepare(length):
        return {"growing": lambda: torch.ones(length), "constant": lambda: torch.ones(3)}

    limits = Limits(seconds=60.0, memory=300, least=1, most=1, enough=0.0)
    found = race_along((16, 32, 64, 128, 256), prepare, limits)
    sizes = [row["memory"] for row in found["rows"]]
    assert [each.get("growing") for each in sizes] == [64, 128, 256, None, None]
    assert [each["constant"] for each in sizes] == [12] * 5
    left_out = [(each["length"], each["name"], each["what"], each["foreseen"]) for each in found["left_out"]]
    assert left_out == [(128, "growing", "memory", 512.0), (256, "growing", "memory", 1024.0)]


def test_what_would_take_too_long_is_left_out_without_being_called():
    """Any call takes longer than no time at all: only the first length is tried, where nothing is known."""
    called = []

    def prepare(length):
        return {"slow": lambda: called.append(length)}

    found = race_along((16, 32, 64), prepare, Limits(0.0, 10**9, least=1, most=1, enough=0.0))
    assert set(called) == {16}
    assert [(each["length"], each["what"]) for each in found["left_out"]] == [
        (32, "seconds"),
        (64, "seconds"),
    ]


def test_threads_are_given_back_after_a_failure():
    before = torch.get_num_threads()

    def fail():
        with threads(before + 1):
            assert torch.get_num_threads() == before + 1
            raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose"):
        fail()
    assert torch.get_num_threads() == before


def test_what_costs_nothing_is_foreseen_to_cost_nothing():
    assert foresee([0.0, 0.0]) == 0.0
