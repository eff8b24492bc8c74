"""The frame that a model puts around its texts: which special tokens stand where, and in which segment."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

import tokenizers
from tokenizers import processors

from manyheads.errors import ModelError


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in the frame that a model puts around its texts: a special token, or a whole text.

    Attributes:
        token_id: The special token that always stands there; None where a text stands.
        side: Which text stands there: 0 the first, 1 the second; None for a special token.
        segment_id: The segment that the model counts this place to.
    """

    token_id: int | None
    side: int | None
    segment_id: int


def find_frame(tokenizer: tokenizers.Tokenizer, *, pair: bool) -> tuple[Slot, ...]:
    """Look at what a tokenizer puts around a letter.

    Args:
        tokenizer: Any one.
        pair: Whether there are two texts.

    Returns:
        The places in order; a text is one place.

    Raises:
        ModelError: If the letter has no tokens.
    """
    encoding = tokenizer.encode_batch([("a", "a") if pair else "a"])[0]
    places = zip(encoding.ids, encoding.sequence_ids, encoding.type_ids, strict=True)
    slots = [Slot(token_id if side is None else None, side, segment) for token_id, side, segment in places]
    if {slot.side for slot in slots} - {None} != ({0, 1} if pair else {0}):
        raise ModelError("a tokenizer must give at least one token for the letter a, but this gives none")
    runs = ((slot, list(run)) for slot, run in groupby(slots))
    return tuple(place for slot, run in runs for place in (run if slot.side is None else [slot]))


def give_bert_frame(tokenizer: tokenizers.Tokenizer, tokens: Mapping[str, str]) -> None:
    """Give a tokenizer BERT's frame: `[CLS] A [SEP]`, and `[CLS] A [SEP] B [SEP]` with two segments.

    Args:
        tokenizer: The tokenizer, which is changed.
        tokens: Its special tokens by role.
    """
    cls, sep = tokens["cls_token"], tokens["sep_token"]
    template = processors.TemplateProcessing(
        single=[f"{cls}:0", "$A:0", f"{sep}:0"],
        pair=[f"{cls}:0", "$A:0", f"{sep}:0", "$B:1", f"{sep}:1"],
        special_tokens=[(token, tokenizer.token_to_id(token)) for token in (cls, sep)],
    )
    before = [tokenizer.post_processor] if tokenizer.post_processor else []
    tokenizer.post_processor = processors.Sequence([*before, template]) if before else template
