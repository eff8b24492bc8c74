"""The encoder of the recurrent translator: it reads from both ends, block by block where lengths are equal.

Reference:
    Bahdanau et al. 2015, section 3.2.
"""

from collections.abc import Sequence
from typing import cast

import torch
from torch import nn

from manyheads.batches.packed import Layout, Lengths, Packed
from manyheads.model.dropout import Dropout
from manyheads.model.recurrent_cell import Layer
from manyheads.model.time_major import TimeMajor
from manyheads.model.token_embedding import TokenEmbedding
from manyheads.shapes import Hidden

_SEQUENCES_A_RUN = 8
"""From so many neighbours of one length on, blocks are faster than torch's packed order."""


class RecurrentEncoder(nn.Module):
    """Read from both ends, layer upon layer; from the second on with a residual.

    Args:
        embedding: Ids to vectors.
        layers: Each reads from both ends, and gives half of its width from each.
        dropout: Share of the numbers dropped between layers in training.
    """

    def __init__(self, *, embedding: TokenEmbedding, layers: Sequence[Layer], dropout: float) -> None:
        super().__init__()
        self.embedding = embedding
        self.layers = nn.ModuleList(layers)
        self.dropout = Dropout(dropout)

    def forward(self, batch: Packed) -> Hidden:
        """Read a packed batch.

        Args:
            batch: Token ids.

        Returns:
            One vector a token.
        """
        hidden = self.embedding(batch.token_ids)
        read_layer = _read_runs if _few_runs(batch.lengths) else _read_packed
        for number, layer in enumerate(self._stack):
            read = self.dropout(read_layer(layer, hidden, batch.lengths))
            hidden = hidden + read if number else read
        return hidden

    @property
    def _stack(self) -> list[Layer]:
        return cast("list[Layer]", list(self.layers))


def _few_runs(lengths: Lengths) -> bool:
    """Say whether equal lengths are neighbours often enough to be read block by block."""
    return len(Layout(lengths, lengths).runs) * _SEQUENCES_A_RUN <= len(lengths)


def _read_packed(layer: Layer, hidden: Hidden, lengths: Lengths) -> Hidden:
    """Read a batch in torch's packed order, whatever its lengths."""
    order = TimeMajor(lengths, hidden.device)
    return order.back(layer(order.read(hidden)).data)


def _read_runs(layer: Layer, hidden: Hidden, lengths: Lengths) -> Hidden:
    """Read each run of equal lengths as a block.

    torch's packed order makes a gradient as large as the batch at every step.
    """
    runs = Layout(lengths, lengths).runs
    parts = hidden.split([run.sequences * run.query_len for run in runs])
    blocks = [part.unflatten(0, (run.sequences, -1)) for part, run in zip(parts, runs, strict=True)]
    return torch.cat([layer.block(block.transpose(0, 1)).transpose(0, 1).flatten(0, 1) for block in blocks])
