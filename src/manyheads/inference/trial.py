"""Whether bfloat16 is right and worth it here, by trial: flags promise more than some machines keep."""

import time
from collections.abc import Callable
from copy import deepcopy
from functools import cache, partial
from typing import Literal

import torch
from torch import Tensor, nn

from manyheads.inference import native
from manyheads.inference.native_maps import CMap, Packing
from manyheads.inference.native_stack import NAME, apply_map, begin_packing
from manyheads.inference.packed_linear import PackedLinear, can_pack
from manyheads.model.undrawn import Undrawn

Precision = Literal["float32", "bfloat16"]
Product = Callable[[], Tensor]

_WORTH = 1.3
"""How many times as fast bfloat16 must be to be taken: it costs a few last places."""
_ROWS, _WIDTH = 160, 512
"""A batch of hypotheses and a layer of middling size."""
_TIMES_ON_GPU = 256
"""So many more rows there: what is to be timed is a product, and not the call of one."""


def compare(in_float32: Product, in_bfloat16: Product) -> tuple[Precision, str]:
    """Make a product in both types.

    Args:
        in_float32: Makes it of positive numbers, so that nothing cancels out.
        in_bfloat16: The same.

    Returns:
        The type to take, and why.
    """
    if not torch.allclose(in_float32(), in_bfloat16().float(), rtol=0.02):
        return "float32", "bfloat16 products are wrong here"
    ratio = _fastest(in_float32) / _fastest(in_bfloat16)
    if ratio < _WORTH:
        return "float32", f"bfloat16 products are only {ratio:.1f}x as fast here"
    return "bfloat16", f"its matrix products are {ratio:.1f}x as fast as float32's here"


@cache
def try_both(device: str) -> tuple[Precision, str]:
    """Try out what a model's layers would do, once a process: it takes some milliseconds.

    Args:
        device: `cpu` or `cuda`.

    Returns:
        The type to take, and why.
    """
    # Random numbers of its own: those of the process are as they were.
    draw = torch.Generator().manual_seed(1)
    with Undrawn():
        linear = nn.Linear(_WIDTH, _WIDTH).requires_grad_(requires_grad=False)
    linear.weight.uniform_(0.0, 1.0, generator=draw)
    linear.bias.zero_()
    rows = torch.rand(_ROWS, _WIDTH, generator=draw)
    if device != "cpu":
        return _try_matmul(rows.repeat(_TIMES_ON_GPU, 1).to(device), linear.weight.to(device))
    if native.library(NAME) is not None:
        return compare(_in_c("float32", linear, rows), _in_c("bfloat16", linear, rows))
    if not can_pack(torch.bfloat16):
        return "float32", "PyTorch has no products in bfloat16 for this processor"
    packed, low_rows = PackedLinear(deepcopy(linear).bfloat16()), rows.bfloat16()
    return compare(lambda: linear(rows), lambda: packed(low_rows))


def _try_matmul(rows: Tensor, weight: Tensor) -> tuple[Precision, str]:
    low_rows, low_weight = rows.bfloat16(), weight.bfloat16()
    return compare(lambda: rows @ weight.T, lambda: low_rows @ low_weight.T)


def _in_c(kind: Precision, linear: nn.Linear, rows: Tensor) -> Product:
    packing = begin_packing(kind)
    return partial(_apply, packing, packing.map(linear), rows)


def _apply(_packing: Packing, packed: CMap, rows: Tensor) -> Tensor:
    """Apply a map in C; what it points to lives as long as its packing."""
    return apply_map(packed, rows)


def _fastest(product: Product) -> float:
    """The best of a few, in seconds: others may be using the machine."""
    times = []
    for _ in range(7):
        begin = time.perf_counter()
        if product().is_cuda:
            torch.cuda.synchronize()
        times.append(time.perf_counter() - begin)
    return min(times)
