"""The encoder: layers stacked, every token seeing the whole sequence in each."""

from collections.abc import Sequence

from torch import nn

from manyheads.batches.packed import Layout, Packed
from manyheads.model.embedding import Embedding
from manyheads.model.layer import EncoderLayer
from manyheads.shapes import Hidden


class Encoder(nn.Module):
    """Embed, then layer after layer.

    Args:
        embedding: Ids to vectors.
        layers: From the bottom up.
        final_norm: Behind the last layer, where norms stand first; else nothing.
    """

    def __init__(
        self, *, embedding: Embedding, layers: Sequence[EncoderLayer], final_norm: nn.Module
    ) -> None:
        super().__init__()
        self.embedding = embedding
        self.layers = nn.ModuleList(layers)
        self.final_norm = final_norm

    def forward(self, batch: Packed) -> Hidden:
        """Encode a packed batch.

        Args:
            batch: Token ids.

        Returns:
            One vector a token, each from its whole sequence.
        """
        layout = Layout(batch.lengths, batch.lengths)
        hidden = self.embedding.embed(batch)
        for layer in self.layers:
            hidden = layer(hidden, layout)
        return self.final_norm(hidden)
