"""Packed sequences in the order in which a recurrent network reads them: all first tokens, all second ones.

torch's recurrent layers take that order as `PackedSequence`; nothing outside of the recurrent model knows it.
"""

from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from manyheads.batches.packed import Lengths


@dataclass(frozen=True)
class TimeMajor:
    """The order of one batch.

    Attributes:
        lengths: The batch's sequences.
        device: Where its tokens are.
    """

    lengths: Lengths
    device: torch.device

    @cached_property
    def order(self) -> Int[Tensor, " sequences"]:
        """The sequences' numbers, the longest first, equal ones as they come."""
        return torch.tensor(self.lengths.values).argsort(descending=True, stable=True).to(self.device)

    @cached_property
    def counts(self) -> tuple[int, ...]:
        """How many sequences have a token at each step; they are the first ones of the order."""
        lengths = torch.tensor(self.lengths.values)
        steps = torch.arange(int(lengths.max()))
        return tuple((lengths[:, None] > steps).sum(dim=0).tolist())

    @cached_property
    def tokens(self) -> Int[Tensor, " tokens"]:
        """Which packed token is read when: the order of reading."""
        starts = torch.tensor(self.lengths.starts[:-1], device=self.device)[self.order]
        return torch.cat([starts[:count] + step for step, count in enumerate(self.counts)])

    @cached_property
    def _back(self) -> Int[Tensor, " tokens"]:
        return self.tokens.argsort()

    def read(self, hidden: Float[Tensor, "tokens width"]) -> PackedSequence:
        """Bring packed vectors into the order of reading.

        Args:
            hidden: One vector a token, packed.

        Returns:
            The same vectors, as torch's recurrent layers take them.
        """
        return PackedSequence(hidden[self.tokens], torch.tensor(self.counts))

    def back(self, read: Float[Tensor, "tokens width"]) -> Float[Tensor, "tokens width"]:
        """Bring vectors in the order of reading back into the packed order.

        Args:
            read: One vector a token.

        Returns:
            The same vectors, packed.
        """
        return read[self._back]
