"""Memory that is free again, given back to the system."""

import ctypes
import sys


def give_back_memory() -> None:
    """Let the C library return what is free between blocks in use.

    The batches of a long file differ in size, so that glibc's heap gets holes and grows a little with every
    some thousand texts; after this it begins anew. Large blocks could be kept out of the heap instead, but
    then each costs its pages anew, which took a third of the speed.
    """
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)):
        trim(0)
