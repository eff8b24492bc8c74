"""The options that draw translations at random, checked together before a model is loaded."""

from math import inf
from typing import TypedDict

from manyheads.errors import InputError


class Drawing(TypedDict, total=False):
    """What was asked for; `inference.translate.Sampling` has the defaults."""

    temperature: float
    top_k: int
    top_p: float
    seed: int


def read_drawing(
    *,
    sample: bool,
    beam: int | None,
    n_best: int,
    temperature: float | None,
    top_k: int | None,
    top_p: float | None,
    seed: int | None,
) -> Drawing | None:
    """Check what belongs to --sample, and what does not.

    Args:
        sample: Whether to draw at all.
        beam: Of the search that is then not made.
        n_best: Of that search too.
        temperature: More than 0.
        top_k: At least 1.
        top_p: Above 0 and at most 1.
        seed: Any whole number.

    Returns:
        What was given of the four; None where translations are searched for.

    Raises:
        InputError: Options that do not go together, or a value out of its range.
    """
    given = {"temperature": temperature, "top_k": top_k, "top_p": top_p, "seed": seed}
    given = {name: value for name, value in given.items() if value is not None}
    if given and not sample:
        names = " and ".join(f"--{name.replace('_', '-')}" for name in given)
        raise InputError(f"{names} must come with --sample, but that is not given; add it, or leave them out")
    if not sample:
        return None
    if beam is not None or n_best > 1:
        which = "--beam" if beam is not None else "--n-best"
        raise InputError(
            f"{which} belongs to a search, but --sample draws one translation: give one of the two"
        )
    if temperature is not None and not 0 < temperature < inf:
        raise InputError(f"--temperature must be above 0 and finite, but {temperature} was given")
    if top_p is not None and not 0 < top_p <= 1:
        raise InputError(f"--top-p must be above 0 and at most 1, but {top_p} was given")
    return Drawing(**given)
