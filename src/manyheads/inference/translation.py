"""One answer of a translator, and several put together where a text was translated in pieces."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from manyheads.inference.alignment import Link
from manyheads.inference.maps import Attention
from manyheads.text.sentences import Piece


@dataclass(frozen=True, slots=True)
class Translation:
    """One answer.

    Attributes:
        text: The translation.
        tokens: The pieces of `text`; they join to it, but for the white space that was kept from the source.
        token_ids: The ids that were generated, without the end token.
        log_probs: Natural log probability of each token, the end token last.
        score: Their sum over their number to the power of the length penalty.
        src_tokens: The pieces of the source that the model read.
        n_best: All hypotheses asked for, best first, this one among them; empty unless several were asked
            for.
        attention: Every layer's and head's weights, where asked for.
        alignment: (source word, target word), 0-based, where asked for.
        truncated: Whether the source was cut to the model's limit.
        finished: Whether the model itself ended it, rather than the limit that config.json sets (`decoding`).
    """

    text: str
    tokens: tuple[str, ...] = ()
    token_ids: tuple[int, ...] = ()
    log_probs: tuple[float, ...] = ()
    score: float = 0.0
    src_tokens: tuple[str, ...] = ()
    n_best: tuple["Translation", ...] = ()
    attention: Attention | None = None
    alignment: tuple[Link, ...] | None = None
    truncated: bool = False
    finished: bool = True


def join(text: str, parts: Sequence[Piece], translations: Sequence[Translation]) -> Translation:
    """Put the translations of a text's pieces together, with the white space that stood around them.

    Args:
        text: The whole source.
        parts: Its pieces.
        translations: One a piece.

    Returns:
        The translation of the whole.
    """
    before = text[: len(text) - len(text.lstrip())] if text.strip() else ""
    joined = before + "".join(done.text + part.after for done, part in zip(translations, parts, strict=True))
    first = translations[0]
    if len(parts) == 1:
        truncated = len(parts[0].text) < len(text.strip())
        n_best = tuple(replace(other, text=before + other.text + parts[0].after) for other in first.n_best)
        return replace(first, text=joined, n_best=n_best, truncated=truncated)
    return Translation(
        text=joined,
        tokens=tuple(token for done in translations for token in done.tokens),
        token_ids=tuple(token for done in translations for token in done.token_ids),
        log_probs=tuple(number for done in translations for number in done.log_probs),
        score=sum(done.score for done in translations) / len(translations),
        src_tokens=tuple(token for done in translations for token in done.src_tokens),
        alignment=_join_links(parts, translations),
        finished=all(done.finished for done in translations),
    )


def _join_links(parts: Sequence[Piece], translations: Sequence[Translation]) -> tuple[Link, ...] | None:
    """Number the words of all pieces through."""
    if any(done.alignment is None for done in translations):
        return None
    src = _first_words([part.text + part.after for part in parts])
    tgt = _first_words([done.text + part.after for part, done in zip(parts, translations, strict=True)])
    links = [
        (src[number] + i, tgt[number] + j)
        for number, done in enumerate(translations)
        for i, j in done.alignment or ()
    ]
    return tuple(sorted(set(links)))


def _first_words(pieces: Sequence[str]) -> list[int]:
    """Number each piece's first word in the whole: where no white space stands between, a word goes on."""
    firsts, words, before = [], 0, ""
    for piece in pieces:
        goes_on = bool(before[-1:].strip() and piece[:1].strip())
        firsts.append(words - goes_on)
        words, before = words - goes_on + len(piece.split()), piece or before
    return firsts
