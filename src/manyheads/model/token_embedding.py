"""Token ids to vectors, without positions: a recurrent network counts by itself."""

import math

from torch import nn

from manyheads.model.dropout import Dropout
from manyheads.shapes import Hidden, TokenIds


class TokenEmbedding(nn.Module):
    """Embed tokens.

    Args:
        tokens: The matrix of token vectors; the decoder may share the encoder's.
        dropout: Share of the numbers dropped in training, between 0 and 1.
    """

    def __init__(self, *, tokens: nn.Embedding, dropout: float) -> None:
        super().__init__()
        self.tokens = tokens
        self.scale = math.sqrt(tokens.embedding_dim)
        self.dropout = Dropout(dropout)

    def forward(self, token_ids: TokenIds) -> Hidden:
        """Embed packed tokens, scaled by sqrt(d_model) as the Transformer's are.

        Args:
            token_ids: Which tokens.

        Returns:
            One vector a token.
        """
        return self.dropout(self.tokens(token_ids) * self.scale)
