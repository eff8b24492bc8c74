"""Packed batches: the tokens of all sequences one after another, and their lengths; no padding."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, groupby, pairwise

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from manyheads.shapes import TokenIds


@dataclass(frozen=True)
class Lengths:
    """How long each sequence of a packed batch is.

    Attributes:
        values: Tokens of each sequence, in the batch's order. Plain numbers: attention plans with them on
            the host.
    """

    values: tuple[int, ...]

    def __len__(self) -> int:
        """Count the sequences."""
        return len(self.values)

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """Where each sequence begins, and behind the last one where the batch ends."""
        return (0, *accumulate(self.values))

    @property
    def total(self) -> int:
        """Count the tokens of the batch."""
        return self.starts[-1]

    def positions(self, device: torch.device) -> Int[Tensor, " tokens"]:
        """Number each token within its own sequence, from 0.

        Args:
            device: Where the numbers are wanted.

        Returns:
            One position a token.
        """
        lengths = torch.tensor(self.values, dtype=torch.int64)
        starts = torch.tensor(self.starts[:-1], dtype=torch.int64)
        return (torch.arange(self.total) - starts.repeat_interleave(lengths)).to(device)


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring sequences of one shape: attention takes them as one plain block, without copy or mask."""

    first_sequence: int
    sequences: int
    query_len: int
    key_len: int
    first_query: int
    first_key: int

    @property
    def queries(self) -> slice:
        """Where the run's looking tokens stand in the packed batch."""
        return slice(self.first_query, self.first_query + self.sequences * self.query_len)

    @property
    def keys(self) -> slice:
        """Where the tokens stand that the run looks at."""
        return slice(self.first_key, self.first_key + self.sequences * self.key_len)


@dataclass(frozen=True)
class Layout:
    """Who looks at whom: sequence i of `query` at sequence i of `key`.

    Attributes:
        query: Lengths of the sequences that look.
        key: Lengths of the sequences that are looked at; the same object in self-attention.
    """

    query: Lengths
    key: Lengths

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """The batch as runs of equal (query, key) lengths, in order."""
        shapes = enumerate(zip(self.query.values, self.key.values, strict=True))
        blocks = [
            (shape, [index for index, _ in block])
            for shape, block in groupby(shapes, key=lambda item: item[1])
        ]
        return tuple(
            Run(rows[0], len(rows), *shape, self.query.starts[rows[0]], self.key.starts[rows[0]])
            for shape, rows in blocks
        )


@dataclass(frozen=True)
class Packed:
    """The token ids of a batch, packed.

    Attributes:
        token_ids: All sequences' ids, one after another.
        lengths: Where one ends and the next begins.
        segment_ids: Whether a token belongs to the first or the second text of a pair, for models that ask;
            None where all are of the first.
    """

    token_ids: TokenIds
    lengths: Lengths
    segment_ids: TokenIds | None = None

    def to(self, device: torch.device) -> "Packed":
        """Copy the ids to a device.

        Args:
            device: Where to.

        Returns:
            The batch there.
        """
        segment_ids = None if self.segment_ids is None else self.segment_ids.to(device)
        return Packed(self.token_ids.to(device), self.lengths, segment_ids)

    def unpack(self) -> list[list[int]]:
        """Take the batch apart again.

        Returns:
            The ids of each sequence.
        """
        ids = self.token_ids.tolist()
        return [ids[start:end] for start, end in pairwise(self.lengths.starts)]


def pack(sequences: Sequence[Sequence[int]]) -> Packed:
    """Put sequences one after another.

    Args:
        sequences: Token ids, a list a sequence; none may be empty.

    Returns:
        The packed batch, on the CPU.

    Raises:
        ValueError: A sequence is empty: softmax over nothing has no value.

    Example:
        >>> packed = pack([[5, 6, 7], [8]])
        >>> packed.token_ids.tolist(), packed.lengths.values
        ([5, 6, 7, 8], (3, 1))
    """
    lengths = tuple(len(sequence) for sequence in sequences)
    if 0 in lengths:
        raise ValueError(f"a packed sequence needs a token, but sequence {lengths.index(0)} has none")
    flat = [token for sequence in sequences for token in sequence]
    return Packed(torch.tensor(flat, dtype=torch.int64), Lengths(lengths))


def from_padded(token_ids: Int[Tensor, "sequences length"], mask: Bool[Tensor, "sequences length"]) -> Packed:
    """Pack what somebody else has padded: the border that padding never crosses.

    Args:
        token_ids: Ids with padding anywhere.
        mask: True where a token is real.

    Returns:
        The real tokens, packed.
    """
    return pack([row[keep].tolist() for row, keep in zip(token_ids, mask, strict=True)])
