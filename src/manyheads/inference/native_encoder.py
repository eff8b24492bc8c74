"""An encoder whose layers run in C."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from torch import nn

from manyheads.batches.packed import Packed
from manyheads.inference.native_maps import Type
from manyheads.inference.native_stack import NativeStack, begin_packing
from manyheads.model.bert import Bert
from manyheads.model.encoder import Encoder
from manyheads.model.layer import EncoderLayer
from manyheads.model.tap import Tap, attentions
from manyheads.shapes import Hidden


class NativeEncoder(Encoder):
    """An encoder in C, for inference on a CPU; the open one for those who look inside.

    Args:
        encoder: The encoder, in evaluation mode; its layers stay. `native_stack.fits` must be true of them.
        kind: The type of the weights.
    """

    def __init__(self, encoder: Encoder, kind: Type) -> None:
        nn.Module.__init__(self)
        self.embedding, self.layers = encoder.embedding, encoder.layers
        self.final_norm = encoder.final_norm
        self.training = encoder.training
        layers = cast("list[EncoderLayer]", list(encoder.layers))
        self.stack = NativeStack(begin_packing(kind), layers, encoder.final_norm)
        self._attentions = attentions(self)

    @property
    def observed(self) -> bool:
        """Whether somebody looks inside."""
        return any(Tap(attention) for attention in self._attentions)

    def forward(self, batch: Packed) -> Hidden:
        """Encode a packed batch.

        Args:
            batch: Token ids.

        Returns:
            One vector a token, each from its whole sequence, in the type of the embedding.
        """
        # C has neither dropout nor gradients.
        if self.observed or self.training:
            return super().forward(batch)
        embedded = self.embedding.embed(batch)
        if embedded.requires_grad:
            return super().forward(batch)
        return self.stack.run(embedded, batch.lengths).to(embedded.dtype)


@contextmanager
def in_pytorch(bert: Bert) -> Iterator[None]:
    """Run an encoder's layers as they are, and not in C.

    Args:
        bert: Whose; changed while the context lasts.

    Yields:
        Nothing.
    """
    native = bert.encoder
    layers = cast("list[EncoderLayer]", list(native.layers))
    bert.encoder = Encoder(embedding=native.embedding, layers=layers, final_norm=native.final_norm)
    try:
        yield
    finally:
        bert.encoder = native
