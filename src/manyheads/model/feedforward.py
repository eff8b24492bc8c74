"""The feed-forward part of a layer: each token by itself, widened, bent and narrowed again.

Reference:
    Vaswani et al. 2017, section 3.3, equation 2.
"""

from torch import nn

from manyheads.model.activation import ACTIVATIONS, Activation
from manyheads.shapes import Hidden


class FeedForward(nn.Module):
    """Two linear maps with a bend between them.

    Args:
        d_model: Width of the residual stream.
        d_ff: Inner width.
        activation: The bend.
    """

    def __init__(self, *, d_model: int, d_ff: int, activation: Activation) -> None:
        super().__init__()
        self.widen = nn.Linear(d_model, d_ff)
        self.narrow = nn.Linear(d_ff, d_model)
        self.activation: Activation = activation
        self._activate = ACTIVATIONS[activation]

    def forward(self, hidden: Hidden) -> Hidden:
        """Transform each token.

        Args:
            hidden: Packed tokens.

        Returns:
            As many tokens of the same width.
        """
        return self.narrow(self._activate(self.widen(hidden)))
