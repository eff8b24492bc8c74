"""BERT's embedding, by hand."""

import pytest
import torch
from torch import nn

from manyheads.batches.packed import Packed, pack
from manyheads.model.bert_embedding import BertEmbedding

BATCH = pack([[5, 6, 7], [6]])


def table(*rows):
    return nn.Embedding.from_pretrained(torch.tensor(rows, dtype=torch.float32), freeze=False)


def embedding(*, num_segments=2, **changes):
    """Token t is (t, 0), position p is (0, 10 p), segment s is (100 s, 0); the norm leaves numbers alone."""
    parts = {
        "tokens": table(*[(token, 0) for token in range(11)]),
        "positions": table(*[(0, 10 * position) for position in range(7)]),
        "segments": table(*[(100 * segment, 0) for segment in range(num_segments)]) if num_segments else None,
        "norm": nn.Identity(),
        "dropout": 0.0,
    }
    return BertEmbedding(**(parts | changes))


def test_token_position_and_segment_are_added_and_positions_begin_anew_with_every_text():
    batch = Packed(BATCH.token_ids, BATCH.lengths, torch.tensor([0, 0, 1, 1]))
    assert embedding().embed(batch).tolist() == [[5, 0], [6, 10], [107, 20], [106, 0]]


def test_without_segments_all_tokens_are_of_the_first():
    part = embedding(segments=table((1000, 0), (2000, 0)))
    assert part.embed(BATCH).tolist() == [[1005, 0], [1006, 10], [1007, 20], [1006, 0]]
    said = Packed(BATCH.token_ids, BATCH.lengths, torch.zeros(4, dtype=torch.int64))
    assert torch.equal(part.embed(BATCH), part.embed(said))


@pytest.mark.parametrize("num_segments", [0, 1])
def test_a_model_that_does_not_tell_segments_apart_takes_no_notice_of_them(num_segments):
    batch = Packed(BATCH.token_ids, BATCH.lengths, torch.tensor([0, 0, 1, 1]))
    part = embedding(num_segments=num_segments)
    assert part.embed(batch).tolist() == [[5, 0], [6, 10], [7, 20], [6, 0]]


def test_the_first_token_may_take_a_later_row_of_the_positions():
    part = embedding(first_position=2)
    assert part.embed(BATCH).tolist() == [[5, 20], [6, 30], [7, 40], [6, 20]]
    assert (part.max_length, embedding().max_length) == (5, 7)


def test_the_sum_is_normed_before_it_is_mapped():
    """The norm of (5, 0) is (1, -1), of (6, 10) (-1, 1); the map gives (a, b, a - b) + 1."""
    projection = nn.Linear(2, 3)
    with torch.no_grad():
        projection.weight.copy_(torch.tensor([[1.0, 0], [0, 1], [1, -1]]))
        projection.bias.fill_(1)
    vectors = embedding(norm=nn.LayerNorm(2), projection=projection).embed(pack([[5, 6]]))
    torch.testing.assert_close(vectors, torch.tensor([[2.0, 0, 3], [0, 2, -1]]), rtol=0, atol=1e-4)


def test_numbers_are_dropped_behind_the_norm_and_in_training_alone():
    """The norm's bias makes every number 3; half of them are dropped, the others doubled."""
    norm = nn.LayerNorm(2)
    with torch.no_grad():
        norm.weight.zero_()
        norm.bias.fill_(3)
    part, batch = embedding(norm=norm, dropout=0.5), pack([[4]] * 50)
    assert set(part.embed(batch).flatten().tolist()) == {0.0, 6.0}
    assert set(part.eval().embed(batch).flatten().tolist()) == {3.0}
