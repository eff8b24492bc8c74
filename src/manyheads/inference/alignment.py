"""Which source word stands for which target word, read off the cross attention."""

import re
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float32

Span = tuple[int, int]
Link = tuple[int, int]


def words_of(text: str, spans: Sequence[Span]) -> list[int | None]:
    """Say to which word each piece of a text belongs.

    Args:
        text: The text; its words are what white space separates.
        spans: Where each piece begins and ends, in characters.

    Returns:
        The 0-based word of each piece's first visible character; None for a piece of white space alone.

    Example:
        >>> words_of("New York", [(0, 3), (3, 6), (6, 8), (8, 8)])
        [0, 1, 1, None]
    """
    word_at: dict[int, int] = {}
    for number, word in enumerate(re.finditer(r"\S+", text)):
        word_at.update(dict.fromkeys(range(*word.span()), number))
    return [next((word_at[place] for place in range(*span) if place in word_at), None) for span in spans]


def align(
    cross: Float32[np.ndarray, "heads steps key_len"],
    src_words: Sequence[int | None],
    tgt_words: Sequence[int | None],
) -> tuple[Link, ...]:
    """Link each target piece to the source piece that its step looked at most.

    Args:
        cross: One layer's cross attention; row i is the step that produced target piece i.
        src_words: The word of each source piece; columns beyond them (the end token) are not looked for.
        tgt_words: The word of each target piece; rows beyond them are left out.

    Returns:
        (source word, target word) of every link, each once, in order.
    """
    if not src_words or not tgt_words:
        return ()
    mean = cross.mean(axis=0)[: len(tgt_words), : len(src_words)]
    wordless = [column for column, word in enumerate(src_words) if word is None]
    mean[:, wordless] = -1
    best = mean.argmax(axis=1)
    links = {(src_words[column], tgt) for column, tgt in zip(best.tolist(), tgt_words, strict=True)}
    return tuple(sorted((src, tgt) for src, tgt in links if src is not None and tgt is not None))


def pharaoh(links: Sequence[Link]) -> str:
    """Write links the way alignment tools exchange them.

    Args:
        links: (source word, target word), 0-based.

    Returns:
        `i-j` for each, separated by spaces.

    Example:
        >>> pharaoh([(0, 0), (2, 1)])
        '0-0 2-1'
    """
    return " ".join(f"{src}-{tgt}" for src, tgt in links)
