"""Batches under a budget, cut by hand."""

import numpy as np

from manyheads.batches.budget import cut, plan_epoch, sort_by_length


def test_a_batch_is_as_long_as_the_budget_allows():
    """Budget 8: 4 + 4 fill it; 4 + 9 would not fit; 9 alone is over it and stands alone; 1."""
    assert cut(np.array([4, 4, 4, 9, 1]), 8) == [slice(0, 2), slice(2, 3), slice(3, 4), slice(4, 5)]


def test_a_row_over_the_budget_stands_alone_wherever_it_comes():
    assert cut(np.array([9, 1, 1, 9, 9]), 2) == [slice(0, 1), slice(1, 3), slice(3, 4), slice(4, 5)]


def test_nothing_makes_no_batch():
    assert cut(np.array([], dtype=np.int64), 8) == []


def test_rows_are_sorted_by_the_first_side_then_by_the_second():
    lengths = np.array([[3, 2, 3, 2, 5], [1, 9, 0, 2, 0]])
    assert sort_by_length(lengths, np.random.default_rng(1)).tolist() == [3, 1, 2, 0, 4]


def test_rows_of_one_shape_stand_in_random_order():
    lengths = np.full((2, 50), 7)
    orders = {tuple(sort_by_length(lengths, np.random.default_rng(seed)).tolist()) for seed in range(5)}
    assert len(orders) == 5
    assert all(sorted(order) == list(range(50)) for order in orders)


def test_batches_come_in_another_order_every_epoch_with_other_rows_among_equals():
    lengths = np.random.default_rng(1).integers(1, 9, (2, 200))
    first, second = (plan_epoch(lengths, budget=40, seed=3, epoch=epoch) for epoch in (0, 1))
    assert [rows.tolist() for rows in first] != [rows.tolist() for rows in second]
    assert {frozenset(rows.tolist()) for rows in first} != {frozenset(rows.tolist()) for rows in second}


def test_a_batch_of_a_plan_is_sorted_by_length():
    lengths = np.random.default_rng(1).integers(1, 9, (2, 200))
    for rows in plan_epoch(lengths, budget=40, seed=3, epoch=0):
        shapes = [tuple(shape) for shape in lengths[:, rows].T.tolist()]
        assert shapes == sorted(shapes)
