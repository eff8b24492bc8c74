"""BERT's embedding: what the token is, where it stands, and whether it is of the first or the second text.

Reference:
    Devlin et al. 2018, section 3 and figure 2; the map to d_model: Lan et al. 2019, "ALBERT", section 3.1.
"""

from jaxtyping import Float
from torch import Tensor, nn

from manyheads.batches.packed import Packed
from manyheads.model.dropout import Dropout
from manyheads.shapes import Hidden


class BertEmbedding(nn.Module):
    """Add three learned vectors, norm, drop, and map to the width of the layers where that is another.

    Args:
        tokens: A vector a token; a head may share them.
        positions: A vector a position.
        segments: A vector for the tokens of each text of a pair; None where the texts are not told apart.
        norm: Over the sum.
        dropout: Share of the numbers dropped in training, between 0 and 1.
        projection: Maps to d_model; None where the vectors have that width.
        first_position: Which row of `positions` a sequence's first token takes.
    """

    def __init__(
        self,
        *,
        tokens: nn.Embedding,
        positions: nn.Embedding,
        segments: nn.Embedding | None,
        norm: nn.Module,
        dropout: float,
        projection: nn.Linear | None = None,
        first_position: int = 0,
    ) -> None:
        super().__init__()
        self.tokens = tokens
        self.positions = positions
        self.segments = segments
        self.norm = norm
        self.dropout = Dropout(dropout)
        self.projection = projection
        self.first_position = first_position

    @property
    def max_length(self) -> int:
        """The most tokens that a sequence may have."""
        return self.positions.num_embeddings - self.first_position

    def embed(self, batch: Packed) -> Hidden:
        """Embed whole sequences.

        Args:
            batch: Token ids, and segment ids where a pair's texts are to be told apart.

        Returns:
            One vector a token.
        """
        positions = batch.lengths.positions(batch.token_ids.device) + self.first_position
        vectors = self.tokens(batch.token_ids) + self._segment_vectors(batch) + self.positions(positions)
        vectors = self.dropout(self.norm(vectors))
        return vectors if self.projection is None else self.projection(vectors)

    def _segment_vectors(self, batch: Packed) -> Float[Tensor, "#tokens width"] | float:
        """Take every token for one of the first text where nobody says otherwise, or nobody can."""
        if self.segments is None:
            return 0.0
        if batch.segment_ids is None or self.segments.num_embeddings == 1:
            return self.segments.weight[:1]
        return self.segments(batch.segment_ids)
