"""The recurrent translator that the Transformer replaced: one step after another, with attention or without.

An encoder reads the source from both ends. A decoder writes one token after another: its first layer takes
the token before and the context of the source, further layers read what the first one made, and the next
token is told from state, context and token together. It offers what the Transformer offers, so that
training, search, evaluation and looking are the same code.

Reference:
    Bahdanau et al. 2015 (attention asks with the state before); Cho et al. 2014 (one vector for the source).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from manyheads.batches.packed import Lengths, Packed
from manyheads.model.additive_attention import AdditiveAttention, Source
from manyheads.model.cache import renumber
from manyheads.model.dropout import Dropout
from manyheads.model.recurrent_cell import Cell, Layer, Row
from manyheads.model.recurrent_encoder import RecurrentEncoder
from manyheads.model.tap import Tap
from manyheads.model.time_major import TimeMajor
from manyheads.model.token_embedding import TokenEmbedding
from manyheads.shapes import Hidden, Logits

Memory = Float[Tensor, "src_tokens d_model"]
Written = Float[Tensor, "tgt_tokens d_model"]
States = Float[Tensor, "layers rows width"]
"""What every layer of the decoder remembers of each hypothesis."""


@dataclass(frozen=True, slots=True)
class RecurrentState:
    """A search under way.

    Attributes:
        states: What each layer remembers of each hypothesis.
        source: The sentences that still have hypotheses.
        sentence_of_row: To which of them each hypothesis belongs; ascending, equally many each.
    """

    states: States
    source: Source
    sentence_of_row: Int[Tensor, " rows"]

    def select(self, rows: Int[Tensor, " chosen"]) -> "RecurrentState":
        """Keep some hypotheses; a sentence without any has left.

        Args:
            rows: Which, hypotheses of a sentence side by side and equally many of each sentence.

        Returns:
            The state of those.
        """
        remaining, renumbered = renumber(self.sentence_of_row, rows)
        source = self.source if remaining is None else self.source.select(remaining)
        return RecurrentState(self.states[:, rows], source, renumbered)


class RecurrentDecoder(nn.Module):
    """Write one token after another.

    Args:
        embedding: Ids to vectors.
        first: The step that asks the source: takes the token before and the context.
        upper: Layers above, each with a residual.
        attention: How the source is asked; None for one vector for all of it.
        d_model: Width.
        dropout: Share of the numbers dropped between layers in training.
    """

    def __init__(
        self,
        *,
        embedding: TokenEmbedding,
        first: Cell,
        upper: Sequence[Layer],
        attention: AdditiveAttention | None,
        d_model: int,
        dropout: float,
    ) -> None:
        super().__init__()
        self.embedding = embedding
        self.first = first
        self.upper = nn.ModuleList(upper)
        self.attention = attention
        self.start = nn.Linear(d_model, d_model * (1 + len(upper)))
        self.readout = nn.Linear(3 * d_model, d_model)
        self.dropout = Dropout(dropout)

    @property
    def _layers(self) -> list[Layer]:
        return cast("list[Layer]", list(self.upper))

    def read(self, memory: Memory, lengths: Lengths) -> tuple[Source, States]:
        """Lay the source out, and say what the layers remember before the first token.

        Args:
            memory: What the encoder handed over.
            lengths: Its sequences.

        Returns:
            The source, and the states of one hypothesis a sentence.
        """
        keys = self.attention.key(memory) if self.attention else None
        source = Source.build(memory, keys, lengths)
        begun = torch.tanh(self.start(source.summary)).unflatten(1, (1 + len(self.upper), -1))
        return source, self.first.begin(begun.transpose(0, 1).contiguous())

    def forward(self, batch: Packed, memory: Memory, lengths: Lengths) -> Written:
        """Read whole targets that are known already.

        Args:
            batch: Decoder input ids.
            memory: What the encoder handed over.
            lengths: Its sequences, one for each of the batch's.

        Returns:
            One vector a target token, from which the next token is to be told.
        """
        if self.attention and Tap(self.attention):
            return self._one_by_one(batch, memory, lengths)
        return self._together(batch, memory, lengths)

    def _one_by_one(self, batch: Packed, memory: Memory, lengths: Lengths) -> Written:
        """Take each sentence by itself, so that whoever observes sees no padding."""
        parts = zip(batch.token_ids.split(batch.lengths.values), memory.split(lengths.values), strict=True)
        return torch.cat(
            [
                self._together(
                    Packed(ids, Lengths((len(ids),))), part, Lengths((len(part),)), first_sequence=number
                )
                for number, (ids, part) in enumerate(parts)
            ]
        )

    def _together(
        self, batch: Packed, memory: Memory, lengths: Lengths, *, first_sequence: int = 0
    ) -> Written:
        order = TimeMajor(batch.lengths, memory.device)
        source, states = self.read(memory, lengths)
        source, states = source.select(order.order), states[:, order.order]
        embedded = self.embedding(batch.token_ids)[order.tokens]
        state, made, contexts = states[0], [], []
        # Split, and not cut out step by step: the gradient of each cut would be as large as the batch.
        for step, tokens in enumerate(embedded.split(order.counts)):
            count = len(tokens)
            state, context = self._step(tokens, state[:count], source.first(count), first_sequence, step)
            made.append(self.first.output(state))
            contexts.append(context)
        hidden = torch.cat(made)
        for layer, begun in zip(self._layers, states[1:], strict=True):
            hidden = hidden + _read_steps(layer, self.dropout(hidden), order.counts, begun)
        return order.back(self._read_out(hidden, torch.cat(contexts), embedded))

    def _step(
        self,
        embedded: Float[Tensor, "rows d_model"],
        state: Float[Tensor, "rows width"],
        source: Source,
        first_sequence: int = 0,
        step: int = 0,
    ) -> tuple[Float[Tensor, "rows width"], Float[Tensor, "rows d_model"]]:
        """Ask the source with the state before, then read the token and what was found."""
        sentences = len(source.summary)
        if self.attention:
            asking = self.first.output(state).unflatten(0, (sentences, -1))
            context = self.attention(asking, source, first_sequence=first_sequence, step=step)
        else:
            context = source.summary.repeat_interleave(len(state) // sentences, dim=0)
        return self.first(torch.cat([embedded, context.to(embedded.dtype)], dim=1), state), context

    def _read_out(self, hidden: Hidden, context: Hidden, embedded: Hidden) -> Hidden:
        together = torch.cat([hidden, context.to(hidden.dtype), embedded.to(hidden.dtype)], dim=1)
        return self.dropout(torch.tanh(self.readout(self.dropout(together))))

    def advance(
        self, state: RecurrentState, last_ids: Int[Tensor, " rows"]
    ) -> tuple[Float[Tensor, "rows d_model"], RecurrentState]:
        """Read one more token of each hypothesis.

        Args:
            state: The search so far.
            last_ids: The newest token of each hypothesis.

        Returns:
            One vector a hypothesis, from which the next token is to be told, and the state with the token
            read.
        """
        embedded = self.embedding(last_ids)
        newest, context = self._step(embedded, state.states[0], state.source)
        states, hidden = [newest], self.first.output(newest)
        for layer, before in zip(self._layers, state.states[1:], strict=True):
            made, after = layer.step(self.dropout(hidden), before)
            states.append(after)
            hidden = hidden + made
        following = RecurrentState(torch.stack(states), state.source, state.sentence_of_row)
        return self._read_out(hidden, context, embedded), following


def _read_steps(layer: Layer, read: Written, counts: Sequence[int], begun: Row) -> Written:
    """Read all first tokens, then all second ones: as one block where every sequence has a token each time.

    torch's packed order makes a gradient as large as the batch at every step; a block does not.

    Args:
        layer: What reads.
        read: The vectors in that order.
        counts: How many sequences have a token at each step; it never grows.
        begun: What is remembered of each sequence before the first token.

    Returns:
        What is put out after each, in the same order.
    """
    if counts[0] == counts[-1]:
        return layer.block(read.unflatten(0, (len(counts), counts[0])), begun).flatten(0, 1)
    return layer(PackedSequence(read, torch.tensor(counts)), begun).data


class RecurrentTranslator(nn.Module):
    """Encoder, decoder and the projection to the vocabulary.

    Args:
        encoder: Reads the source.
        decoder: Writes the target.
        output: Projects to the vocabulary; its weight may be the embedding's.
        max_length: The most tokens that either side may have, the end token included.
    """

    def __init__(
        self, *, encoder: RecurrentEncoder, decoder: RecurrentDecoder, output: nn.Linear, max_length: int
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder
        self.output = output
        self.max_length = max_length

    def encode(self, src: Packed) -> Float[Tensor, "src_tokens d_model"]:
        """Read the source.

        Args:
            src: Source ids.

        Returns:
            The memory: one vector a source token.
        """
        return self.encoder(src)

    def decode(
        self, tgt: Packed, memory: Float[Tensor, "src_tokens d_model"], memory_lengths: Lengths
    ) -> Float[Tensor, "tgt_tokens d_model"]:
        """Read whole targets that are known already.

        Args:
            tgt: Decoder input ids.
            memory: What `encode` gave.
            memory_lengths: The source's lengths.

        Returns:
            One vector a target token; `project` makes logits of it.
        """
        return self.decoder(tgt, memory, memory_lengths)

    def project(self, hidden: Hidden) -> Logits:
        """Score every word of the vocabulary.

        Args:
            hidden: What `decode` gave.

        Returns:
            Logits.
        """
        return self.output(hidden)

    def forward(self, src: Packed, tgt: Packed) -> Float[Tensor, "tgt_tokens vocab"]:
        """Score the next word at each position of known targets.

        Args:
            src: Source ids.
            tgt: Decoder input ids.

        Returns:
            Logits.
        """
        return self.project(self.decode(tgt, self.encode(src), src.lengths))

    def begin(self, memory: Float[Tensor, "src_tokens d_model"], lengths: Lengths) -> RecurrentState:
        """Begin a search: see `inference/search.py` for the protocol.

        Args:
            memory: What `encode` gave.
            lengths: The source's lengths.

        Returns:
            The state before the first token, one row a sentence.
        """
        source, states = self.decoder.read(memory, lengths)
        return RecurrentState(states, source, torch.arange(len(lengths), device=memory.device))

    def advance(
        self, state: RecurrentState, last_ids: Int[Tensor, " rows"]
    ) -> tuple[Float[Tensor, "rows vocab"], RecurrentState]:
        """Read one more token of each hypothesis.

        Args:
            state: The search so far.
            last_ids: The newest token of each row.

        Returns:
            Logits of the next token, and the state with this one read.
        """
        hidden, state = self.decoder.advance(state, last_ids)
        return self.project(hidden), state

    def select(self, state: RecurrentState, rows: Int[Tensor, " chosen"]) -> RecurrentState:
        """Keep some hypotheses.

        Args:
            state: The search so far.
            rows: Which, hypotheses of a sentence side by side and equally many of each sentence.

        Returns:
            The state of those.
        """
        return state.select(rows)
