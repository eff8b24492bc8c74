"""Several batches at once, each on a thread of its own: they share weights, and none waits for another."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import TypeVar

import torch

Item = TypeVar("Item")
Found = TypeVar("Found")
_LEAST = 256
"""Tokens that are worth a batch of their own."""


def at_once(function: Callable[[Item], Found], items: Sequence[Item], *, workers: int) -> Iterator[Found]:
    """Work on items, some of them at the same time.

    What runs in C lets go of Python meanwhile, so that batches beside each other keep all cores busy, where
    threads within one batch would meet behind every step.

    Args:
        function: Works on one item, with one thread of PyTorch where there are several workers.
        items: All of them.
        workers: How many are worked on at once.

    Yields:
        What each gave, in their order.
    """
    if workers < 2 or len(items) < 2:
        yield from map(function, items)
        return
    before = torch.get_num_threads()
    # Who observes, or computes in another precision, does so in a worker too: each item has its own context.
    tasks = [partial(copy_context().run, function, item) for item in items]
    with ThreadPoolExecutor(workers, initializer=lambda: torch.set_num_threads(1)) as pool:
        try:
            yield from pool.map(lambda task: task(), tasks)
        finally:
            pool.shutdown(cancel_futures=True)
            # PyTorch remembers the last number that any thread has set, for threads to come.
            torch.set_num_threads(before)


def share_out(tokens: int, batch_tokens: int, *, workers: int) -> int:
    """Choose how large batches are, so that nobody is without one at the end.

    Args:
        tokens: Of all texts.
        batch_tokens: The most of a batch.
        workers: How many batches are worked on at once.

    Returns:
        The most tokens of a batch: as many batches for each worker, unless they would be too small. One
        worker has what was asked for.

    Example:
        >>> [share_out(tokens, 4096, workers=2) for tokens in (9000, 3000, 300)]
        [2250, 1500, 300]
    """
    if workers < 2:
        return batch_tokens
    least = max(-(-tokens // batch_tokens), 1)
    even = -(-least // workers) * workers
    return -(-tokens // max(least, min(even, tokens // _LEAST)))
