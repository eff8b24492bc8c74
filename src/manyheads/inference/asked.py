"""Texts that cannot be run, refused before anything is: by their number, in a file by their line."""

from collections.abc import Callable, Sequence
from typing import Literal, get_args

from manyheads.errors import InputError, suggest

Long = Literal["truncate", "split", "error"]
"""What to do with a text that has more tokens than the model takes."""

Where = Callable[[int], str]
"""Says where a text stands, by its number from 0."""


def check_call(texts: Sequence[str], long: str, pairs: Sequence[str] | None = None) -> None:
    """Refuse what cannot be run.

    Args:
        texts: The texts.
        long: What to do with long ones.
        pairs: The second texts; None where there are none.

    Raises:
        InputError: No list, an empty text, half a pair, or an unknown `long`.
    """
    check_lists(texts, [] if pairs is None else pairs, long=long)
    if pairs is None:
        refuse_empty(texts, lambda number: f"text {number + 1}")
    else:
        refuse_half(texts, pairs, lambda number: f"pair {number + 1}")


def check_lists(*texts: Sequence[str], long: str) -> None:
    """Refuse one text where a list belongs, and an unknown `long`; the texts themselves may be empty.

    Args:
        *texts: What should be lists.
        long: What to do with long texts.

    Raises:
        InputError: No list, or an unknown `long`.
    """
    for given in texts:
        if isinstance(given, str):
            raise InputError(
                f"texts must be a list, but the one text {given[:30]!r} was given; put it in brackets"
            )
    if long not in get_args(Long):
        known = ", ".join(get_args(Long))
        raise InputError(f"long must be one of {known}, but is '{long}'{suggest(long, get_args(Long))}")


def refuse_empty(texts: Sequence[str], where: Where) -> None:
    """Refuse a text without anything to read in it.

    Args:
        texts: The texts.
        where: Says where one stands.

    Raises:
        InputError: One is empty, or white space alone.
    """
    for number, text in enumerate(texts):
        if not text.strip():
            raise InputError(f"a text must hold a word, but {where(number)} is empty; remove it")


def refuse_half(texts: Sequence[str], pairs: Sequence[str], where: Where) -> None:
    """Refuse pairs of which one text is missing.

    Args:
        texts: The first texts.
        pairs: The second ones.
        where: Says where a pair stands.

    Raises:
        InputError: There are more of the one, or one is empty, or white space alone.
    """
    if len(texts) != len(pairs):
        raise InputError(
            f"a pair must have both texts, but there are {len(texts)} first and {len(pairs)} second ones"
        )
    for number, (text, second) in enumerate(zip(texts, pairs, strict=True)):
        if not (text.strip() and second.strip()):
            which = "second" if text.strip() else "first"
            raise InputError(f"a pair must have both texts, but {where(number)} lacks the {which} one")


def refuse_long(counts: Sequence[int], limit: int, where: Where, *, pair: bool = False) -> None:
    """Refuse texts with more tokens than the model takes.

    Args:
        counts: The tokens of each text or pair, special ones included.
        limit: The most that the model takes.
        where: Says where one stands.
        pair: Whether these are pairs, which cannot be split.

    Raises:
        InputError: One has too many.
    """
    for number, count in enumerate(counts):
        if count > limit:
            what, ways = ("pair", "truncated") if pair else ("text", "truncated or split")
            raise InputError(
                f"a {what} may have at most {limit} tokens for this model, special ones included, "
                f"but {where(number)} has {count}; let it be {ways} (long)"
            )


def named(texts: Sequence[str], first: int = 0) -> Where:
    """Name texts by their numbers from 1, and how they begin.

    Args:
        texts: Some of all texts.
        first: How many stand before them.

    Returns:
        What says where one of them stands.
    """

    def where(number: int) -> str:
        begin, more = texts[number][:30], "..." if len(texts[number]) > 30 else ""
        return f"text {first + number + 1} ({begin!r}{more})"

    return where
