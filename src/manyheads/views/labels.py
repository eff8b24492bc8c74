"""Tokens as labels: visible where they are white space, harmless where they are control characters."""

import unicodedata
from collections.abc import Iterator

from rich.cells import cell_len

# They turn the direction of everything after them, so that a label could rearrange its neighbours.
_TURNS_TEXT = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_ZERO_WIDTH_JOINER = "\u200d"


def label(token: str) -> str:
    r"""Write a token so that a reader sees it and a terminal does not obey it.

    White space around the token is dropped, a token of nothing else becomes `␣`, an empty one `∅`;
    control characters and those that turn the direction of text are written as escapes.

    Args:
        token: What the model read or wrote.

    Returns:
        Text for one line.

    Example:
        >>> label(" dog"), label("  "), label("a\x1b[31m")
        ('dog', '␣', 'a\\x1b[31m')
    """
    if not token:
        return "∅"
    return "".join(_visible(character) for character in token.strip()) or "␣"


def clusters(text: str) -> Iterator[str]:
    """Cut text into what a reader sees as one character: a letter with its marks, a joined emoji.

    Args:
        text: A label.

    Yields:
        One cluster after the other; together they are the text.
    """
    cluster = ""
    for character in text:
        if cluster and cell_len(character) > 0 and not cluster.endswith(_ZERO_WIDTH_JOINER):
            yield cluster
            cluster = ""
        cluster += character
    if cluster:
        yield cluster


def cut(text: str, cells: int) -> str:
    """Shorten text to a width, with `…` where something is left out.

    Args:
        text: A label.
        cells: The width in terminal cells, at least 1; a wide character takes two.

    Returns:
        The text, or its beginning and `…`.

    Example:
        >>> cut("forty-two", 6), cut("四十二", 5)
        ('forty…', '四十…')
    """
    if cell_len(text) <= cells:
        return text
    kept = ""
    for cluster in clusters(text):
        if cell_len(kept + cluster) > cells - 1:
            break
        kept += cluster
    return kept + "…"


def middle(text: str, cells: int) -> str:
    """Put text into the middle of a width, counting wide characters as two.

    Args:
        text: A label that is not wider.
        cells: The width in terminal cells.

    Returns:
        Text of exactly this width.
    """
    room = cells - cell_len(text)
    return " " * (room // 2) + text + " " * (room - room // 2)


def _visible(character: str) -> str:
    """Write one character, escaped where it would act instead of being seen."""
    if unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} or character in _TURNS_TEXT:
        return character.encode("unicode_escape").decode("ascii")
    return character
