"""Self-attention of a whole packed batch in one call: the door to `kernels/native_attention.c`."""

import ctypes
from functools import cache

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from manyheads.batches.packed import Lengths
from manyheads.inference.native import library
from manyheads.inference.native_maps import starts_of

_PAIRED = 32
"""Numbers of bfloat16 in a vector of the processor: a head is some of these wide."""
_POINTERS, _NUMBERS = 5, 5


def attend_packed(
    block: Float[Tensor, "rows three_d_model"], lengths: Lengths, num_heads: int
) -> Float[Tensor, "rows d_model"]:
    """Let every token look at all of its own sequence.

    Args:
        block: Queries, keys and values side by side, in bfloat16 on the CPU.
        lengths: The sequences; rows past their end belong to none.
        num_heads: Heads; `fits` must be true of their width.

    Returns:
        The context of each token, heads side by side; zeros for rows that belong to no sequence.

    Raises:
        ValueError: The block is of another kind, or has fewer rows than there are tokens.
        MemoryError: There is no memory for the scores of a few tokens.
    """
    rows, width = block.shape
    d_model = width // 3
    if block.dtype != torch.bfloat16 or not block.is_contiguous() or rows < lengths.total:
        raise ValueError(
            f"attention takes a contiguous block of bfloat16 with a row for each of {lengths.total} tokens, "
            f"but has one of {rows} rows in {block.dtype}"
        )
    context = block.new_empty(rows, d_model)
    context[lengths.total :].zero_()
    starts = starts_of(lengths)
    query = block.data_ptr()
    key, value = (query + part * d_model * block.element_size() for part in (1, 2))
    sizes = (len(lengths), num_heads, d_model // num_heads, width, d_model)
    if _function()(query, key, value, context.data_ptr(), starts.data_ptr(), *sizes):
        raise MemoryError(f"attention over {max(lengths.values)} tokens found no memory for its scores")
    return context


def fits(head_dim: int) -> bool:
    """Say whether heads of a width can be calculated.

    Args:
        head_dim: The width.

    Returns:
        Whether it is a multiple of the processor's vectors.
    """
    return head_dim % _PAIRED == 0


@cache
def can_attend() -> bool:
    """Try it out: is there a compiler, is the processor of the right kind, are the numbers right?

    Returns:
        Whether `attend_packed` can be called here.
    """
    if library("native_attention") is None:
        return False
    draw = torch.Generator().manual_seed(1)
    lengths = Lengths((1, 37, 6))
    block = torch.randn(lengths.total, 3 * 2 * _PAIRED, generator=draw).to(torch.bfloat16)
    found = attend_packed(block, lengths, num_heads=2).float()
    wanted = []
    for part in block.float().unflatten(1, (3, 2, _PAIRED)).split(lengths.values):
        query, key, value = part.permute(1, 2, 0, 3)
        wanted.append(F.scaled_dot_product_attention(query, key, value).transpose(0, 1).flatten(1))
    return torch.allclose(found, torch.cat(wanted), rtol=2e-2, atol=2e-2)


@cache
def _function() -> "ctypes._NamedFuncPointer":
    loaded = library("native_attention")
    if loaded is None:
        raise RuntimeError("native attention was not compiled here, but is called; ask can_attend first")
    function = loaded.attend_bfloat16
    function.argtypes = [ctypes.c_void_p] * _POINTERS + [ctypes.c_int64] * _NUMBERS
    function.restype = ctypes.c_int
    return function
