"""Which pairs are not worth training on, and why.

A text is cleaned by taking off its outer white space and turning line ends and tabs within it into spaces:
a pair is one line. Nothing else of it is touched.
"""

import re
from dataclasses import dataclass
from enum import IntEnum

RATIO_SLACK = 10
"""Characters added to both sides before their ratio is taken: short answers differ much and mean the same."""

_BREAKS = re.compile("[\t\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+")


class Reason(IntEnum):
    """Why a pair was removed; the first reason that applies, in this order."""

    KEPT = 0
    EMPTY = 1
    SAME = 2
    RATIO = 3
    DUPLICATE = 4
    LENGTH = 5


REMOVED = tuple(reason for reason in Reason if reason is not Reason.KEPT)
"""The reasons for removal, in the order in which they are tried."""


@dataclass(frozen=True, slots=True)
class CleaningRules:
    """What a training pair must be; pairs with an empty side are always removed.

    Attributes:
        max_ratio: How often the characters of the other a side may have, 10 added to each; None: any.
        drop_same: Remove pairs with the same text on both sides.
        drop_duplicates: Keep only the first of equal pairs.
        max_tokens: The most tokens of a side, once tokenised; None: any.
    """

    max_ratio: float | None = 4.0
    drop_same: bool = True
    drop_duplicates: bool = True
    max_tokens: int | None = 256


def clean_text(text: str) -> str:
    r"""Make a text one line without outer white space.

    Args:
        text: Any text.

    Returns:
        The text; its inner spaces are as they were.

    Example:
        >>> clean_text(" two\r\nlines,  one text\n")
        'two lines,  one text'
    """
    text = text.strip()
    return text if text.isprintable() else _BREAKS.sub(" ", text)


def judge(src: str, tgt: str, rules: CleaningRules) -> Reason:
    """Tell whether a pair can stay, by all rules that need nothing but the pair's text.

    Args:
        src: The cleaned source.
        tgt: The cleaned target.
        rules: What is asked of it.

    Returns:
        Why it has to go, or that it is kept.

    Example:
        >>> judge("Ja.", "Yes, indeed.", CleaningRules())
        <Reason.KEPT: 0>
        >>> judge("Ja.", "This sentence is the translation of something else.", CleaningRules(max_ratio=4.0))
        <Reason.RATIO: 3>
    """
    if not src or not tgt:
        return Reason.EMPTY
    if rules.drop_same and src == tgt:
        return Reason.SAME
    if rules.max_ratio is not None:
        shorter, longer = sorted((len(src), len(tgt)))
        if longer + RATIO_SLACK > rules.max_ratio * (shorter + RATIO_SLACK):
            return Reason.RATIO
    return Reason.KEPT
