"""What this machine can do at most: operations a second in registers, and bytes a second from memory."""

import ctypes
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from manyheads.inference import native
from manyheads.inference.native_maps import TYPES, Type

HERE = Path(__file__).resolve().parent
KERNELS = Path(native.__file__).parent / "kernels"
_TURNS, _TRIES = 2_000_000, 5
_FAR_NUMBERS = 64 * 1024 * 1024
"""256 MB: more than any cache holds."""


@dataclass(frozen=True, slots=True)
class Ceilings:
    """What cannot be passed.

    Attributes:
        gigaflops: By type, multiplications and additions, in thousand millions a second.
        gigabytes: From memory, in thousand millions a second.
    """

    gigaflops: dict[Type, float]
    gigabytes: float


def ceilings() -> Ceilings:
    """Measure them for one thread; takes some seconds."""
    with tempfile.TemporaryDirectory() as folder:
        code = _compiled(Path(folder) / "ceilings.so")
        out = torch.zeros(1)
        operations: dict[Type, float] = {}
        for number, kind in enumerate(TYPES):
            seconds, made = _fastest(
                lambda number=number: code.multiply_in_registers(number, _TURNS, out.data_ptr())
            )
            operations[kind] = made / seconds / 1e9
        numbers = torch.ones(_FAR_NUMBERS)
        seconds, _ = _fastest(lambda: code.read_memory(numbers.data_ptr(), len(numbers), out.data_ptr()))
    return Ceilings(operations, numbers.nbytes / seconds / 1e9)


def highest(measured: Sequence[Ceilings]) -> Ceilings:
    """The highest of each."""
    operations: dict[Type, float] = {kind: max(each.gigaflops[kind] for each in measured) for kind in TYPES}
    return Ceilings(operations, max(each.gigabytes for each in measured))


def _compiled(target: Path) -> ctypes.CDLL:
    compiler = native.find_compiler()
    if compiler is None:
        raise SystemExit("a roof is measured in C, but there is no C compiler: install gcc or clang")
    subprocess.run(
        [*compiler, *native.FLAGS, "-I", KERNELS, "-o", target, HERE / "ceilings.c", "-lm"], check=True
    )
    code = ctypes.CDLL(str(target))
    pointer, number = ctypes.c_void_p, ctypes.c_int64
    code.multiply_in_registers.argtypes = [number, number, pointer]
    code.multiply_in_registers.restype = ctypes.c_double
    code.read_memory.argtypes, code.read_memory.restype = [pointer, number, pointer], None
    return code


def _fastest(call: Callable[[], float]) -> tuple[float, float]:
    """The least time of a few, and what was returned: others may be using the machine."""
    seconds, returned = [], 0.0
    for _ in range(_TRIES):
        begun = time.perf_counter()
        returned = call()
        seconds.append(time.perf_counter() - begun)
    return min(seconds), returned
