"""One layer of each stack: attention and feed-forward, each inside a residual and a norm.

Reference:
    Vaswani et al. 2017, section 3.1 and figure 1; norm first: Xiong et al. 2020, arXiv 2002.04745.
"""

from collections.abc import Callable

from jaxtyping import Float
from torch import Tensor, nn

from manyheads.batches.packed import Layout
from manyheads.model.attention import Attention
from manyheads.model.cache import MemoryKeys, OwnKeys
from manyheads.model.dropout import Dropout
from manyheads.model.feedforward import FeedForward
from manyheads.shapes import Hidden


class Residual(nn.Module):
    """Add what a sublayer says to what was there, and norm: afterwards (the paper) or before.

    Args:
        d_model: Width of the residual stream.
        dropout: Share of the sublayer's numbers dropped in training, between 0 and 1.
        norm_first: Whether the norm stands before the sublayer.
        epsilon: Added to the variance in the norm, above 0.
    """

    def __init__(self, *, d_model: int, dropout: float, norm_first: bool, epsilon: float = 1e-5) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(d_model, eps=epsilon)
        self.dropout = Dropout(dropout)
        self.norm_first = norm_first

    def forward(self, hidden: Hidden, sublayer: Callable[[Hidden], Hidden]) -> Hidden:
        """Run a sublayer inside the residual.

        Args:
            hidden: The residual stream.
            sublayer: Attention or feed-forward.

        Returns:
            The residual stream behind it.
        """
        if self.norm_first:
            return hidden + self.dropout(sublayer(self.norm(hidden)))
        return self.norm(hidden + self.dropout(sublayer(hidden)))


class EncoderLayer(nn.Module):
    """Every token looks at its whole sequence, then thinks by itself.

    Args:
        attention: How it looks.
        feedforward: How it thinks.
        residual: Makes the residual around each.
    """

    def __init__(
        self, *, attention: Attention, feedforward: FeedForward, residual: Callable[[], Residual]
    ) -> None:
        super().__init__()
        self.attention = attention
        self.attention_residual = residual()
        self.feedforward = feedforward
        self.feedforward_residual = residual()

    def forward(self, hidden: Hidden, layout: Layout) -> Hidden:
        """Run the layer over a packed batch.

        Args:
            hidden: The residual stream.
            layout: Which tokens belong together.

        Returns:
            The residual stream behind the layer.
        """
        hidden = self.attention_residual(hidden, lambda inner: self.attention(inner, inner, layout))
        return self.feedforward_residual(hidden, self.feedforward)


class DecoderLayer(nn.Module):
    """Every token looks back at its own sequence, then across at the memory, then thinks by itself.

    Args:
        attention: How it looks back.
        cross_attention: How it looks across.
        feedforward: How it thinks.
        residual: Makes the residual around each.
    """

    def __init__(
        self,
        *,
        attention: Attention,
        cross_attention: Attention,
        feedforward: FeedForward,
        residual: Callable[[], Residual],
    ) -> None:
        super().__init__()
        self.attention = attention
        self.attention_residual = residual()
        self.cross_attention = cross_attention
        self.cross_attention_residual = residual()
        self.feedforward = feedforward
        self.feedforward_residual = residual()

    def forward(
        self, hidden: Hidden, memory: Float[Tensor, "src_tokens d_model"], own: Layout, across: Layout
    ) -> Hidden:
        """Run the layer over a packed batch.

        Args:
            hidden: The residual stream.
            memory: What the encoder handed over.
            own: Which target tokens belong together.
            across: Which target tokens belong to which of the memory.

        Returns:
            The residual stream behind the layer.
        """
        return self._sublayers(
            hidden,
            look_back=lambda inner: self.attention(inner, inner, own),
            look_across=lambda inner: self.cross_attention(inner, memory, across),
        )

    def step(self, hidden: Hidden, own: OwnKeys, memory: MemoryKeys) -> Hidden:
        """Run the layer over the newest token of each hypothesis.

        Args:
            hidden: The residual stream of those tokens.
            own: What the hypotheses have seen of themselves.
            memory: What they see of the source.

        Returns:
            The residual stream behind the layer.
        """
        return self._sublayers(
            hidden,
            look_back=lambda inner: self.attention.step(inner, own),
            look_across=lambda inner: self.cross_attention.step_across(inner, memory),
        )

    def _sublayers(
        self,
        hidden: Hidden,
        *,
        look_back: Callable[[Hidden], Hidden],
        look_across: Callable[[Hidden], Hidden],
    ) -> Hidden:
        hidden = self.attention_residual(hidden, look_back)
        hidden = self.cross_attention_residual(hidden, look_across)
        return self.feedforward_residual(hidden, self.feedforward)
