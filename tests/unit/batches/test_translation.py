"""Packed pairs, and the shift between what the decoder reads and what it has to say."""

import numpy as np
import pyarrow as pa
import pytest
import torch

from manyheads.batches.translation import TranslationBatches, close_source, pack_pairs
from manyheads.text.token_pairs import TokenPairs
from manyheads.text.tokenizer import BOS_ID, EOS_ID, OUR_PAIR

BOS, EOS = BOS_ID, EOS_ID


def ids(*rows):
    return [np.array(row, dtype=np.int32) for row in rows]


def test_a_source_ends_with_the_end_token():
    packed = close_source(ids([7, 8], [9]), OUR_PAIR.src)
    assert packed.unpack() == [[7, 8, EOS], [9, EOS]]
    assert packed.token_ids.dtype == torch.int64


def test_labels_are_the_target_shifted_by_one():
    """At the begin token the decoder has to say 5, at 5 it has to say 6, at 6 the end."""
    batch = pack_pairs(ids([7], [8, 9]), ids([5, 6], [4]), OUR_PAIR)
    assert batch.src.unpack() == [[7, EOS], [8, 9, EOS]]
    assert batch.tgt.unpack() == [[BOS, 5, 6], [BOS, 4]]
    assert batch.labels.tolist() == [5, 6, EOS, 4, EOS]


def test_an_empty_side_still_has_its_special_token():
    batch = pack_pairs(ids([]), ids([]), OUR_PAIR)
    assert (batch.src.unpack(), batch.tgt.unpack(), batch.labels.tolist()) == ([[EOS]], [[BOS]], [EOS])


def test_the_size_of_a_batch_counts_both_sides_with_their_special_tokens():
    """Sources 2 + 3 tokens, targets 3 + 2."""
    assert pack_pairs(ids([7], [8, 9]), ids([5, 6], [4]), OUR_PAIR).tokens == 10


def test_a_copy_on_another_device_takes_all_three_along():
    batch = pack_pairs(ids([7]), ids([5]), OUR_PAIR).to(torch.device("meta"))
    tensors = (batch.src.token_ids, batch.tgt.token_ids, batch.labels)
    assert [tensor.device.type for tensor in tensors] == ["meta"] * 3


@pytest.fixture
def pairs():
    """Seventy pairs; the source of row n is n, as often as its length says, the target likewise."""
    rng = np.random.default_rng(1)
    sides = {
        side: [[row + 3] * int(length) for row, length in enumerate(rng.integers(1, 9, 70))]
        for side in ("src", "tgt")
    }
    kind = pa.list_(pa.int32())
    return TokenPairs(pa.table({side: pa.array(rows, kind) for side, rows in sides.items()}))


def test_a_batch_holds_the_pairs_of_its_rows(pairs):
    batches = TranslationBatches(pairs, budget=60, seed=3, special=OUR_PAIR)
    for position in range(batches.per_epoch):
        rows = (batches.rows(position) + 3).tolist()
        batch = batches.batch(position)
        assert [sentence[0] for sentence in batch.src.unpack()] == rows
        assert [sentence[1] for sentence in batch.tgt.unpack()] == rows


def test_an_epoch_goes_through_every_pair_once_within_the_budget(pairs):
    batches = TranslationBatches(pairs, budget=60, seed=3, special=OUR_PAIR)
    for epoch in range(3):
        positions = range(epoch * batches.per_epoch, (epoch + 1) * batches.per_epoch)
        seen = np.concatenate([batches.rows(position) for position in positions])
        assert sorted(seen.tolist()) == list(range(70))
        assert all(batches.batch(position).tokens <= 60 for position in positions)


def test_a_batch_is_a_function_of_seed_and_position_whatever_was_asked_before(pairs):
    batches, others = (TranslationBatches(pairs, budget=60, seed=3, special=OUR_PAIR) for _ in range(2))
    far = 5 * batches.per_epoch + 1
    forward = [batches.rows(position).tolist() for position in range(far + 1)]
    assert others.rows(far).tolist() == forward[far]
    assert [others.rows(position).tolist() for position in reversed(range(far + 1))] == forward[::-1]
    changed = TranslationBatches(pairs, budget=60, seed=4, special=OUR_PAIR)
    assert [changed.rows(position).tolist() for position in range(far + 1)] != forward
