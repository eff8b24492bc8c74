"""Laws of packing and of the plan of an epoch, for any lengths."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from manyheads.batches.budget import cut, plan_epoch
from manyheads.batches.packed import Layout, Lengths, from_padded, pack

pytestmark = pytest.mark.property
sentences = st.lists(st.lists(st.integers(0, 99), min_size=1, max_size=9), max_size=12)
shapes = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), min_size=1, max_size=20)


@given(sentences)
def test_what_was_packed_comes_back(rows):
    packed = pack(rows)
    assert packed.unpack() == rows
    assert packed.lengths.total == len(packed.token_ids) == sum(map(len, rows))


@given(sentences, st.data())
def test_padded_anywhere_is_packed_all_the_same(rows, data):
    width = max((len(row) for row in rows), default=0) + data.draw(st.integers(0, 3))
    ids = torch.full((len(rows), width), 7)
    mask = torch.zeros(len(rows), width, dtype=torch.bool)
    for number, row in enumerate(rows):
        places = sorted(data.draw(st.permutations(range(width)))[: len(row)])
        ids[number, places] = torch.tensor(row)
        mask[number, places] = True
    assert from_padded(ids, mask).unpack() == rows


@given(shapes)
def test_runs_cover_the_batch_in_order_and_are_as_long_as_they_can_be(pairs):
    query, key = (Lengths(side) for side in zip(*pairs, strict=True))
    runs = Layout(query, key).runs
    laid_out = [(run.query_len, run.key_len) for run in runs for _ in range(run.sequences)]
    assert laid_out == pairs
    assert all(
        (before.query_len, before.key_len) != (after.query_len, after.key_len)
        for before, after in pairwise(runs)
    )
    ends = [(0, 0), *((run.queries.stop, run.keys.stop) for run in runs)]
    assert [(run.queries.start, run.keys.start) for run in runs] == ends[:-1]
    assert ends[-1] == (query.total, key.total)
    assert [run.first_sequence for run in runs] == [
        sum(run.sequences for run in runs[:number]) for number in range(len(runs))
    ]


@given(st.lists(st.integers(1, 50), max_size=30), st.integers(1, 60))
def test_cuts_keep_the_order_and_no_batch_could_have_taken_one_row_more(costs, budget):
    batches = [costs[rows] for rows in cut(np.array(costs, dtype=np.int64), budget)]
    assert [cost for batch in batches for cost in batch] == costs
    assert all(sum(batch) <= budget or len(batch) == 1 for batch in batches)
    assert all(sum(a) + b[0] > budget for a, b in pairwise(batches))


@given(shapes, st.integers(1, 40), st.integers(0, 2**32 - 1), st.integers(0, 5))
def test_an_epoch_takes_every_row_once_in_batches_within_the_budget(pairs, budget, seed, epoch):
    lengths = np.array(pairs).T
    plan, again, other = (
        plan_epoch(lengths, budget=budget, seed=seed, epoch=number) for number in (epoch, epoch, epoch + 1)
    )
    assert sorted(np.concatenate(plan).tolist()) == list(range(len(pairs)))
    assert all(lengths[:, rows].sum() <= budget or len(rows) == 1 for rows in plan)
    assert [rows.tolist() for rows in plan] == [rows.tolist() for rows in again]
    assert len(other) == len(plan)
