"""Multi-head attention: project, cut into heads, let them look, put them side by side, project back.

Reference:
    Vaswani et al. 2017, "Attention Is All You Need", section 3.2.2.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from manyheads.batches.packed import Layout, Run
from manyheads.model.attend import (
    attend_by_products,
    attend_by_steps,
    attend_fused,
    lower_right,
    products_are_faster,
    steps_are_faster,
)
from manyheads.model.cache import MemoryKeys, OwnKeys
from manyheads.model.tap import Kind, Tap
from manyheads.shapes import Heads, Hidden, Key, MayLook, Query


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
        query, key, value = self.queries_keys_values(hidden, memory)
        contexts = [
            self._attend_run(query[run.queries], key[run.keys], value[run.keys], run) for run in layout.runs
        ]
        return self._project(contexts[0] if len(contexts) == 1 else torch.cat(contexts))

    def queries_keys_values(
        self, hidden: Float[Tensor, "query_tokens d_model"], memory: Float[Tensor, "key_tokens d_model"]
    ) -> tuple[
        Float[Tensor, "query_tokens d_model"],
        Float[Tensor, "key_tokens d_model"],
        Float[Tensor, "key_tokens d_model"],
    ]:
        """Project those who look and those who are looked at.

        Args:
            hidden: The tokens that look.
            memory: The tokens looked at.

        Returns:
            What each looks for; what each offers; what each hands over.
        """
        return self.query(hidden), self.key(memory), self.value(memory)

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
        """Take the fused kernel or products, or the open steps when somebody looks.

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
        everybody = may_look is None and not causal and not dropout
        if not tap and everybody and products_are_faster(query, key):
            return attend_by_products(query, key, value)
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
        query, key, value = (self.split(tensor, rows) for tensor in self.queries_keys_values(hidden, hidden))
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
