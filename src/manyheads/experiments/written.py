"""Numbers as reports write them: times, sizes and ratios, and what was left out."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from manyheads.experiments.report import Part, Table, Text


def capital(words: str) -> str:
    """Begin with a capital letter.

    Args:
        words: A phrase, not empty.

    Returns:
        The same, fit to begin a sentence.
    """
    return words[0].upper() + words[1:]


def in_a_row(words: Sequence[str]) -> str:
    """Join words as a sentence does.

    Args:
        words: Any number of them.

    Returns:
        One string; empty where there are none.

    Example:
        >>> in_a_row(["8", "64", "256"])
        '8, 64 and 256'
    """
    return " and ".join([*filter(None, [", ".join(words[:-1])]), *words[-1:]])


def milliseconds(seconds: Sequence[float] | None) -> str:
    """Write the median of some times.

    Args:
        seconds: One a round; None where nothing was measured.

    Returns:
        Milliseconds, or a dash.
    """
    return "–" if seconds is None else figures(1000 * median(seconds))


def megabytes(size: float | None) -> str:
    """Write a size.

    Args:
        size: Bytes; None where nothing was measured.

    Returns:
        Millions of bytes, or a dash.
    """
    return "–" if size is None else figures(size / 1e6)


def times(ratio: float | None) -> str:
    """Write a ratio.

    Args:
        ratio: How many times; None where nothing was measured.

    Returns:
        The number, or a dash.
    """
    return "–" if ratio is None else f"{ratio:.2f}"


def figures(number: float) -> str:
    """Write three figures of a number, and all those before the point.

    Args:
        number: Not negative.

    Returns:
        The number.

    Example:
        >>> figures(1.2345), figures(12.345), figures(12345.6)
        ('1.23', '12.3', '12,346')
    """
    digits = 2 if number < 10 else 1 if number < 100 else 0
    return f"{number:,.{digits}f}"


def left_out_parts(races: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[Part]:
    """List from which length on something was left out, and why.

    Args:
        races: What `race_along` left out, by where.

    Returns:
        A table, or a sentence where nothing was.
    """
    firsts: dict[tuple[str, str], Mapping[str, Any]] = {}
    for where, left_out in races.items():
        for each in left_out:
            firsts.setdefault((where, each["name"]), each)
    if not firsts:
        return [Text("No length was left out.")]
    rows = [
        [
            f"{where}: {name}",
            f"{first['length']:,}",
            _cost(first["what"], first["foreseen"]),
            _cost(first["what"], first["limit"]),
        ]
        for (where, name), first in firsts.items()
    ]
    return [
        Text(
            "Left out, because a call would take more than the limit, as foreseen from the two lengths "
            "before:"
        ),
        Table(["what", "from length", "foreseen there", "limit"], rows),
    ]


def _cost(what: str, cost: float) -> str:
    return f"{figures(cost)} s" if what == "seconds" else f"{figures(cost / 1e6)} MB"
