"""Token ids to vectors: what the token is, plus where it stands."""

import math
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from manyheads.batches.packed import Packed
from manyheads.model.dropout import Dropout
from manyheads.shapes import Hidden, TokenIds

Positions = Literal["sinusoidal", "sinusoidal_halves", "learned", "none"]


def sinusoids(max_length: int, d_model: int, *, halves: bool = False) -> Float[Tensor, "max_length d_model"]:
    """Compute the paper's position vectors: sines on even columns, cosines on odd ones.

    Args:
        max_length: How many positions.
        d_model: Width; even.
        halves: Whether all sines stand before all cosines instead, as in tensor2tensor and Marian.

    Returns:
        One vector a position.

    Reference:
        Vaswani et al. 2017, section 3.5.
    """
    rates = torch.exp(torch.arange(0, d_model, 2, dtype=torch.float64) * (-math.log(10_000.0) / d_model))
    angles = torch.arange(max_length, dtype=torch.float64)[:, None] * rates
    waves = torch.stack([angles.sin(), angles.cos()], dim=-1)
    return (waves.transpose(1, 2) if halves else waves).flatten(1).float()


class Embedding(nn.Module):
    """Embed tokens and add their positions.

    Args:
        tokens: The matrix of token vectors; the decoder may share the encoder's.
        positions: Computed (`sinusoidal`, or its two kinds of wave in `sinusoidal_halves`), trained
            (`learned`) or left out (`none`).
        max_length: Positions that there are.
        dropout: Share of the numbers dropped in training, between 0 and 1.
        scaled: Whether token vectors are multiplied by sqrt(d_model).
    """

    def __init__(
        self,
        *,
        tokens: nn.Embedding,
        positions: Positions,
        max_length: int,
        dropout: float,
        scaled: bool = True,
    ) -> None:
        super().__init__()
        self.tokens = tokens
        self.scale = math.sqrt(tokens.embedding_dim) if scaled else 1.0
        self.max_length = max_length
        self.positions: nn.Embedding | None = None
        self._placed = positions != "none"
        if positions == "learned":
            self.positions = nn.Embedding(max_length, tokens.embedding_dim)
        elif self._placed:
            waves = sinusoids(max_length, tokens.embedding_dim, halves=positions == "sinusoidal_halves")
            self.register_buffer("sinusoids", waves, persistent=False)
        self.dropout = Dropout(dropout)

    def embed(self, batch: Packed) -> Hidden:
        """Embed whole sequences, each from its first position.

        Args:
            batch: Token ids.

        Returns:
            One vector a token.
        """
        return self(batch.token_ids, batch.lengths.positions(batch.token_ids.device))

    def forward(self, token_ids: TokenIds, positions: Int[Tensor, " tokens"]) -> Hidden:
        """Embed packed tokens.

        The paper scales the token's vector by sqrt(d_model) (section 3.4), since it is shared with the
        output, where small numbers are wanted.

        Args:
            token_ids: Which tokens.
            positions: Where each stands in its sequence, below `max_length`.

        Returns:
            One vector a token.
        """
        scaled = self.tokens(token_ids) * self.scale
        placed = self.position_vectors
        if placed is None:
            return self.dropout(scaled)
        return self.dropout(scaled + F.embedding(positions, placed))

    @property
    def position_vectors(self) -> Float[Tensor, "max_length d_model"] | None:
        """One vector a position; None where positions are left out."""
        if not self._placed:
            return None
        return self.get_buffer("sinusoids") if self.positions is None else self.positions.weight
