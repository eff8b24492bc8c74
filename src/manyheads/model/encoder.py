"""The encoder: layers stacked, every token seeing the whole sequence in each."""

from collections.abc import Sequence

from torch import nn

from manyheads.batches.packed import Layout, Packed
from manyheads.model.bert_embedding import BertEmbedding
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
        self, *, embedding: Embedding | BertEmbedding, layers: Sequence[EncoderLayer], final_norm: nn.Module
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

    def layer_by_layer(self, batch: Packed) -> list[Hidden]:
        """Encode a packed batch and keep what every layer made of it.

        Args:
            batch: Token ids.

        Returns:
            What the embedding gave, then what each layer gave; the last is what `forward` returns.
        """
        layout = Layout(batch.lengths, batch.lengths)
        stages = [self.embedding.embed(batch)]
        for layer in self.layers:
            stages.append(layer(stages[-1], layout))
        return [*stages[:-1], self.final_norm(stages[-1])]
