"""Packed batches, against batches packed by hand."""

import pytest
import torch

from manyheads.batches.packed import Layout, Lengths, Packed, from_padded, pack

CPU = torch.device("cpu")


def test_sequences_stand_one_after_another():
    packed = pack([[5, 6, 7], [8], [9, 10]])
    assert packed.token_ids.tolist() == [5, 6, 7, 8, 9, 10]
    assert packed.token_ids.dtype == torch.int64
    assert packed.lengths.values == (3, 1, 2)


def test_lengths_say_where_sequences_begin_and_where_the_batch_ends():
    lengths = Lengths((3, 1, 2))
    assert (lengths.starts, lengths.total, len(lengths)) == ((0, 3, 4, 6), 6, 3)


def test_positions_count_within_each_sequence():
    assert Lengths((3, 1, 2)).positions(CPU).tolist() == [0, 1, 2, 0, 0, 1]


def test_a_batch_of_nothing_has_no_tokens():
    empty = pack([])
    assert (empty.token_ids.tolist(), empty.lengths.total, empty.unpack()) == ([], 0, [])
    assert empty.lengths.positions(CPU).tolist() == []
    assert Layout(empty.lengths, empty.lengths).runs == ()


def test_unpacking_gives_the_sequences_back():
    sequences = [[5, 6, 7], [8], [9, 10]]
    assert pack(sequences).unpack() == sequences


def test_an_empty_sequence_is_refused_by_its_place():
    with pytest.raises(ValueError, match=r"needs a token, but sequence 1 has none"):
        pack([[4], [], [5], []])


def test_neighbours_of_one_shape_make_a_run():
    """Pairs (3,2) (3,2) (3,5) (1,5) (3,2): the second and third share one length only, the last stands apart.

    Queries begin at 0 3 6 9 10, keys at 0 2 4 9 14.
    """
    query, key = Lengths((3, 3, 3, 1, 3)), Lengths((2, 2, 5, 5, 2))
    runs = Layout(query, key).runs
    assert [(run.first_sequence, run.sequences, run.query_len, run.key_len) for run in runs] == [
        (0, 2, 3, 2),
        (2, 1, 3, 5),
        (3, 1, 1, 5),
        (4, 1, 3, 2),
    ]
    assert [run.queries for run in runs] == [slice(0, 6), slice(6, 9), slice(9, 10), slice(10, 13)]
    assert [run.keys for run in runs] == [slice(0, 4), slice(4, 9), slice(9, 14), slice(14, 16)]


def test_a_layout_needs_a_key_sequence_for_each_query_sequence():
    with pytest.raises(ValueError, match="shorter"):
        _ = Layout(Lengths((3, 1)), Lengths((2,))).runs


def test_padding_is_left_at_the_border_wherever_it_stands():
    """0 is padding here, in front, behind and between; the 0 that the mask calls real stays."""
    ids = torch.tensor([[0, 4, 5, 0], [6, 0, 7, 0], [0, 0, 0, 8]])
    mask = torch.tensor([[0, 1, 1, 0], [1, 0, 1, 1], [0, 0, 0, 1]], dtype=torch.bool)
    assert from_padded(ids, mask).unpack() == [[4, 5], [6, 7, 0], [8]]


def test_a_row_of_padding_alone_is_refused():
    with pytest.raises(ValueError, match="sequence 1 has none"):
        from_padded(torch.tensor([[4], [0]]), torch.tensor([[True], [False]]))


def test_a_copy_on_another_device_keeps_its_lengths():
    moved = pack([[5, 6], [7]]).to(torch.device("meta"))
    assert isinstance(moved, Packed)
    assert moved.token_ids.device.type == "meta"
    assert moved.lengths.values == (2, 1)
