"""Tokenised texts to packed batches, segments with them."""

import pytest

from manyheads.batches.labelled import pack_texts
from manyheads.text.text_tokens import TextTokens


def tokens(ids, segments):
    count = len(ids)
    return TextTokens(ids, segments, [(0, 0)] * count, [None] * count, [None] * count, truncated=False)


def test_pairs_are_packed_with_their_segments():
    packed = pack_texts([tokens([5, 6, 7], [0, 0, 1]), tokens([8, 9], [0, 1])])
    assert packed.token_ids.tolist() == [5, 6, 7, 8, 9]
    assert packed.segment_ids.tolist() == [0, 0, 1, 0, 1]
    assert packed.lengths.values == (3, 2)


def test_single_texts_need_no_segments():
    packed = pack_texts([tokens([5, 6, 7], [0, 0, 0]), tokens([8], [0])])
    assert packed.segment_ids is None
    assert packed.unpack() == [[5, 6, 7], [8]]
    assert pack_texts([]).lengths.values == ()


def test_a_text_without_tokens_is_refused_by_its_place():
    with pytest.raises(ValueError, match=r"needs a token, but text 1 has none"):
        pack_texts([tokens([5], [0]), tokens([], [])])
