"""Where curves cross: from which length on one calculation is slower than another."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from manyheads.experiments.written import in_a_row

Row = Mapping[str, Any]
Rows = Sequence[Row]
"""What `race_along` gives for each length."""


def ratio(row: Row, one: str, other: str) -> float | None:
    """Tell how many times as long one takes as the other.

    Args:
        row: Both raced in it, or one of them did not.
        one: The one.
        other: The other.

    Returns:
        The median of the rounds' ratios: what slowed a whole round cancels. None where one was left out.
    """
    seconds = row["seconds"]
    if one not in seconds or other not in seconds:
        return None
    return median(mine / yours for mine, yours in zip(seconds[one], seconds[other], strict=True))


def ratio_of_medians(row: Row, one: str, other: str) -> float | None:
    """Tell how many times as long one takes as the other, though they did not take turns.

    Args:
        row: Has the seconds of both, or of one of them.
        one: The one.
        other: The other.

    Returns:
        The ratio of their medians. None where one was left out.
    """
    seconds = row["seconds"]
    if one not in seconds or other not in seconds:
        return None
    return median(seconds[one]) / median(seconds[other])


def at_better_threads(races: Sequence[Row], direction: str) -> list[dict[str, Any]]:
    """Take each contestant, at each length, with the number of threads at which it was fastest.

    Args:
        races: What `time_layers` gave, races that differ in the number of threads.
        direction: Which of its directions.

    Returns:
        For each length its `length`, and by name the `seconds` of each round and the `threads`.
    """
    merged: dict[int, dict[str, Any]] = {}
    for race in races:
        for row in race[direction]["rows"]:
            best = merged.setdefault(row["length"], {"length": row["length"], "seconds": {}, "threads": {}})
            for name, seconds in row["seconds"].items():
                known = best["seconds"].get(name)
                if known is None or median(seconds) < median(known):
                    best["seconds"][name], best["threads"][name] = seconds, race["threads"]
    return [merged[length] for length in sorted(merged)]


@dataclass(frozen=True, slots=True)
class Crossing:
    """At which lengths one is slower than the other.

    Attributes:
        compared: The lengths at which both were measured.
        slower: Those of them at which the one takes longer.
    """

    compared: tuple[int, ...]
    slower: tuple[int, ...]

    @property
    def first(self) -> int | None:
        """The first length at which the one is slower."""
        return self.slower[0] if self.slower else None

    @property
    def for_good(self) -> int | None:
        """The length from which on the one is slower at all that were measured."""
        count = len(self.slower)
        while count and self.slower[-count:] != self.compared[-count:]:
            count -= 1
        return self.slower[-count] if count else None

    def in_words(self) -> str:
        """Say it to people, to be read behind "is slower"."""
        if not self.compared:
            return "not measured"
        if not self.slower:
            return f"at no length up to {self.compared[-1]:,}"
        if self.slower == self.compared:
            return f"at every length from {self.compared[0]:,} to {self.compared[-1]:,}"
        good = self.for_good
        early = [f"{length:,}" for length in self.slower if good is None or length < good]
        said = [f"at {in_a_row(early)}"] if early else []
        if good is not None:
            last = self.compared[-1]
            said.append(
                f"from {good:,} to {last:,} tokens, the longest for both"
                if good < last
                else f"at {last:,} tokens, the longest for both"
            )
        return ", and ".join(said)


def crossing(
    rows: Rows, one: str, other: str, *, compare: Callable[[Row, str, str], float | None] = ratio
) -> Crossing:
    """Find the lengths at which one takes longer than the other.

    Args:
        rows: What was measured, shortest length first.
        one: The one.
        other: The other.
        compare: Tells how many times as long the one takes.

    Returns:
        The lengths.
    """
    ratios = {row["length"]: compare(row, one, other) for row in rows}
    compared = {length: found for length, found in ratios.items() if found is not None}
    return Crossing(tuple(compared), tuple(length for length, found in compared.items() if found > 1))
