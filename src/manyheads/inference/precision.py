"""In which precision a model answers, on which device, and with how many threads."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, get_args

import torch

from manyheads.errors import InputError, suggest
from manyheads.inference.trial import try_both

Precision = Literal["auto", "float32", "bfloat16", "int8"]


@dataclass(frozen=True, slots=True)
class Prepared:
    """Where and how a model computes.

    Attributes:
        device: Where its parameters live.
        precision: Of the matrix products; `int8` only where they are in C.
        reason: Why that one, in a few words.
        tried: Whether a trial chose it, and not a person.
    """

    device: torch.device
    precision: Literal["float32", "bfloat16", "int8"] = "float32"
    reason: str = "as asked"
    tried: bool = False

    @property
    def dtype(self) -> torch.dtype:
        """What PyTorch's own part computes in."""
        return torch.bfloat16 if self.precision == "bfloat16" else torch.float32

    def __str__(self) -> str:
        """Say it to people."""
        return f"{self.device.type}, {self.precision} ({self.reason})"

    @contextmanager
    def computing(self) -> Iterator[None]:
        """Compute in the chosen precision.

        Yields:
            Nothing.
        """
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == "bfloat16"):
            yield


def prepare(
    *, precision: Precision = "auto", device: str = "auto", threads: int | None = None, trial: bool = True
) -> Prepared:
    """Choose how to compute.

    Args:
        precision: `auto` takes bfloat16 where a trial shows it right and much faster, else float32; int8 is
            never taken unasked.
        device: `auto`, `cpu` or `cuda`; auto takes CUDA where there is one.
        threads: For the whole process; None leaves PyTorch's own choice.
        trial: Whether `auto` may try; without, it is float32.

    Returns:
        The choice.

    Raises:
        InputError: CUDA is asked for and there is none, or int8 on it; no such precision; no threads.
    """
    offered = get_args(Precision)
    if precision not in offered:
        raise InputError(
            f"precision must be one of {', '.join(offered)}, but is '{precision}'"
            f"{suggest(precision, offered)}"
        )
    if threads is not None and threads < 1:
        raise InputError(f"threads must be at least 1, but {threads} were asked for")
    if threads is not None:
        torch.set_num_threads(threads)
    where = choose_device(device)
    if precision == "int8" and where.type != "cpu":
        raise InputError(
            "precision int8 is for the CPU, but the device is CUDA; take float32 or bfloat16 there"
        )
    if precision != "auto":
        return Prepared(where, precision)
    if not trial:
        return Prepared(where, reason="to be looked at")
    return Prepared(where, *try_both(where.type), tried=True)


def choose_device(device: str) -> torch.device:
    """Choose a device.

    Args:
        device: `auto`, `cpu` or `cuda`; auto takes CUDA where there is one.

    Returns:
        The device.

    Raises:
        InputError: CUDA is asked for and there is none, or the device has another name.
    """
    if device not in (devices := ("auto", "cpu", "cuda")):
        raise InputError(
            f"device must be auto, cpu or cuda, but '{device}' was asked for{suggest(device, devices)}"
        )
    if device == "cuda" and not torch.cuda.is_available():
        raise InputError("device 'cuda' needs a CUDA device, but PyTorch sees none here; take cpu or auto")
    return torch.device("cuda" if device != "cpu" and torch.cuda.is_available() else "cpu")
