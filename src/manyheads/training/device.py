"""Where a run computes and in which precision, chosen once and said with the reason."""

from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch

from manyheads.inference.precision import choose_device
from manyheads.inference.trial import Precision, compare


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
    """Try a product of a training step's size."""
    left, right = torch.rand(2048, 256, device=device), torch.rand(256, 512, device=device)
    low_left, low_right = left.bfloat16(), right.bfloat16()
    return compare(lambda: left @ right, lambda: low_left @ low_right)
