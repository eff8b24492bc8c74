import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyheads.text.token_pairs import TokenPairs, TokenPairsWriter

IDS = st.lists(st.integers(0, 2**31 - 1), max_size=5)


def written(path, *chunks):
    with TokenPairsWriter(path) as writer:
        for src, tgt in chunks:
            writer.write(src, tgt)
    return TokenPairs.open(path)


def taken(pairs, rows):
    src, tgt = pairs.take(np.array(rows))
    return [ids.tolist() for ids in src], [ids.tolist() for ids in tgt]


def test_rows_are_taken_in_the_order_asked_for_across_chunks(tmp_path):
    pairs = written(
        tmp_path / "a.arrow", ([[3, 5], [7]], [[11], [13, 17, 19]]), ([], []), ([[23]], [[29, 31]])
    )
    assert len(pairs) == 3
    assert pairs.src_lengths.tolist() == [2, 1, 1]
    assert pairs.tgt_lengths.tolist() == [1, 3, 2]
    assert pairs.src_lengths.dtype == pairs.tgt_lengths.dtype == np.int32
    assert taken(pairs, [2, 0, 1, 0]) == ([[23], [3, 5], [7], [3, 5]], [[29, 31], [11], [13, 17, 19], [11]])


def test_a_file_may_hold_no_pairs(tmp_path):
    pairs = written(tmp_path / "a.arrow")
    assert len(pairs) == 0
    assert pairs.src_lengths.tolist() == pairs.tgt_lengths.tolist() == []
    assert pairs.take(np.zeros(0, np.int64)) == ([], [])


def test_what_is_taken_is_mapped_and_not_copied(tmp_path):
    """Views of one mapped array neither own their numbers nor may be written."""
    pairs = written(tmp_path / "a.arrow", ([[3, 5], [7]], [[11], [13]]))
    (first, second), _ = pairs.take(np.array([0, 1]))
    assert not first.flags.owndata
    assert not first.flags.writeable
    assert second.ctypes.data == first.ctypes.data + 2 * first.itemsize
    assert first.dtype == np.int32


@pytest.mark.property
@given(st.lists(st.lists(st.tuples(IDS, IDS), max_size=4), max_size=4), st.randoms())
def test_what_is_written_is_taken(tmp_path_factory, chunks, random):
    path = tmp_path_factory.mktemp("pairs") / "a.arrow"
    pairs = written(path, *(([src for src, _ in chunk], [tgt for _, tgt in chunk]) for chunk in chunks))
    rows = [pair for chunk in chunks for pair in chunk]
    order = random.sample(range(len(rows)), len(rows))
    src, tgt = taken(pairs, np.array(order, np.int64))
    assert list(zip(src, tgt, strict=True)) == [rows[row] for row in order]
