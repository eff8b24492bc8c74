"""The decoder: layers stacked, every token seeing the tokens before it and the whole memory."""

from collections.abc import Sequence
from typing import cast

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from manyheads.batches.packed import Layout, Lengths, Packed
from manyheads.model.cache import DecoderState, MemoryKeys, OwnKeys
from manyheads.model.embedding import Embedding
from manyheads.model.layer import DecoderLayer
from manyheads.shapes import Hidden


class Decoder(nn.Module):
    """Embed, then layer after layer; over whole targets at once, or a step at a time.

    Args:
        embedding: Ids to vectors.
        layers: From the bottom up.
        final_norm: Behind the last layer, where norms stand first; else nothing.
    """

    def __init__(
        self, *, embedding: Embedding, layers: Sequence[DecoderLayer], final_norm: nn.Module
    ) -> None:
        super().__init__()
        self.embedding = embedding
        self.layers = nn.ModuleList(layers)
        self.final_norm = final_norm

    @property
    def _stack(self) -> list[DecoderLayer]:
        return cast("list[DecoderLayer]", list(self.layers))

    def forward(
        self, batch: Packed, memory: Float[Tensor, "src_tokens d_model"], memory_lengths: Lengths
    ) -> Hidden:
        """Decode packed targets that are known already.

        Args:
            batch: Decoder input ids.
            memory: What the encoder handed over.
            memory_lengths: Its sequences, one for each of the batch's.

        Returns:
            One vector a target token, from which the next token is to be told.
        """
        own, across = Layout(batch.lengths, batch.lengths), Layout(batch.lengths, memory_lengths)
        hidden = self.embedding.embed(batch)
        for layer in self.layers:
            hidden = layer(hidden, memory, own, across)
        return self.final_norm(hidden)

    def begin(self, memory: Hidden, lengths: Lengths) -> DecoderState:
        """Begin a search with one empty hypothesis a sentence.

        Args:
            memory: What the encoder handed over.
            lengths: Its sequences.

        Returns:
            The state before the first token.
        """
        projected = [layer.cross_attention.keys_of(memory) for layer in self._stack]
        keys = MemoryKeys.build(projected, lengths, self._stack[0].cross_attention.num_heads)
        own = OwnKeys.empty(rows=len(lengths), like=keys.block)
        return DecoderState(own, keys, torch.arange(len(lengths), device=memory.device))

    def advance(
        self, state: DecoderState, last_ids: Int[Tensor, " rows"]
    ) -> tuple[Float[Tensor, "rows d_model"], DecoderState]:
        """Read one more token of each hypothesis.

        Args:
            state: The search so far.
            last_ids: The newest token of each hypothesis.

        Returns:
            One vector a hypothesis, from which the next token is to be told, and the state with the token
            read.
        """
        hidden = self.embedding(last_ids, torch.full_like(last_ids, state.own.steps))
        for layer in self._stack:
            hidden = layer.step(hidden, state.own, state.memory)
        return self.final_norm(hidden), DecoderState(
            state.own.advanced(), state.memory, state.sentence_of_row
        )
