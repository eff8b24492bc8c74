"""Where a run computes and in which precision, chosen once and said with the reason."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal

import torch

from manyheads.inference.precision import choose_device

Precision = Literal["float32", "bfloat16"]


@dataclass(frozen=True, slots=True)
class Placement:
    """Device and precision of a run.

    Attributes:
        device: Where tensors live.
        precision: What matrix products are calculated in; parameters are float32 in any case.
        reason: Why, in a few words.
    """

    device: torch.device
    precision: Precision
    reason: str

    def autocast(self) -> AbstractContextManager[object]:
        """Calculate matrix products in the chosen precision.

        Returns:
            A context to run the forward pass in.
        """
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == "bfloat16")

    def __str__(self) -> str:
        """Say it to people."""
        return f"{self.device.type}, {self.precision} ({self.reason})"


def place(device: str, precision: str, *, reason: str = "as asked") -> Placement:
    """Choose device and precision.

    Args:
        device: `auto`, `cpu` or `cuda`; auto takes CUDA where there is one.
        precision: `auto`, `float32` or `bfloat16`; auto takes bfloat16 where a probe shows it right and fast.
        reason: Why it is what it is, unless a probe decides.

    Returns:
        The choice, with its reason.
    """
    where = choose_device(device)
    if precision == "float32":
        return Placement(where, "float32", reason)
    if precision == "bfloat16":
        return Placement(where, "bfloat16", reason)
    return Placement(where, *_probe(where))


def _probe(device: torch.device) -> tuple[Precision, str]:
    """Time a product of a training step's size in both types: flags promise more than some machines keep."""
    left, right = torch.rand(2048, 256, device=device), torch.rand(256, 512, device=device)
    low_left, low_right = left.bfloat16(), right.bfloat16()
    exact, low = left @ right, (low_left @ low_right).float()
    if not torch.allclose(exact, low, rtol=0.02):
        return "float32", "bfloat16 products are wrong on this processor"
    ratio = _fastest(lambda: left @ right, device) / _fastest(lambda: low_left @ low_right, device)
    if ratio < 1.3:
        return "float32", f"bfloat16 products are only {ratio:.1f}x as fast here"
    return "bfloat16", f"its matrix products are {ratio:.1f}x as fast as float32's here"


def _fastest(product: Callable[[], object], device: torch.device) -> float:
    """The best of a few, in seconds: others may be using the machine."""
    times = []
    for _ in range(7):
        begin = time.perf_counter()
        product()
        if device.type == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - begin)
    return min(times)
