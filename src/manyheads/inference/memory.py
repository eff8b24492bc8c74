"""Memory that is not needed, given back to the system."""

import ctypes
import mmap
import sys
from pathlib import Path

from torch import Tensor


def give_back_memory() -> None:
    """Let the C library return what is free between blocks in use.

    The batches of a long file differ in size, so that glibc's heap gets holes and grows a little with every
    some thousand texts; after this it begins anew. Large blocks could be kept out of the heap instead, but
    then each costs its pages anew, which took a third of the speed.
    """
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)):
        trim(0)


def let_go(*weights: Tensor) -> None:
    """Let weights that are mapped to their files leave memory; read again, they come back from there.

    What is mapped to no file stays where it is. Only Linux is told.

    Args:
        *weights: Contiguous numbers on the CPU. What was changed in them since they were mapped is lost.
    """
    if sys.platform != "linux":
        return
    mapped = _mapped_files()
    for weight in weights:
        begin = -(-weight.data_ptr() // mmap.PAGESIZE) * mmap.PAGESIZE
        end = (weight.data_ptr() + weight.nbytes) // mmap.PAGESIZE * mmap.PAGESIZE
        if begin < end and any(first <= begin and end <= last for first, last in mapped):
            size = ctypes.c_size_t(end - begin)
            ctypes.CDLL(None).madvise(ctypes.c_void_p(begin), size, mmap.MADV_DONTNEED)


def _mapped_files() -> list[tuple[int, int]]:
    """Read which addresses are mapped to files, first and end: of others, the system would forget all."""
    try:
        told = Path("/proc/self/maps").read_bytes()
    except OSError:  # some sandboxes do not say
        return []
    lines = (line.split(maxsplit=5) for line in told.splitlines())
    places = (place.split(b"-") for place, _, _, _, inode, *_ in lines if inode != b"0")
    return [(int(first, 16), int(last, 16)) for first, last in places]
