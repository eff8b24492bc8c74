"""WikiText as plain text: its tokenisation undone, its headings left out."""

import re

_MARKED = re.compile(r" @([-,.])@ ")
_BEFORE = re.compile(r" (?=[,.;:!?)\]%]|'s\b|n't\b|'(?:re|ve|ll|d|m)\b)")
_AFTER = re.compile(r"(?<=[(\[$£]) ")
_OF_SEVERAL = re.compile(r"(?<=s) (?=' )")
_RANGE = re.compile(r"(?<=\d) – (?=\d)")
_QUOTED = re.compile(r'" ([^"]*?) "')
_HEADING = re.compile(r"=.*=")


def plain_text(line: str) -> str:
    """Write a line as people do; a heading or an empty line gives an empty text.

    A space before `'` is taken for one in `dogs ' tails` where an `s` stands before it.

    Example:
        >>> plain_text(' It weighs 0 @.@ 7 kg ( 2 lb ) , " heavy " for a well @-@ fed one . ')
        'It weighs 0.7 kg (2 lb), "heavy" for a well-fed one.'
    """
    text = line.strip()
    if _HEADING.fullmatch(text):
        return ""
    text = _QUOTED.sub(r'"\1"', _RANGE.sub("–", _MARKED.sub(r"\1", text)))
    for space in (_BEFORE, _AFTER, _OF_SEVERAL):
        text = space.sub("", text)
    return text
