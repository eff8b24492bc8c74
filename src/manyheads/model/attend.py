"""The ways to the same attention: who looks at whom, how much, and what is carried away.

`attend_by_steps` is the calculation as the paper writes it, one line a step; it runs whenever somebody
observes (`tap.py`). `attend_fused` gives the same numbers from one kernel, `attend_by_products` from a few
operators where these are faster.

Reference:
    Vaswani et al. 2017, "Attention Is All You Need", section 3.2, equation 1.
"""

import math

import torch
from torch.nn import functional as F

from manyheads.model.tap import Tap
from manyheads.shapes import Key, MayLook, Query

_SHORT = 128
"""Tokens a side up to which plain products are taken in training on a CPU."""
_SHORT_IN_BFLOAT16 = 256
"""Tokens a side up to which products are taken in inference on a CPU in bfloat16."""
_WIDE_SOFTMAX = range(16, 41)
"""Tokens a side for which softmax is faster on a float32 copy: rows too short for bfloat16's vectors."""


def lower_right(query_len: int, key_len: int, device: torch.device) -> MayLook:
    """Let each query look at the keys up to its own: the last query stands at the last key.

    `is_causal` of torch's kernel is top-left aligned instead, which is another mask where the lengths differ.

    Args:
        query_len: Tokens that look.
        key_len: Tokens looked at, at least as many.
        device: Where the mask is wanted.

    Returns:
        True where a query may look.

    Example:
        >>> lower_right(2, 3, torch.device("cpu")).int().tolist()
        [[1, 1, 0], [1, 1, 1]]
    """
    return torch.ones(query_len, key_len, dtype=torch.bool, device=device).tril(key_len - query_len)


def attend_by_steps(
    query: Query,
    key: Key,
    value: Key,
    *,
    may_look: MayLook | None = None,
    dropout: float = 0.0,
    tap: Tap,
    first_sequence: int = 0,
) -> Query:
    """Attend step by step, each step in the open.

    Args:
        query: What each token looks for.
        key: What each token offers.
        value: What each token hands over.
        may_look: Which keys a query may look at; None for all.
        dropout: Share of the weights that is dropped, between 0 and 1.
        tap: Shown each step.
        first_sequence: Which sequence of the batch the first one is.

    Returns:
        The context of each query: the values, weighted.
    """
    query = tap("query", query, first_sequence)
    key = tap("key", key, first_sequence)
    value = tap("value", value, first_sequence)
    scores = query @ key.transpose(-2, -1)
    scores = scores / math.sqrt(query.shape[-1])
    if may_look is not None:
        scores = scores.masked_fill(~may_look, -torch.inf)
    scores = tap("scores", scores, first_sequence)
    weights = tap("weights", torch.softmax(scores, dim=-1, dtype=torch.float32), first_sequence)
    context = F.dropout(weights, dropout).to(value.dtype) @ value
    return tap("context", context, first_sequence)


def attend_fused(
    query: Query,
    key: Key,
    value: Key,
    *,
    may_look: MayLook | None = None,
    causal: bool = False,
    dropout: float = 0.0,
) -> Query:
    """Attend in one kernel, which keeps no weights.

    Args:
        query: What each token looks for.
        key: What each token offers.
        value: What each token hands over.
        may_look: Which keys a query may look at; None for all.
        causal: Look no further than oneself, without a mask; for as many queries as keys.
        dropout: Share of the weights that is dropped, between 0 and 1.

    Returns:
        The context of each query.
    """
    return F.scaled_dot_product_attention(
        query, key, value, attn_mask=may_look, is_causal=causal, dropout_p=dropout
    )


def attend_by_products(query: Query, key: Key, value: Key) -> Query:
    """Attend with two batched products and a softmax between them, for inference where everybody may look.

    Args:
        query: What each token looks for.
        key: What each token offers.
        value: What each token hands over.

    Returns:
        The context of each query.
    """
    sequences, _, key_len, head_dim = key.shape
    query, key, value = (tensor.flatten(0, 1) for tensor in (query, key, value))
    scores = torch.baddbmm(
        query.new_empty(()), query, key.transpose(1, 2), beta=0, alpha=1 / math.sqrt(head_dim)
    )
    if key_len in _WIDE_SOFTMAX:
        scores = scores.float()
    weights = torch.softmax(scores, dim=-1).to(value.dtype)
    return torch.bmm(weights, value).unflatten(0, (sequences, -1))


def products_are_faster(query: Query, key: Key) -> bool:
    """Say whether `attend_by_products` beats the fused kernel: in bfloat16 on a CPU, for short sequences.

    The kernel calls a small product for each head of each sequence, and what a call costs is more than its
    arithmetic there (`docs/log.md` has the figures). In float32 the kernel is as fast.

    Args:
        query: What each token looks for.
        key: What each token offers.

    Returns:
        Whether to take the products, where no gradient is wanted and all keys may be looked at.
    """
    in_bfloat16 = query.dtype == torch.bfloat16 and query.device.type == "cpu" and not query.requires_grad
    return in_bfloat16 and 1 < query.shape[2] == key.shape[2] <= _SHORT_IN_BFLOAT16


def steps_are_faster(query: Query, key: Key) -> bool:
    """Say whether plain matrix products beat the fused kernel: in training, on a CPU, for short sequences.

    The kernel's backward pass costs a CPU several times what the products cost there (`docs/log.md` has the
    figures); for long sequences the kernel saves the memory of the weights.

    Args:
        query: What each token looks for.
        key: What each token offers.

    Returns:
        Whether to take the steps though nobody looks.
    """
    return query.device.type == "cpu" and query.requires_grad and query.shape[2] * key.shape[2] <= _SHORT**2
