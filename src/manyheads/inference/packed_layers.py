"""An encoder's layers with packed linear maps, and attention in one call: the same numbers, sooner.

Attention keeps its points: while somebody looks inside, it goes the model's own way, and shows what the plain
model would show.
"""

from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from manyheads.batches.packed import Layout, Packed
from manyheads.inference.native_attention import attend_packed, can_attend, fits
from manyheads.inference.packed_linear import PackedLinear, can_pack, fusable
from manyheads.model.activation import Activation
from manyheads.model.attention import Attention
from manyheads.model.bert import Bert
from manyheads.model.encoder import Encoder
from manyheads.model.feedforward import FeedForward
from manyheads.model.layer import EncoderLayer
from manyheads.model.tap import Kind, Tap
from manyheads.shapes import Hidden

_MANY_ROWS = 1024
_ROW_STEP = 64
"""From `_MANY_ROWS` on, rows are a multiple of this: at most 6% more, and mostly none at all."""


class PackedAttention(Attention):
    """Self-attention whose queries, keys and values come from one product.

    Args:
        attention: The plain one.
        pack: Packs its maps.
        native: Whether all sequences of a batch are attended to in one call of our own, where nobody looks.
    """

    def __init__(self, attention: Attention, pack: "_Packer", *, native: bool = False) -> None:
        nn.Module.__init__(self)
        self.kind: Kind = attention.kind
        self.layer = attention.layer
        self.num_heads, self.dropout = attention.num_heads, attention.dropout
        self.inward = pack(attention.query, attention.key, attention.value)
        self.output = pack(attention.output)
        self.native = native

    def forward(
        self,
        hidden: Float[Tensor, "rows d_model"],
        memory: Float[Tensor, "rows d_model"],
        layout: Layout,
    ) -> Float[Tensor, "rows d_model"]:
        """Let every token of a packed batch look at the tokens of its own sequence.

        Args:
            hidden: The tokens, and rows that belong to no sequence where attention is native.
            memory: The same ones.
            layout: Which tokens belong together.

        Returns:
            What each token carries away.
        """
        if not self.native or Tap(self):
            return super().forward(hidden, memory, layout)
        return self.output(attend_packed(self.inward(hidden), layout.query, self.num_heads))

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


class PackedEncoder(Encoder):
    """An encoder that runs big batches with a rounded number of rows.

    oneDNN makes a kernel for each number of rows that it meets, which takes about as long as running it; few
    different numbers need few kernels. The rows added belong to no sequence, so attention must be native.

    Args:
        encoder: The encoder, whose layers are packed.
    """

    def __init__(self, encoder: Encoder) -> None:
        nn.Module.__init__(self)
        self.embedding, self.layers = encoder.embedding, encoder.layers
        self.final_norm = encoder.final_norm

    def forward(self, batch: Packed) -> Hidden:
        """Encode a packed batch.

        Args:
            batch: Token ids.

        Returns:
            One vector a token, each from its whole sequence.
        """
        tokens = batch.lengths.total
        layers = cast("list[EncoderLayer]", list(self.layers))
        if tokens < _MANY_ROWS or any(Tap(layer.attention) for layer in layers):
            return super().forward(batch)
        layout = Layout(batch.lengths, batch.lengths)
        hidden = F.pad(self.embedding.embed(batch), (0, 0, 0, -tokens % _ROW_STEP))
        for layer in layers:
            hidden = layer(hidden, layout)
        return self.final_norm(hidden[:tokens])


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
    layers = cast("list[EncoderLayer]", list(bert.encoder.layers))
    native = weight.dtype == torch.bfloat16 and fits(_head_dim(layers[0])) and can_attend()
    for layer in layers:
        layer.attention = PackedAttention(layer.attention, pack, native=native)
        if fusable(layer.feedforward.activation):
            layer.add_module("feedforward", PackedFeedForward(layer.feedforward, pack))
    if native:
        bert.encoder = PackedEncoder(bert.encoder)
    # What is new begins in training mode, where attention would drop weights.
    bert.eval()
    return True


def _head_dim(layer: EncoderLayer) -> int:
    return layer.attention.query.out_features // layer.attention.num_heads


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
