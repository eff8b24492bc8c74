"""In which precision, on which device, with how many threads a model answers."""

import pytest
import torch

from manyheads.errors import InputError
from manyheads.inference.precision import Prepared, choose_device, prepare

no_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
CPU = torch.device("cpu")


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "int8"])
def test_what_is_asked_for_is_taken(precision):
    prepared = prepare(precision=precision, device="cpu")
    assert prepared == Prepared(CPU, precision)
    assert str(prepared) == f"cpu, {precision} (as asked)"


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_auto_takes_what_a_trial_finds(monkeypatch, precision):
    monkeypatch.setattr("manyheads.inference.precision.try_both", lambda device: (precision, f"on {device}"))
    prepared = prepare(device="cpu")
    assert prepared == Prepared(CPU, precision, "on cpu", tried=True)
    assert str(prepared) == f"cpu, {precision} (on cpu)"


def test_auto_is_float32_where_it_may_not_try():
    assert str(prepare(device="cpu", trial=False)) == "cpu, float32 (to be looked at)"


def test_matrix_products_are_calculated_in_the_precision():
    ones = torch.ones(2, 2)
    for precision, dtype in (("float32", torch.float32), ("bfloat16", torch.bfloat16)):
        with prepare(precision=precision, device="cpu").computing():
            assert (ones @ ones).dtype == dtype


def test_a_precision_of_another_name_is_refused():
    with pytest.raises(InputError, match="must be one of auto, float32, bfloat16, int8, but is 'int4'"):
        prepare(precision="int4")


def test_int8_is_for_the_cpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    with pytest.raises(InputError, match="int8 is for the CPU, but the device is CUDA"):
        prepare(precision="int8")


@pytest.mark.parametrize("threads", [0, -2])
def test_no_threads_are_refused(threads):
    with pytest.raises(InputError, match=f"threads must be at least 1, but {threads} were asked for"):
        prepare(threads=threads)


def test_threads_are_set_for_the_process_where_asked_for():
    before = torch.get_num_threads()
    try:
        prepare(device="cpu", threads=2)
        assert torch.get_num_threads() == 2
        prepare(device="cpu")
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


@no_gpu
def test_auto_takes_the_cpu_where_there_is_no_gpu():
    assert choose_device("auto") == choose_device("cpu") == CPU


@no_gpu
def test_a_gpu_that_is_not_there_is_named():
    with pytest.raises(
        InputError, match="'cuda' needs a CUDA device, but PyTorch sees none here; take cpu or auto"
    ):
        choose_device("cuda")


def test_a_device_of_another_name_is_refused_not_replaced():
    with pytest.raises(
        InputError, match=r"must be auto, cpu or cuda, but 'cdua' was asked for; did you mean 'cuda'\?"
    ):
        choose_device("cdua")
