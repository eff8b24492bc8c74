"""Whether bfloat16 is taken: what was tried, and what was found."""

import pytest
import torch

from manyheads.inference import native, trial
from manyheads.inference.native_stack import NAME
from manyheads.inference.trial import compare, try_both

ONES = torch.ones(4)


def ones(*_shape):
    return ONES


@pytest.mark.parametrize(
    ("seconds", "found"),
    [
        ((6, 2), ("bfloat16", "its matrix products are 3.0x as fast as float32's here")),
        ((2.4, 2), ("float32", "bfloat16 products are only 1.2x as fast here")),
    ],
)
def test_bfloat16_must_be_much_faster(monkeypatch, seconds, found):
    times = iter(seconds)
    monkeypatch.setattr(trial, "_fastest", lambda _product: next(times))
    assert compare(ones, ones) == found


def test_bfloat16_must_be_right_however_fast_it_is(monkeypatch):
    monkeypatch.setattr(trial, "_fastest", lambda product: 1.0 if product is ones else 0.1)
    assert compare(ones, lambda: 1.1 * ONES) == ("float32", "bfloat16 products are wrong here")


@pytest.fixture
def tried(monkeypatch):
    """See both products that a trial makes."""
    seen = []

    def look(in_float32, in_bfloat16):
        seen.extend((in_float32(), in_bfloat16().float()))
        return compare(in_float32, in_bfloat16)

    monkeypatch.setattr(trial, "compare", look)
    return seen


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize(
    "way",
    [
        pytest.param(
            "C", marks=pytest.mark.skipif(native.library(NAME) is None, reason="C needs a compiler")
        ),
        "PyTorch",
    ],
)
def test_both_products_are_made_the_way_of_the_layers_and_agree(monkeypatch, tried, way):
    if way == "PyTorch":
        monkeypatch.setenv(native.SWITCH, "off")
    precision, reason = try_both("cpu")
    assert precision in ("float32", "bfloat16")
    if not tried:
        assert (precision, reason) == (
            "float32",
            "PyTorch has no products in bfloat16 for this processor",
        )
        assert not trial.can_pack(torch.bfloat16)
        return
    in_float32, in_bfloat16 = tried
    assert in_float32.shape == (160, 512)
    assert 90 < in_float32.min() < in_float32.max() < 180, "512 products of two numbers from 0 to 1"
    torch.testing.assert_close(in_bfloat16, in_float32, rtol=0.02, atol=0.0)
    assert not torch.equal(in_bfloat16, in_float32), "rounded, indeed"


@pytest.mark.usefixtures("fresh")
def test_packed_products_are_tried_where_there_is_no_compiler(monkeypatch, tried):
    """Whether this processor has them or not: a plain map stands for one that is packed."""
    monkeypatch.setenv(native.SWITCH, "off")
    monkeypatch.setattr(trial, "can_pack", lambda _dtype: True)
    monkeypatch.setattr(trial, "PackedLinear", lambda linear: linear)
    assert try_both("cpu")[0] in ("float32", "bfloat16")
    in_float32, in_bfloat16 = tried
    torch.testing.assert_close(in_bfloat16, in_float32, rtol=0.02, atol=0.0)
    assert not torch.equal(in_bfloat16, in_float32)


@pytest.mark.usefixtures("fresh")
def test_a_trial_leaves_random_numbers_as_they_were():
    before = torch.get_rng_state()
    try_both("cpu")
    assert torch.equal(torch.get_rng_state(), before)
