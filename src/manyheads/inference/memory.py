"""Memory that is not needed, given back to the system."""

import ctypes
import mmap
import sys

from torch import Tensor

_PAGE_OUT = 21
"""Linux's MADV_PAGEOUT: pages may go where they came from; what they hold is never lost."""


def give_back_memory() -> None:
    """Let the C library return what is free between blocks in use.

    The batches of a long file differ in size, so that glibc's heap gets holes and grows a little with every
    some thousand texts; after this it begins anew. Large blocks could be kept out of the heap instead, but
    then each costs its pages anew, which took a third of the speed.
    """
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)):
        trim(0)


def let_go(weight: Tensor) -> None:
    """Tell the system that a weight will hardly be read again.

    One that is mapped to its file leaves memory, and comes back when it is read. Any other stays where it is,
    unless there is space to swap it out. Only Linux is told.

    Args:
        weight: Contiguous numbers on the CPU.
    """
    begin = -(-weight.data_ptr() // mmap.PAGESIZE) * mmap.PAGESIZE
    end = (weight.data_ptr() + weight.nbytes) // mmap.PAGESIZE * mmap.PAGESIZE
    if sys.platform == "linux" and begin < end:
        # A kernel before 5.4 refuses, and everything stays as it is.
        ctypes.CDLL(None).madvise(ctypes.c_void_p(begin), ctypes.c_size_t(end - begin), _PAGE_OUT)
