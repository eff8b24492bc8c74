"""Labelled texts and pairs of texts in packed batches."""

import numpy as np
import pytest
import torch

from manyheads.batches.labelled_batches import (
    PlannedBatches,
    encode_texts,
    in_order_of_length,
    join_texts,
    pack_label_rows,
    pack_partner_rows,
    pack_tag_rows,
)
from manyheads.text.text_tokens import TextTokens


def tokens(*ids, segments=None):
    count = len(ids)
    return TextTokens(
        list(ids), segments or [0] * count, [(0, 0)] * count, [None] * count, [None] * count, truncated=False
    )


@pytest.fixture
def texts():
    """Three texts of 2, 3 and 1 tokens."""
    return encode_texts([tokens(5, 6), tokens(7, 8, 9), tokens(4)])


def test_texts_are_packed_in_the_order_asked_for(texts):
    packed = texts.take(np.array([2, 0]))
    assert (packed.token_ids.tolist(), packed.lengths.values) == ([4, 5, 6], (1, 2))
    assert packed.segment_ids is None
    assert texts.places(np.array([1, 0])).tolist() == [2, 3, 4, 0, 1]
    assert len(texts) == 3


def test_segments_are_packed_where_there_are_second_texts():
    pairs = encode_texts([tokens(5, 6, segments=[0, 1]), tokens(7)])
    assert pairs.take(np.array([1, 0])).segment_ids.tolist() == [0, 0, 1]


def test_no_texts_are_no_tokens():
    nothing = encode_texts([])
    assert (len(nothing), len(nothing.token_ids)) == (0, 0)


def test_labels_come_with_their_texts(texts):
    batch = pack_label_rows(texts, np.array([10, 11, 12]), np.array([1, 2]))
    assert (batch.labels.tolist(), batch.tokens, batch.places) == ([11, 12], 4, None)
    several = pack_label_rows(texts, np.eye(3, 2, dtype=np.float32), np.array([1, 2]))
    assert several.labels.tolist() == [[0.0, 1.0], [0.0, 0.0]]
    assert several.to(torch.device("cpu")).labels.shape == (2, 2)


def test_tags_are_told_at_places_within_the_batch(texts):
    """Tokens 5 6 | 7 8 9 | 4 with tags 0 . | . 1 2 | 3; of texts 2 and 1 the packed tokens are 4 7 8 9."""
    batch = pack_tag_rows(texts, np.array([0, -1, -1, 1, 2, 3]), np.array([2, 1]))
    assert (batch.labels.tolist(), batch.places.tolist()) == ([3, 1, 2], [0, 2, 3])
    assert batch.to(torch.device("cpu")).places.tolist() == [0, 2, 3]


def test_partners_are_packed_by_length_and_found_again(texts):
    """Pairs (5 6, 3) and (7 8 9, 3): by length 3, 3, 5 6, 7 8 9; both have the same partner."""
    first = encode_texts([tokens(5, 6), tokens(7, 8, 9)])
    both = join_texts(first, encode_texts([tokens(3), tokens(3)]))
    batch = pack_partner_rows(both, np.array([0.25, 1.0]), np.array([0, 1, 2, 2]), np.array([1, 0]))
    sequences = batch.texts.unpack()
    assert [len(ids) for ids in sequences] == [1, 1, 2, 3]
    assert [sequences[place] for place in batch.first] == [[7, 8, 9], [5, 6]]
    assert [sequences[place] for place in batch.second] == [[3], [3]]
    assert batch.labels.tolist() == [1.0, 0.25]
    assert batch.same.tolist() == [[False, True], [True, False]]
    assert batch.tokens == 7


def test_a_partner_that_is_another_pairs_text_is_the_same_text_too(texts):
    """Pairs (a, b), (b, c): the partner of the first is the second's very text, and no wrong answer to it."""
    batch = pack_partner_rows(
        join_texts(encode_texts([tokens(1), tokens(2)]), encode_texts([tokens(2), tokens(3)])),
        np.array([1.0, 1.0]),
        np.array([0, 1, 1, 2]),
        np.array([0, 1]),
    )
    assert batch.same.tolist() == [[False, False], [True, False]]


def test_batches_are_a_function_of_seed_and_position():
    lengths = np.array([[3, 1, 4, 1, 5, 9, 2, 6, 5, 3]])

    def batches(seed):
        return PlannedBatches(lengths, budget=10, seed=seed, pack=lambda rows: rows.tolist())

    one, again, other = batches(1), batches(1), batches(2)
    epoch = [one.batch(position) for position in range(one.per_epoch)]
    assert sorted(row for rows in epoch for row in rows) == list(range(10))
    assert all(lengths[0, rows].sum() <= 10 for rows in epoch)
    later = one.per_epoch + 1
    assert again.batch(later) == one.batch(later)
    assert [other.batch(position) for position in range(other.per_epoch)] != epoch


def test_what_is_tried_is_taken_from_the_shortest_on():
    rows = in_order_of_length(np.array([5, 2, 4, 1]), 6)
    assert [batch.tolist() for batch in rows] == [[3, 1], [2], [0]]
