"""Tokenised texts, or pairs of them, to packed batches for an encoder."""

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from manyheads.batches.packed import Lengths, Packed
from manyheads.text.text_tokenizer import TextTokens


def pack_texts(tokens: Sequence[TextTokens]) -> Packed:
    """Pack texts as their tokenizer closed them, special tokens included.

    Args:
        tokens: The tokens of each text or pair; none may be without any.

    Returns:
        The packed batch, on the CPU; with segments only where a token is of a second text.

    Raises:
        ValueError: A text has no token at all: softmax over nothing has no value.
    """
    lengths = tuple(len(text.token_ids) for text in tokens)
    if 0 in lengths:
        raise ValueError(f"a packed sequence needs a token, but text {lengths.index(0)} has none")
    segments = _flat(text.segment_ids for text in tokens)
    return Packed(
        _flat(text.token_ids for text in tokens), Lengths(lengths), segments if segments.any() else None
    )


def _flat(rows: Iterable[Sequence[int]]) -> Int[Tensor, " tokens"]:
    parts = [np.asarray(row, np.int64) for row in rows]
    return torch.from_numpy(np.concatenate(parts) if parts else np.empty(0, np.int64))
