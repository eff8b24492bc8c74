"""A translation as maps with tokens beside them, and as two rows to draw lines between."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from manyheads.errors import InputError
from manyheads.inference.alignment import Link, align
from manyheads.inference.translation import Translation
from manyheads.model.tap import Kind
from manyheads.text.tokenizer import BOS_ID, EOS_ID, SPECIAL_TOKENS
from manyheads.views.maps import AttentionMaps, KindMaps

BEGIN, END = SPECIAL_TOKENS[BOS_ID], SPECIAL_TOKENS[EOS_ID]


@dataclass(frozen=True, slots=True)
class Linked:
    """What belongs together in a pair.

    Attributes:
        what: `words` or `pieces`.
        src: Words of the source, or its pieces.
        tgt: Words of the target, or its pieces.
        links: Which of them belong together, counted from 0.
        layer: Whose cross attention says so, averaged over its heads.
    """

    what: Literal["words", "pieces"]
    src: tuple[str, ...]
    tgt: tuple[str, ...]
    links: tuple[Link, ...]
    layer: int


def maps_of_translation(
    translation: Translation,
    *,
    src_text: str,
    model: str,
    notes: Mapping[str, str] = MappingProxyType({}),
) -> AttentionMaps:
    """Put tokens beside a translation's weights.

    A row of `decoder` and `cross` is the token that its step produced, the end token last; the decoder's
    columns are what it had read, the begin token first.

    Args:
        translation: With its attention.
        src_text: What was translated.
        model: The model's name, for captions.
        notes: Further facts for captions.

    Returns:
        The maps of every kind, layer and head.

    Raises:
        InputError: The translation was asked for without attention, or its source was empty.
    """
    if translation.attention is None:
        raise InputError(
            f"attention must be asked for, and the text not be empty; there is none for {src_text!r}"
        )
    steps = translation.attention.cross.shape[2]
    read = (*translation.src_tokens, END)
    written = (*translation.tokens, END)[:steps]
    axes: dict[Kind, tuple[tuple[str, ...], tuple[str, ...]]] = {
        "encoder": (read, read),
        "decoder": (written, (BEGIN, *translation.tokens)[:steps]),
        "cross": (written, read),
    }
    weights = translation.attention.kinds()
    kinds = {kind: KindMaps(*axes[kind], shares) for kind, shares in weights.items()}
    return AttentionMaps(model, src_text, translation.text, kinds, notes)


def link_words(translation: Translation, *, src_text: str, layer: int) -> Linked:
    """Link the words of a translation; where one side is a single word, its pieces.

    Args:
        translation: With its attention and alignment.
        src_text: What was translated.
        layer: Whose cross attention links the pieces.

    Returns:
        What to draw; nothing on either side for an empty translation.
    """
    src, tgt = tuple(src_text.split()), tuple(translation.text.split())
    if min(len(src), len(tgt)) > 1 or translation.attention is None:
        return Linked("words", src, tgt, translation.alignment or (), layer)
    # A piece of white space alone is no thing to draw a line to.
    columns = [number if piece.strip() else None for number, piece in enumerate(translation.src_tokens)]
    rows = [number if piece.strip() else None for number, piece in enumerate(translation.tokens)]
    links = align(translation.attention.cross[layer], columns, rows)
    return Linked("pieces", translation.src_tokens, translation.tokens, links, layer)
