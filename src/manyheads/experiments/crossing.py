"""Where curves cross: from which length on one calculation is slower than another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

Rows = Sequence[Mapping[str, Any]]
"""What `race_along` gives for each length."""


def ratio(row: Mapping[str, Any], one: str, other: str) -> float | None:
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
        if good == self.first:
            return f"from {good:,} tokens on"
        early = " and ".join(f"{length:,}" for length in self.slower if good is None or length < good)
        return f"at {early}" + ("" if good is None else f", and from {good:,} tokens on")


def crossing(rows: Rows, one: str, other: str) -> Crossing:
    """Find the lengths at which one takes longer than the other.

    Args:
        rows: What was measured, shortest length first.
        one: The one.
        other: The other.

    Returns:
        The lengths.
    """
    ratios = {row["length"]: ratio(row, one, other) for row in rows}
    compared = {length: found for length, found in ratios.items() if found is not None}
    return Crossing(tuple(compared), tuple(length for length, found in compared.items() if found > 1))
