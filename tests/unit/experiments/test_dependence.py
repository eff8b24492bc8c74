"""Products that wait for one another."""

import torch

from manyheads.experiments.dependence import count_products


def test_products_that_do_not_need_each_other_are_not_in_a_row():
    """(x A) B is two in a row; x C beside it is one; their sum, times D, is one behind the longer: three."""
    x, a, b, c, d = torch.randn(2, 3), *(torch.randn(3, 3) for _ in range(4))
    found = count_products(lambda: (x @ a @ b + x @ c) @ d)
    assert (found.made, found.in_a_row) == (4, 3)


def test_what_is_changed_in_place_still_stands_behind_its_product():
    x, a = torch.randn(2, 3), torch.randn(3, 3)
    assert count_products(lambda: (x @ a).tanh_()[:1].clone().mul_(2) @ a).in_a_row == 2
