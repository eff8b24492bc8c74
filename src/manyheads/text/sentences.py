"""Long texts cut where sentences end, so that a model trained on sentences gets sentences.

Nothing is lost: `"".join(piece.text + piece.after for piece in pieces)` is the text. Where the rules cannot
tell an abbreviation from an end they leave the sentences together: a translator bears two short sentences
better than half of one.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias
from unicodedata import category

from manyheads.errors import InputError

# Where one piece ends and where the next begins; between the two is white space or nothing.
_Gap: TypeAlias = tuple[int, int]

_STOPS = ".!?…‽。！？｡।॥؟۔։።"
_CLOSERS = "\"'”’“‘»«›‹)]}」』）】》〉"
_OPENERS = "\"'“‘„‚«»‹›([{「『（【《〈¿¡*-\u2013\u2014"

# Chinese and Japanese put no space after a stop. Behind a closing quote the sentence may well go on
# (he said), so there it only ends where something is opened again.
_UNSPACED_END = re.compile(
    r"(?<![。！？｡])[。！？｡]++(?:[”’」』）】》〉]++(?=[“‘「『（【《〈])|(?![”’」』）】》〉]))"
)
_DOTTED = re.compile(r"(?:[^\W\d_]{1,2}\.)+[^\W\d_]{1,2}")  # z.B, U.S, i.d.R, Ph.D
_ROMAN = re.compile(r"[IVX]+")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Written with a capital, before a name.
_TITLES = _words("""
    Adm Capt Cmdr Col Dipl Dott Dr Dra Drs Fr Frl Gen Gov Hon Hr Hrn Ing Lt Maj Messrs Mgr Mlle Mlles Mme Mmes
    Mr Mrs Ms Mt Pres Prof Rep Rev Sen Sgt Sig Sr Sra Srta St Ste Supt
""")
# Something always follows.
_UNFINISHED = _words("""
    abb al allg approx bijv bspw bzgl bzw ca cf cfr dhr ebd eg ej entspr esp evt evtl exkl geb ggf hg hrsg ie
    incl inkl insb insbes lt mevr mio mrd nr núm resp sog tel ugs urspr vgl viz vs zzgl
""")
# A word or an end by itself, an abbreviation before a number.
_BEFORE_NUMBER = _words("""
    abs apr art aug av bd blz ch dec dez eq feb fig figs jan jul jun kap mar max min no nos nov oct okt pag pg
    pp pág rd sec sect sep sept tab vol
""")
_AT_AN_END = frozenset(["a.m", "p.m"])

_CLAUSE_GAP = re.compile(r"(?<=[,;:)\u2013\u2014])\s+|(?<=[，、；：\u2014])(?=\S)")
_SPACE_GAP = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text and the white space behind it.

    Attributes:
        text: What stands there, without white space at its ends; empty only where the text begins with
            white space.
        after: The white space up to the next piece, perhaps none.
    """

    text: str
    after: str


def split_sentences(text: str) -> list[Piece]:
    """Cut a text at the ends of its lines and sentences.

    Args:
        text: Any text, in a script that ends its sentences with a mark.

    Returns:
        The sentences in order, each with the white space behind it.

    Example:
        >>> [piece.text for piece in split_sentences("Dr. Li paid 3.5 francs. He left.")]
        ['Dr. Li paid 3.5 francs.', 'He left.']
    """
    return _pieces(text, _sentence_gaps(text))


def split_to_fit(text: str, *, max_tokens: int, count_tokens: Callable[[str], int]) -> list[Piece]:
    """Cut a text into sentences, and a sentence that is still too long further.

    A long sentence is cut behind a comma, colon, semicolon, dash or bracket; where that is not enough at
    spaces; then anywhere between characters. The parts are made as long as they may be.

    Args:
        text: Any text.
        max_tokens: The most tokens that a piece may have.
        count_tokens: Gives the number of tokens of a text.

    Returns:
        The pieces in order, each within the limit.

    Raises:
        InputError: If a single character has more than `max_tokens` tokens.
    """
    limit = _Limit(text, max_tokens, count_tokens)
    gaps, start = [], 0
    for gap in [*_sentence_gaps(text), (len(text), len(text))]:
        gaps += [*limit.cuts(start, gap[0], _LEVELS), gap]
        start = gap[1]
    pieces = _pieces(text, gaps)
    for piece in pieces:
        if (tokens := count_tokens(piece.text)) > max_tokens:
            raise InputError(
                f"a piece of text may have at most {max_tokens} tokens, but the character {piece.text!r} "
                f"alone has {tokens}; raise the limit"
            )
    return pieces


def _pieces(text: str, gaps: Iterable[_Gap]) -> list[Piece]:
    """Cut at the gaps; what is behind the last is a piece too."""
    pieces, start = [], 0
    for end, resume in gaps:
        if resume > start:
            pieces.append(Piece(text[start:end], text[end:resume]))
        start = resume
    return [*pieces, Piece(text[start:], "")] if start < len(text) else pieces


