"""Where a run computes, and what it says about it."""

import pytest
import torch

from manyheads.errors import InputError
from manyheads.inference import trial
from manyheads.training.device import Placement, place

CPU = torch.device("cpu")


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_what_is_asked_for_is_taken(precision):
    placement = place("cpu", precision)
    assert placement == Placement(CPU, precision, "as asked")
    assert str(placement) == f"cpu, {precision} (as asked)"


def test_auto_says_which_precision_and_why():
    placement = place("cpu", "auto")
    assert placement.precision in ("float32", "bfloat16")
    assert "bfloat16 products are" in placement.reason or "its matrix products are" in placement.reason


def fake_times(monkeypatch, *seconds):
    times = iter(seconds)
    monkeypatch.setattr(trial, "_fastest", lambda _product: next(times))


def test_auto_takes_bfloat16_where_it_is_much_faster(monkeypatch):
    fake_times(monkeypatch, 0.006, 0.002)
    assert place("cpu", "auto") == Placement(
        CPU, "bfloat16", "its matrix products are 3.0x as fast as float32's here"
    )


def test_auto_stays_with_float32_where_little_is_won(monkeypatch):
    fake_times(monkeypatch, 0.0025, 0.002)
    assert place("cpu", "auto") == Placement(CPU, "float32", "bfloat16 products are only 1.2x as fast here")


def test_auto_stays_with_float32_where_products_are_wrong(monkeypatch):
    monkeypatch.setattr(torch, "allclose", lambda *_args, **_kwargs: False)
    assert place("cpu", "auto") == Placement(CPU, "float32", "bfloat16 products are wrong here")


def test_matrix_products_are_calculated_in_the_precision():
    ones = torch.ones(2, 2)
    with place("cpu", "bfloat16").autocast():
        assert (ones @ ones).dtype == torch.bfloat16
    with place("cpu", "float32").autocast():
        assert (ones @ ones).dtype == torch.float32


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
def test_a_gpu_that_is_not_there_is_named():
    with pytest.raises(InputError, match="device 'cuda' needs a CUDA device, but PyTorch sees none here"):
        place("cuda", "auto")
