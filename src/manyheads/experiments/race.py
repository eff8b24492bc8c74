"""Calculations timed against one another, at lengths that double, as far as time and memory allow.

Whatever else the machine does slows all of them: they take turns, in one order and then in the other, and
what counts is by how much one is slower than another in the same round.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch

from manyheads.experiments.allocated import peak_allocated

Runners = Mapping[str, Callable[[], object]]
"""Calculations by name."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may be measured.

    Attributes:
        seconds: Of one call, the most.
        memory: Of one call, the most; bytes.
        least: Rounds of a race, at least.
        most: Rounds of a race, at most.
        enough: Seconds after which no further round is begun.
    """

    seconds: float
    memory: int
    least: int
    most: int
    enough: float


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Let torch calculate with a number of threads, and with as many as before afterwards.

    Args:
        count: How many.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def race(runners: Runners, limits: Limits) -> dict[str, list[float]]:
    """Time calculations in turn.

    Args:
        runners: What is timed; each has been called before, so that nothing is done for the first time.
        limits: How many rounds.

    Returns:
        The seconds of each, one a round.
    """
    seconds: dict[str, list[float]] = {name: [] for name in runners}
    begun = time.perf_counter()
    for number in range(limits.most):
        if number >= limits.least and time.perf_counter() - begun > limits.enough:
            break
        for name in list(runners)[:: -1 if number % 2 else 1]:
            seconds[name].append(_timed(runners[name]))
    return seconds


def _timed(run: Callable[[], object]) -> float:
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


def foresee(before: Sequence[float]) -> float:
    """Guess what a call costs from what it cost at half the length, a quarter, and so on.

    Args:
        before: The costs, shortest length first.

    Returns:
        The last, times the factor between the last two; that factor is taken to lie between 2 and 4, for
        costs grow with the length or with its square. 0 where nothing is known.

    Example:
        >>> foresee([1.0, 3.0]), foresee([1.0, 1.1]), foresee([1.0, 9.0]), foresee([5.0])
        (9.0, 2.2, 36.0, 20.0)
    """
    if not before:
        return 0.0
    *_, last = before
    growth = last / before[-2] if len(before) > 1 and before[-2] else 4.0
    return last * min(max(growth, 2.0), 4.0)


@dataclass(slots=True)
class _Costs:
    """What calls have cost so far, at lengths that double; a call that was left out has its guess."""

    limits: Limits
    seconds: dict[str, list[float]] = field(default_factory=dict)
    memory: dict[str, list[float]] = field(default_factory=dict)

    def too_much(self, name: str) -> dict[str, Any] | None:
        """Tell why a call is left out, and enter the guesses; None where it may be made."""
        guesses = {
            "seconds": (self.seconds.setdefault(name, []), self.limits.seconds),
            "memory": (self.memory.setdefault(name, []), self.limits.memory),
        }
        foreseen = {what: foresee(before) for what, (before, _) in guesses.items()}
        for what, (_, limit) in guesses.items():
            if foreseen[what] > limit:
                for each, (before, _) in guesses.items():
                    before.append(foreseen[each])
                return {"name": name, "what": what, "foreseen": foreseen[what], "limit": limit}
        return None


def race_along(
    lengths: Sequence[int], prepare: Callable[[int], Runners], limits: Limits
) -> dict[str, list[dict[str, Any]]]:
    """Let calculations race at each length, and take the peak of their memory.

    Args:
        lengths: Each twice the one before.
        prepare: Makes the calculations of a length.
        limits: A calculation that is foreseen to exceed them is left out at this length and all longer ones.

    Returns:
        `rows`: the `length`, and by name the `seconds` of each round and the `memory` at the peak; and
        `left_out`: the `length`, the `name`, `what` would have been too much, how much was `foreseen`, and
        the `limit`.
    """
    costs = _Costs(limits)
    rows, left_out = [], []
    for length in lengths:
        runners = {}
        for name, run in prepare(length).items():
            if reason := costs.too_much(name):
                left_out.append({"length": length} | reason)
            else:
                runners[name] = run
        if runners:
            rows.append({"length": length} | _measure(runners, costs))
    return {"rows": rows, "left_out": left_out}


def _measure(runners: Runners, costs: _Costs) -> dict[str, Any]:
    # The call in which memory is counted is slower; it is at the same time the one that warms up.
    memory = {name: peak_allocated(run) for name, run in runners.items()}
    seconds = race(runners, costs.limits)
    for name in runners:
        costs.memory[name].append(memory[name])
        costs.seconds[name].append(sorted(seconds[name])[len(seconds[name]) // 2])
    return {"seconds": seconds, "memory": memory}
