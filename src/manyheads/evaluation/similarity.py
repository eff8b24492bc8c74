"""How well numbers follow other numbers: Pearson's and Spearman's correlation."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Float64

from manyheads.errors import InputError

Numbers = Sequence[float] | Float[np.ndarray, " count"]
"""Numbers in their order."""

_LEAST = 2


@dataclass(frozen=True, slots=True)
class Correlations:
    """How well a model's numbers follow the right ones, from -1 to 1.

    Attributes:
        spearman: Of their ranks: is what is said higher the higher one? Equal numbers share a rank.
        pearson: Of the numbers: do they lie on a rising line?
        count: How many there are.
    """

    spearman: float
    pearson: float
    count: int

    def lines(self) -> list[str]:
        """Lay both out for people."""
        return [f"Spearman  {self.spearman:.4f}", f"Pearson   {self.pearson:.4f}"]

    def as_dict(self) -> dict[str, Any]:
        """Give everything as plain values, ready for JSON."""
        return asdict(self)


def correlate(predicted: Numbers, truth: Numbers) -> Correlations:
    """Correlate a model's numbers with the right ones.

    Args:
        predicted: What the model said.
        truth: What is right, in the same order.

    Returns:
        Both correlations.

    Raises:
        InputError: The counts differ or are below two, a number is infinite or none, or all are the same, for
            then there is no correlation.
    """
    if len(predicted) != len(truth) or len(truth) < _LEAST:
        raise InputError(
            f"a correlation needs at least {_LEAST} predictions and as many right numbers, "
            f"but {len(predicted):,} and {len(truth):,} were given"
        )
    # A second to import, and every training imports this file.
    from scipy.stats import rankdata

    said, true = (_checked(numbers, whose) for numbers, whose in ((predicted, "predicted"), (truth, "right")))
    spearman = _pearson(rankdata(said), rankdata(true))
    return Correlations(spearman, _pearson(said, true), len(truth))


def _pearson(said: Float64[np.ndarray, " count"], true: Float64[np.ndarray, " count"]) -> float:
    return float(np.corrcoef(said, true)[0, 1])


def _checked(numbers: Numbers, whose: str) -> Float64[np.ndarray, " count"]:
    array = np.asarray(numbers, np.float64)
    if not np.isfinite(array).all():
        place = int(np.flatnonzero(~np.isfinite(array))[0])
        raise InputError(
            f"a correlation needs finite numbers, but the {whose} number {place + 1} is {array[place]}"
        )
    if (array == array[0]).all():
        raise InputError(
            f"a correlation needs numbers that differ, but all {len(array):,} {whose} ones are {array[0]:g}"
        )
    return array
