"""Batches at once: in their order, each with one thread, and everything as it was afterwards."""

import threading
from contextvars import ContextVar

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from manyheads.inference.at_once import at_once, share_out


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("two_threads")
def test_two_are_worked_on_at_once_with_a_thread_each_and_given_in_their_order():
    """Each waits until the other has begun: one after the other would never end."""
    met = threading.Barrier(2, timeout=60)

    def work(number):
        met.wait()
        return number, torch.get_num_threads(), threading.current_thread().name

    found = list(at_once(work, [1, 2, 3, 4], workers=2))
    assert [number for number, _, _ in found] == [1, 2, 3, 4]
    assert {threads for _, threads, _ in found} == {1}
    assert len({name for _, _, name in found}) == 2
    assert torch.get_num_threads() == 2
    later = []
    thread = threading.Thread(target=lambda: later.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    assert later == [2]


@pytest.mark.parametrize(("items", "workers"), [([1, 2, 3], 1), ([1], 4), ([], 4)])
def test_one_worker_or_one_item_stays_in_this_thread(items, workers):
    threads = list(at_once(lambda _: threading.current_thread(), items, workers=workers))
    assert threads == [threading.current_thread()] * len(items)


@pytest.mark.usefixtures("two_threads")
def test_an_error_comes_out_and_threads_are_as_before():
    def work(number):
        raise ValueError(f"number {number}")

    with pytest.raises(ValueError, match="number 1"):
        list(at_once(work, [1, 2, 3], workers=2))
    assert torch.get_num_threads() == 2


@given(tokens=st.integers(0, 10**6), batch_tokens=st.integers(1, 10_000), workers=st.integers(1, 8))
def test_shares_are_within_the_budget_and_as_many_for_each_worker(tokens, batch_tokens, workers):
    share = share_out(tokens, batch_tokens, workers=workers)
    assert share <= batch_tokens
    if workers == 1:
        assert share == batch_tokens
        return
    assert bool(share) == bool(tokens)
    least = -(-tokens // batch_tokens)
    even = -(-least // workers) * workers
    if 0 < even <= min(tokens // 256, 256):
        assert -(-tokens // share) == even


@pytest.mark.usefixtures("two_threads")
def test_workers_know_what_the_caller_has_set():
    """As observers of attention are kept."""
    watched = ContextVar("watched", default="nobody")
    watched.set("me")
    assert list(at_once(lambda _: watched.get(), [1, 2, 3], workers=2)) == ["me"] * 3
