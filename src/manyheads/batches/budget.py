"""Cut a corpus into batches of about equal cost, and say in which order an epoch takes them."""

import numpy as np
from jaxtyping import Int


def sort_by_length(
    lengths: Int[np.ndarray, "sides rows"], rng: np.random.Generator
) -> Int[np.ndarray, " rows"]:
    """Order rows by length so that equal ones are neighbours; rows of one shape stand in random order.

    Args:
        lengths: Tokens of each row on each side; the first side counts first.
        rng: Decides among equals.

    Returns:
        Row numbers.
    """
    order = rng.permutation(lengths.shape[1])
    return order[np.lexsort(lengths[::-1, order])]


def cut(costs: Int[np.ndarray, " rows"], budget: int) -> list[slice]:
    """Cut ordered rows into batches, each as long as its cost stays within the budget.

    A row that alone costs more than the budget is a batch of its own.

    Args:
        costs: Tokens of each row, both sides, in the order in which they will be taken.
        budget: The most tokens of a batch.

    Returns:
        One slice of rows a batch.

    Example:
        >>> cut(np.array([4, 4, 4, 9, 1]), 8)
        [slice(0, 2, None), slice(2, 3, None), slice(3, 4, None), slice(4, 5, None)]
    """
    ends = np.cumsum(costs)
    batches, first = [], 0
    while first < len(costs):
        spent = ends[first - 1] if first else 0
        last = max(int(np.searchsorted(ends, spent + budget, side="right")), first + 1)
        batches.append(slice(first, last))
        first = last
    return batches


def plan_epoch(
    lengths: Int[np.ndarray, "sides rows"], *, budget: int, seed: int, epoch: int
) -> list[Int[np.ndarray, " batch_rows"]]:
    """Say which rows each batch of an epoch holds: a function of (seed, epoch) and nothing else.

    The cuts depend on the sorted lengths alone, so that every epoch has the same number of batches.

    Args:
        lengths: Tokens of each row on each side, special tokens included.
        budget: The most tokens of a batch, both sides together.
        seed: The run's seed.
        epoch: Counted from 0.

    Returns:
        Row numbers, an array a batch, in the order in which training takes them.
    """
    rng = np.random.default_rng((seed, epoch))
    order = sort_by_length(lengths, rng)
    batches = [order[rows] for rows in cut(lengths.sum(axis=0)[order], budget)]
    return [batches[index] for index in rng.permutation(len(batches))]