def _sentence_gaps(text: str) -> Iterator[_Gap]:
    """White space that ends a line or a sentence, and that at the text's own ends."""
    # Where nothing has a capital, a small letter says nothing about where a sentence begins.
    caseless = text == text.lower()
    words = [word.span() for word in re.finditer(r"\S+", text)]
    previous, bounds = "", [(0, 0), *words, (len(text), len(text))]
    for (start, end), (resume, behind) in pairwise(bounds):
        word, following = text[start:end], text[resume:behind]
        yield from _unspaced_gaps(text, start, end)
        # French sets its closing quote off by a space.
        word = previous + word if word == "»" else word
        at_border = end == 0 or resume == len(text)
        if resume > end and (
            at_border or "\n" in text[end:resume] or _is_end(word, following, caseless=caseless)
        ):
            yield end, resume
        previous = word


def _unspaced_gaps(text: str, start: int, end: int) -> Iterator[_Gap]:
    for stop in _UNSPACED_END.finditer(text, start, end):
        if stop.end() < end:
            yield stop.end(), stop.end()


def _is_end(word: str, following: str, *, caseless: bool) -> bool:
    """Whether a sentence ends with this word, to judge by how the next begins."""
    unquoted = word.rstrip(_CLOSERS)
    stem = unquoted.rstrip(_STOPS)
    stop = unquoted[len(stem) :]
    if not stop or following == "»":
        return False
    if following.lstrip(_OPENERS)[:1].islower() and not caseless:
        return word == "."  # in text cut into words, a full stop stands alone and is no abbreviation's
    return (
        stop != "." or unquoted != word or not _goes_on(stem.lstrip(_OPENERS), following, caseless=caseless)
    )


def _goes_on(stem: str, following: str, *, caseless: bool) -> bool:
    """Whether a dot behind this belongs to an abbreviation, an initial or an ordinal."""
    if stem.lower() in _AT_AN_END:
        return False
    if len(stem) == 1 and stem.isalpha():
        return True
    if (stem.isdecimal() and len(stem) <= 2) or _ROMAN.fullmatch(stem) or _DOTTED.fullmatch(stem):
        return True
    last = re.split(r"[-/('’.]", stem)[-1]
    if last.lower() in _BEFORE_NUMBER:
        return following[:1].isdecimal()
    return (last.capitalize() if caseless else last) in _TITLES or last.lower() in _UNFINISHED


_Finder: TypeAlias = Callable[[str, int, int], list[_Gap]]


def _clause_gaps(text: str, start: int, end: int) -> list[_Gap]:
    return [gap.span() for gap in _CLAUSE_GAP.finditer(text, start, end)]


def _space_gaps(text: str, start: int, end: int) -> list[_Gap]:
    return [gap.span() for gap in _SPACE_GAP.finditer(text, start, end)]


def _character_gaps(text: str, start: int, end: int) -> list[_Gap]:
    """Between characters as people see them, as far as marks and joiners tell."""
    joined = "\u200d"
    return [
        (at, at)
        for at in range(start + 1, end)
        if category(text[at])[0] != "M" and text[at] != joined and text[at - 1] != joined
    ]


def _code_point_gaps(text: str, start: int, end: int) -> list[_Gap]:
    return [(at, at) for at in range(start + 1, end)]


_LEVELS: tuple[_Finder, ...] = (_clause_gaps, _space_gaps, _character_gaps, _code_point_gaps)


@dataclass(frozen=True, slots=True)
class _Limit:
    text: str
    max_tokens: int
    count_tokens: Callable[[str], int]

    def fits(self, start: int, end: int) -> bool:
        return self.count_tokens(self.text[start:end]) <= self.max_tokens

    def cuts(self, start: int, end: int, levels: tuple[_Finder, ...]) -> Iterator[_Gap]:
        """Gaps between which everything fits, as few as possible; a character is never cut."""
        if self.fits(start, end) or not levels:
            return
        gaps = [*(gap for gap in levels[0](self.text, start, end) if gap[0] > start), (end, end)]
        index = 0
        while index < len(gaps):
            reached = _farthest(index, len(gaps), lambda at, start=start: self.fits(start, gaps[at][0]))
            if reached < index:
                yield from self.cuts(start, gaps[index][0], levels[1:])
                reached = index
            if reached < len(gaps) - 1:
                yield gaps[reached]
            start, index = gaps[reached][1], reached + 1


def _farthest(first: int, behind: int, fits: Callable[[int], bool]) -> int:
    """The last index that fits, or the one before `first`.

    Found in growing steps, so that what is counted is never much longer than what fits.
    """
    fitting, step = first - 1, 1
    while fitting + step < behind and fits(fitting + step):
        fitting, step = fitting + step, 2 * step
    failing = min(behind, fitting + step)
    while failing - fitting > 1:
        middle = (fitting + failing) // 2
        if fits(middle):
            fitting = middle
        else:
            failing = middle
    return fitting
