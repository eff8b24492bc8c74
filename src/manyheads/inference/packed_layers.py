"""An encoder's layers with packed linear maps: the same numbers, sooner.

Only linear maps are exchanged. Attention keeps its points, so that whoever looks inside sees what the plain
model would show.
"""

from collections.abc import Iterable
from typing import cast

from jaxtyping import Float
from torch import Tensor, nn

from manyheads.inference.packed_linear import PackedLinear, can_pack, fusable
from manyheads.model.activation import Activation
from manyheads.model.attention import Attention
from manyheads.model.bert import Bert
from manyheads.model.feedforward import FeedForward
from manyheads.model.layer import EncoderLayer
from manyheads.shapes import Hidden


class PackedAttention(Attention):
    """Self-attention whose queries, keys and values come from one product.

    Args:
        attention: The plain one.
        pack: Packs its maps.
    """

    def __init__(self, attention: Attention, pack: "_Packer") -> None:
        nn.Module.__init__(self)
        self.kind, self.layer = attention.kind, attention.layer
        self.num_heads, self.dropout = attention.num_heads, attention.dropout
        self.inward = pack(attention.query, attention.key, attention.value)
        self.output = pack(attention.output)

    def queries_keys_values(
        self, hidden: Float[Tensor, "tokens d_model"], memory: Float[Tensor, "tokens d_model"]
    ) -> tuple[Hidden, Hidden, Hidden]:
        """Project tokens that look at each other.

        Args:
            hidden: The tokens.
            memory: The same ones.

        Returns:
            Their queries, keys and values: views of one block.

        Raises:
            ValueError: The tokens looked at are others.
        """
        if memory is not hidden:
            raise ValueError("packed attention is of tokens at each other, but memory is not what looks")
        query, key, value = self.inward(hidden).chunk(3, dim=-1)
        return query, key, value


class PackedFeedForward(nn.Module):
    """The feed-forward part, with the bend calculated where the first map's numbers are made.

    Args:
        feedforward: The plain one; its bend must be `fusable`.
        pack: Packs its maps.
    """

    def __init__(self, feedforward: FeedForward, pack: "_Packer") -> None:
        super().__init__()
        self.widen = pack(feedforward.widen, bend=feedforward.activation)
        self.narrow = pack(feedforward.narrow)

    def forward(self, hidden: Hidden) -> Hidden:
        """Transform each token.

        Args:
            hidden: Packed tokens.

        Returns:
            As many tokens of the same width.
        """
        return self.narrow(self.widen(hidden))


def pack_layers(bert: Bert) -> bool:
    """Exchange the linear maps of an encoder's layers for packed ones, where they can be.

    Layers that share their weights share the packed ones too.

    Args:
        bert: In evaluation mode, in the type in which it will compute; changed in place.

    Returns:
        Whether it was changed: not on a GPU, nor where torch's operators are missing or wrong.
    """
    weight = next(bert.encoder.layers.parameters())
    if weight.device.type != "cpu" or not can_pack(weight.dtype):
        return False
    pack = _Packer()
    for layer in cast("Iterable[EncoderLayer]", bert.encoder.layers):
        layer.attention = PackedAttention(layer.attention, pack)
        if fusable(layer.feedforward.activation):
            layer.add_module("feedforward", PackedFeedForward(layer.feedforward, pack))
    # What is new begins in training mode, where attention would drop weights.
    bert.eval()
    return True


class _Packer:
    """Packs maps, those with the same weights once."""

    def __init__(self) -> None:
        # The weights are kept: the id of one that is gone may be given to another.
        self._known: dict[tuple[int, ...], tuple[tuple[Tensor, ...], PackedLinear]] = {}

    def __call__(self, *maps: nn.Linear, bend: Activation | None = None) -> PackedLinear:
        weights = tuple(each.weight for each in maps)
        key = tuple(map(id, weights))
        if key not in self._known:
            self._known[key] = weights, PackedLinear(*maps, bend=bend)
        return self._known[key][1]
