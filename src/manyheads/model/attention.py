"""Multi-head attention: who looks at whom, how much, and what is carried away.

`attend_by_steps` is the calculation as the paper writes it, one line a step; it runs whenever somebody
observes (`tap.py`). `attend_fused` gives the same numbers from one kernel. `Attention` projects, cuts into
heads, lets the heads look, puts them side by side and projects back.

Reference:
    Vaswani et al. 2017, "Attention Is All You Need", section 3.2, equation 1.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from manyheads.batches.packed import Layout, Run
from manyheads.model.cache import MemoryKeys, OwnKeys
from manyheads.model.tap import Kind, Tap
from manyheads.shapes import Heads, Hidden, Key, MayLook, Query

_SHORT = 128
"""Tokens a side up to which plain products are taken in training on a CPU."""


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


class Attention(nn.Module):
    """Several heads that look at the same tokens, each in its own way.

    Args:
        d_model: Width of the residual stream; a multiple of `num_heads`.
        num_heads: Heads.
        dropout: Share of the weights dropped in training, between 0 and 1.
        kind: Whose attention this is; `decoder` looks no further than the token itself.
        layer: Counted from 0 within its stack.
    """

    def __init__(self, *, d_model: int, num_heads: int, dropout: float, kind: Kind, layer: int) -> None:
        super().__init__()
        self.kind: Kind = kind
        self.layer = layer
        self.num_heads = num_heads
        self.dropout = dropout
        self.query = nn.Linear(d_model, d_model)
        self.key = nn.Linear(d_model, d_model)
        self.value = nn.Linear(d_model, d_model)
        self.output = nn.Linear(d_model, d_model)

    def forward(
        self,
        hidden: Float[Tensor, "query_tokens d_model"],
        memory: Float[Tensor, "key_tokens d_model"],
        layout: Layout,
    ) -> Float[Tensor, "query_tokens d_model"]:
        """Let every token of a packed batch look at the tokens of its own sequence, or of its memory.

        Args:
            hidden: The tokens that look.
            memory: The tokens looked at: `hidden` itself, or what the encoder handed over.
            layout: Which tokens belong together.

        Returns:
            What each token carries away.
        """
        query, key, value = self.query(hidden), self.key(memory), self.value(memory)
        contexts = [
            self._attend_run(query[run.queries], key[run.keys], value[run.keys], run) for run in layout.runs
        ]
        return self._project(contexts[0] if len(contexts) == 1 else torch.cat(contexts))

    def _attend_run(
        self,
        query: Float[Tensor, "query_tokens d_model"],
        key: Float[Tensor, "key_tokens d_model"],
        value: Float[Tensor, "key_tokens d_model"],
        run: Run,
    ) -> Float[Tensor, "query_tokens d_model"]:
        query, key, value = (self.split(tensor, run.sequences) for tensor in (query, key, value))
        causal = self.kind == "decoder"
        return side_by_side(self.attend(query, key, value, causal=causal, first_sequence=run.first_sequence))

    def attend(
        self,
        query: Query,
        key: Key,
        value: Key,
        *,
        may_look: MayLook | None = None,
        causal: bool = False,
        first_sequence: int = 0,
    ) -> Query:
        """Take the fused kernel, or the open steps when somebody looks.

        Args:
            query: What each token looks for.
            key: What each token offers.
            value: What each token hands over.
            may_look: Which keys a query may look at; None for all.
            causal: Look no further than oneself; for as many queries as keys, and instead of `may_look`.
            first_sequence: Which sequence of the batch the first one is.

        Returns:
            The context of each query.
        """
        dropout = self.dropout if self.training else 0.0
        tap = Tap(self)
        if not tap and not steps_are_faster(query, key):
            return attend_fused(query, key, value, may_look=may_look, causal=causal, dropout=dropout)
        if causal:
            may_look = lower_right(query.shape[2], key.shape[2], query.device)
        return attend_by_steps(
            query, key, value, may_look=may_look, dropout=dropout, tap=tap, first_sequence=first_sequence
        )

    def split(self, tensor: Float[Tensor, "tokens d_model"], sequences: int) -> Heads:
        """Cut packed tokens of equally long sequences into heads: a view, no copy.

        Args:
            tensor: Projected tokens.
            sequences: How many sequences they are.

        Returns:
            The same numbers by sequence and head.
        """
        return tensor.unflatten(0, (sequences, -1)).unflatten(-1, (self.num_heads, -1)).transpose(1, 2)

    def _project(self, context: Hidden) -> Hidden:
        output = self.output(context)
        tap = Tap(self)
        return tap("output", output) if tap else output

    def keys_of(self, memory: Hidden) -> tuple[Hidden, Hidden]:
        """Project a memory once, for all steps of a search.

        Args:
            memory: What the encoder handed over, packed.

        Returns:
            Its keys and values, packed.
        """
        return self.key(memory), self.value(memory)

    def step(self, hidden: Float[Tensor, "rows d_model"], own: OwnKeys) -> Float[Tensor, "rows d_model"]:
        """Let the newest token of each hypothesis look back at the tokens before it.

        Args:
            hidden: The newest token of each row.
            own: Keys and values of the tokens before; the newest one's are added.

        Returns:
            What each row carries away.
        """
        rows = len(hidden)
        query, key, value = (
            self.split(project(hidden), rows) for project in (self.query, self.key, self.value)
        )
        key, value = own.add(self.layer, key, value)
        return self._project(side_by_side(self.attend(query, key, value)))

    def step_across(
        self, hidden: Float[Tensor, "rows d_model"], memory: MemoryKeys
    ) -> Float[Tensor, "rows d_model"]:
        """Let the newest tokens look at the memory; a sentence's hypotheses are the query axis.

        Args:
            hidden: The newest token of each row, rows of a sentence side by side.
            memory: Keys and values of each sentence.

        Returns:
            What each row carries away.
        """
        key, value = memory.layer(self.layer)
        query = self.split(self.query(hidden), len(key))
        return self._project(side_by_side(self.attend(query, key, value, may_look=memory.may_look)))


def side_by_side(context: Query) -> Hidden:
    """Put the heads side by side again, packed.

    Args:
        context: The context by sequence and head.

    Returns:
        One row a token.
    """
    return context.transpose(1, 2).flatten(2).flatten(0, 1)
