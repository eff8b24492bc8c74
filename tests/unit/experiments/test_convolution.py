"""Heads as a filter bank: what comes out is a convolution, and the heads look where it reads."""

import pytest
import torch

from manyheads.batches.packed import Layout, Lengths
from manyheads.errors import InputError
from manyheads.experiments.convolution import (
    Filters,
    as_attention,
    draw_convolution,
    measure_convolution,
    place_channels,
)
from manyheads.model.embedding import sinusoids
from manyheads.views.paper import paper


@pytest.mark.parametrize("width", [1, 3, 5, 7])
def test_attention_and_convolution_give_the_same_numbers(width):
    measured = measure_convolution(width, length=11, in_channels=3, out_channels=2)
    assert measured["largest_difference"] < 1e-12
    assert measured["largest_difference_float32"] < 1e-5
    assert measured["largest_value"] > 1
    torch.testing.assert_close(
        torch.tensor(measured["attention"]), torch.tensor(measured["convolution"]), rtol=0, atol=1e-6
    )


def test_a_difference_of_neighbours_by_hand():
    """Kernel (-1, 0, 1) on 1, 4, 9, 16 and empty ends: 4 - 0, 9 - 1, 16 - 4, 0 - 9; plus 0.5."""
    kernel = torch.tensor([[[-1.0, 0, 1]]], dtype=torch.float64)
    attention = as_attention(Filters(kernel, torch.tensor([0.5], dtype=torch.float64)))
    tokens = place_channels(torch.tensor([[1.0, 4, 9, 16]], dtype=torch.float64), attention, reach=1)
    lengths = Lengths((6,))
    attended = attention(tokens, tokens, Layout(lengths, lengths))
    torch.testing.assert_close(
        attended[1:5, 0], torch.tensor([4.5, 8.5, 12.5, -8.5], dtype=torch.float64), rtol=0, atol=1e-9
    )


def test_each_head_looks_at_its_own_offset_alone():
    """Five queries, nine keys with the two empty ones at each end: head h of token i looks at key i + h."""
    measured = measure_convolution(5, length=5)
    assert measured["offsets"] == [-2, -1, 0, 1, 2]
    looked = torch.tensor(measured["maps"]).argmax(dim=2)
    assert looked.tolist() == [[head + token for token in range(5)] for head in range(5)]
    assert measured["least_weight"] > 1 - 1e-6


def test_more_channels_may_come_out_than_go_in():
    measured = measure_convolution(3, length=4, in_channels=1, out_channels=60)
    assert measured["largest_difference"] < 1e-12
    assert len(measured["attention"]) == 60


def test_no_two_position_vectors_are_more_alike_than_neighbours():
    """So far the sharpness serves: neighbours' product is 0.51 below that of a vector with itself, 8."""
    vectors = sinusoids(500, 16).double()
    products = vectors @ vectors.T
    nearest = products.diagonal(1).max()
    assert max(products.diagonal(step).max() for step in range(2, 500)) < nearest
    assert 8 - nearest == pytest.approx(0.51, abs=0.01)


def test_the_same_seed_draws_the_same_convolution():
    one, other, third = (measure_convolution(3, length=4, seed=seed) for seed in (1, 1, 2))
    assert one == other
    assert one["convolution"] != third["convolution"]


def test_a_width_without_a_middle_is_refused():
    with pytest.raises(InputError) as told:
        measure_convolution(4)
    assert str(told.value) == (
        "the width must be odd, so that a token stands in its middle, but is 4; take 5"
    )


def test_an_input_that_is_too_long_is_refused():
    with pytest.raises(InputError) as told:
        measure_convolution(3, length=499)
    assert str(told.value) == "length must be 1 to 498 where the width is 3, but is 499"


def test_the_figure_has_a_panel_a_head_and_the_channels_beside():
    with paper():
        figure = draw_convolution(measure_convolution(3, length=6))
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == [
        "head 0: -1",
        "head 1: itself",
        "head 2: +1",
        "what is read",
        "by attention",
        "by convolution",
    ]
