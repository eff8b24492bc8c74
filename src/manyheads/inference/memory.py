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


def let_go(weight: Tensor) -> None:
    """Let a weight that is mapped to its file leave memory; read again, it comes back from there.

    What is mapped to no file stays where it is. Only Linux is told.

    Args:
        weight: Contiguous numbers on the CPU. What was changed in it since it was mapped is lost.
    """
    begin = -(-weight.data_ptr() // mmap.PAGESIZE) * mmap.PAGESIZE
    end = (weight.data_ptr() + weight.nbytes) // mmap.PAGESIZE * mmap.PAGESIZE
    if sys.platform == "linux" and begin < end and _of_a_file(begin, end):
        ctypes.CDLL(None).madvise(ctypes.c_void_p(begin), ctypes.c_size_t(end - begin), mmap.MADV_DONTNEED)


def _of_a_file(begin: int, end: int) -> bool:
    """Say whether addresses are mapped to a file: of others, the system would forget what they hold."""
    for line in Path("/proc/self/maps").read_text(encoding="utf-8").splitlines():
        place, _, _, _, inode, *_ = line.split(maxsplit=5)
        first, last = (int(address, 16) for address in place.split("-"))
        if first <= begin and end <= last:
            return inode != "0"
    return False
