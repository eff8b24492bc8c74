"""Memory at its peak, of calculations whose tensors can be counted by hand."""

import torch

from manyheads.experiments.allocated import peak_allocated


def test_known_allocations_are_seen():
    """1,000 numbers are 4,000 bytes; one after the other has a peak of 4,000, both at once of 8,000."""

    def one_after_the_other():
        torch.ones(1000)
        torch.ones(1000)

    def both():
        first = torch.ones(1000)
        return first, torch.ones(1000)

    assert peak_allocated(one_after_the_other) == 4000
    assert peak_allocated(both) == 8000


def test_a_view_and_what_was_there_before_take_no_memory():
    before = torch.ones(1000)

    def look():
        return before.view(10, 100).T[3:], before.mul_(2)

    assert peak_allocated(look) == 0


def test_what_is_kept_for_the_backward_pass_is_counted_until_it_is_used():
    """Each of ten exponentials keeps its 4,000 bytes, and none can go before the backward pass: 40,000.

    Without gradients each goes when the next is there: two at once.
    """
    wide = torch.full((1000,), -1.0, requires_grad=True)

    def pile():
        made = wide
        for _ in range(10):
            made = made.exp()

    assert peak_allocated(pile) == 40_000
    with torch.no_grad():
        assert peak_allocated(pile) == 8000


def test_the_backward_pass_is_seen():
    """The product is 4,000 bytes, the sum and its gradient are 4 each.

    The gradient of what was summed is a view of the sum's; times 1 it becomes the leaf's 4,000 bytes. Whether
    the product is gone by then is up to torch.
    """
    leaf = torch.ones(1000, requires_grad=True)
    peak = peak_allocated(lambda: (leaf * 1.0).sum().backward())
    assert leaf.grad is not None
    assert 4000 < peak <= 8008
