"""What a search remembers when the decoder runs in C: who has read what, and where its keys and values lie.

Keys and values are written once and never moved. A hypothesis knows where those of its tokens lie, so that a
search that goes on with some hypotheses, or drops them, moves a few small numbers.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

Numbers = NDArray[np.int32]
Addresses = NDArray[np.int64]
Rows = NDArray[np.int64]
_GROWTH = 32
"""Tokens of room that are added at once."""


@dataclass(frozen=True, slots=True)
class Memories:
    """Keys and values of the sentences that are being translated.

    Attributes:
        kept: The blocks in which they lie.
        addresses: Where, of each sentence.
        lengths: Tokens of each sentence.
    """

    kept: tuple[Tensor, ...]
    addresses: Addresses
    lengths: Numbers

    def select(self, sentences: Rows) -> "Memories":
        """Keep some sentences.

        Args:
            sentences: Which.

        Returns:
            Those.
        """
        return replace(self, addresses=self.addresses[sentences], lengths=self.lengths[sentences])

    def join(self, others: "Memories") -> "Memories":
        """Put further sentences behind these.

        Args:
            others: Those.

        Returns:
            All of them.
        """
        known = {id(block) for block in self.kept}
        return Memories(
            self.kept + tuple(block for block in others.kept if id(block) not in known),
            np.concatenate([self.addresses, others.addresses]),
            np.concatenate([self.lengths, others.lengths]),
        )


@dataclass(frozen=True, slots=True)
class NativeState:
    """A search under way; each row is a hypothesis.

    Attributes:
        memories: What the hypotheses see of the source.
        blocks: What they have seen of themselves: of each step the keys and values of all rows that took it.
        slots: Rows of each block.
        origins: For each row in which slot each of its tokens stands, the oldest first.
        first_blocks: For each row the block of its oldest token; the next ones follow.
        lengths: Tokens that each row has read.
        sentence_of_row: To which sentence each row belongs; ascending, every sentence has one.
        first_rows: The first row of each sentence, and behind them the number of rows.
    """

    memories: Memories
    blocks: tuple[Tensor, ...]
    slots: Numbers
    origins: Numbers
    first_blocks: Numbers
    lengths: Numbers
    sentence_of_row: Rows
    first_rows: Numbers

    @staticmethod
    def begin(memories: Memories) -> "NativeState":
        """Make the state before the first token.

        Args:
            memories: The sentences.

        Returns:
            One row a sentence.
        """
        rows = len(memories.lengths)
        nothing = np.zeros(rows, np.int32)
        return NativeState(
            memories=memories,
            blocks=(),
            slots=nothing[:0],
            origins=np.zeros((rows, _GROWTH), np.int32),
            first_blocks=nothing,
            lengths=nothing,
            sentence_of_row=np.arange(rows),
            first_rows=np.arange(rows + 1, dtype=np.int32),
        )

    @property
    def longest(self) -> int:
        """The most tokens that a row has read."""
        return max(self.lengths.tolist(), default=0)

    def add(self, block: Tensor) -> "NativeState":
        """Let every row read one more token.

        Args:
            block: Where its keys and values are kept.

        Returns:
            The state with that token.
        """
        rows, room = self.origins.shape
        origins = self.origins
        if self.longest == room:
            origins = np.concatenate([origins, np.zeros((rows, _GROWTH), np.int32)], axis=1)
        each = np.arange(rows)
        # The state before this one may share the array: a state is advanced once.
        origins[each, self.lengths] = each
        return replace(
            self,
            blocks=(*self.blocks, block),
            slots=np.concatenate((self.slots, (rows,)), dtype=np.int32),
            origins=origins,
            lengths=self.lengths + np.int32(1),
        )

    def join(self, others: "NativeState") -> "NativeState":
        """Put further sentences behind these; none of them has read a token yet.

        Args:
            others: Those.

        Returns:
            All of them.

        Raises:
            ValueError: One of the others has read a token: its blocks are not these.
        """
        if others.lengths.any():
            raise ValueError("sentences join a search before their first token, but these have read some")
        # What nobody who stays has read goes.
        gone = int(self.first_blocks.min(initial=len(self.blocks)))
        room = np.zeros((len(others.lengths), self.origins.shape[1]), np.int32)
        begins = np.full(len(others.lengths), len(self.blocks), np.int32)
        return NativeState(
            memories=self.memories.join(others.memories),
            blocks=self.blocks[gone:],
            slots=self.slots[gone:],
            origins=np.concatenate([self.origins, room]),
            first_blocks=np.concatenate([self.first_blocks, begins]) - np.int32(gone),
            lengths=np.concatenate([self.lengths, others.lengths]),
            sentence_of_row=np.concatenate(
                [self.sentence_of_row, others.sentence_of_row + len(self.memories.lengths)]
            ),
            first_rows=np.concatenate([self.first_rows[:-1], others.first_rows + self.first_rows[-1]]),
        )

    def select(self, rows: Rows) -> "NativeState":
        """Keep some rows; a sentence without any has left.

        Args:
            rows: Which, rows of a sentence side by side; a row may be named several times.

        Returns:
            The state of those.
        """
        sentences = self.sentence_of_row.take(rows)
        # The plain way, np.diff, takes ten times as long for a few rows, and a step of one sentence has five.
        begins = np.ones(len(rows), bool)
        np.not_equal(sentences[1:], sentences[:-1], out=begins[1:])
        first_rows = np.concatenate((begins.nonzero()[0], (len(rows),)), dtype=np.int32)
        everybody = len(first_rows) == len(self.first_rows)
        return replace(
            self,
            memories=self.memories if everybody else self.memories.select(sentences[begins]),
            origins=self.origins.take(rows, axis=0),
            first_blocks=self.first_blocks.take(rows),
            lengths=self.lengths.take(rows),
            sentence_of_row=sentences if everybody else np.cumsum(begins) - 1,
            first_rows=first_rows,
        )
