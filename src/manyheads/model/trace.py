"""One layer, step by step: every number between what it was given and what it hands on.

A layer runs as it always does, with somebody at its tap, and what stands between its parts is kept. So the
steps are those of the model, not a second calculation beside it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, cast

import torch
from jaxtyping import Float
from torch import Tensor

from manyheads.batches.packed import Layout, Packed
from manyheads.model.bert_embedding import BertEmbedding
from manyheads.model.decoder import Decoder
from manyheads.model.embedding import Embedding
from manyheads.model.encoder import Encoder
from manyheads.model.layer import DecoderLayer, EncoderLayer, Residual
from manyheads.model.tap import Kind, Point, Site, observe
from manyheads.shapes import Hidden

SublayerName = Kind | Literal["feedforward"]


@dataclass(frozen=True)
class SublayerTrace:
    """One sublayer: attention of one kind, or the feed-forward part.

    Attributes:
        name: The kind of attention, or `feedforward`.
        before: The residual stream that it was given.
        inner: What the sublayer read: the residual stream, normed where the norm stands first.
        said: What it said.
        total: The stream with that added.
        result: The stream behind it: the total, normed where the norm stands behind.
        points: What was met at the tap, a block [heads, ...] each; nothing for the feed-forward part.
    """

    name: SublayerName
    before: Hidden
    inner: Hidden
    said: Hidden
    total: Hidden
    result: Hidden
    points: Mapping[Point, Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class LayerTrace:
    """One layer over one sequence.

    Attributes:
        sublayers: In order.
    """

    sublayers: tuple[SublayerTrace, ...]

    def attention(self, kind: Kind) -> SublayerTrace:
        """Find the sublayer of a kind of attention.

        Args:
            kind: Which.

        Returns:
            Its trace.
        """
        return next(part for part in self.sublayers if part.name == kind)


@torch.inference_mode()
def trace_encoder(encoder: Encoder, batch: Packed) -> Iterator[LayerTrace]:
    """Trace an encoder, a layer at a time.

    Args:
        encoder: The encoder, in evaluation mode.
        batch: One sequence.

    Yields:
        The layers from the bottom up.
    """
    layout, hidden = Layout(batch.lengths, batch.lengths), encoder.embedding.embed(batch)
    for layer in cast("Iterable[EncoderLayer]", encoder.layers):
        trace = _encoder_layer(layer, hidden, layout)
        yield trace
        hidden = trace.sublayers[-1].result


@torch.inference_mode()
def trace_decoder(
    decoder: Decoder, batch: Packed, memory: Float[Tensor, "src_tokens d_model"], memory_of: Packed
) -> Iterator[LayerTrace]:
    """Trace a decoder over a target that is known, a layer at a time.

    Args:
        decoder: The decoder, in evaluation mode.
        batch: One sequence of decoder inputs.
        memory: What the encoder made of the source.
        memory_of: The source.

    Yields:
        The layers from the bottom up.
    """
    own, across = Layout(batch.lengths, batch.lengths), Layout(batch.lengths, memory_of.lengths)
    hidden = decoder.embedding.embed(batch)
    for layer in cast("Iterable[DecoderLayer]", decoder.layers):
        trace = _decoder_layer(layer, hidden, memory, own, across)
        yield trace
        hidden = trace.sublayers[-1].result


@torch.inference_mode()
def trace_embedding(embedding: Embedding | BertEmbedding, batch: Packed) -> dict[str, Hidden]:
    """Take apart what an embedding adds up.

    Args:
        embedding: In evaluation mode.
        batch: One sequence.

    Returns:
        `token`, `position` and `segment`, as far as there are such; `sum`; and `embedded`, what the first
        layer is given, where a norm or a map stands between.
    """
    if isinstance(embedding, Embedding):
        whole = embedding.embed(batch)
        token = embedding.tokens(batch.token_ids) * embedding.scale
        return {"token": token, "position": whole - token, "sum": whole}
    positions = batch.lengths.positions(batch.token_ids.device) + embedding.first_position
    parts = {"token": embedding.tokens(batch.token_ids), "position": embedding.positions(positions)}
    if embedding.segments is not None:
        segment_ids = batch.segment_ids
        segment_ids = torch.zeros_like(batch.token_ids) if segment_ids is None else segment_ids
        parts["segment"] = embedding.segments(segment_ids.clamp(max=embedding.segments.num_embeddings - 1))
    total = torch.stack(list(parts.values())).sum(dim=0)
    return {**parts, "sum": total, "embedded": embedding.embed(batch)}


def _encoder_layer(layer: EncoderLayer, hidden: Hidden, layout: Layout) -> LayerTrace:
    points: dict[Point, Tensor] = {}
    with observe(layer, _keep(points)):
        attention = _sublayer(
            "encoder", layer.attention_residual, hidden, lambda x: layer.attention(x, x, layout), points
        )
    thought = _sublayer("feedforward", layer.feedforward_residual, attention.result, layer.feedforward)
    return LayerTrace((attention, thought))


def _decoder_layer(
    layer: DecoderLayer,
    hidden: Hidden,
    memory: Float[Tensor, "src_tokens d_model"],
    own: Layout,
    across: Layout,
) -> LayerTrace:
    back: dict[Point, Tensor] = {}
    over: dict[Point, Tensor] = {}
    with observe(layer.attention, _keep(back)), observe(layer.cross_attention, _keep(over)):
        first = _sublayer(
            "decoder", layer.attention_residual, hidden, lambda x: layer.attention(x, x, own), back
        )
        second = _sublayer(
            "cross",
            layer.cross_attention_residual,
            first.result,
            lambda x: layer.cross_attention(x, memory, across),
            over,
        )
    thought = _sublayer("feedforward", layer.feedforward_residual, second.result, layer.feedforward)
    return LayerTrace((first, second, thought))


def _sublayer(
    name: SublayerName,
    residual: Residual,
    hidden: Hidden,
    sublayer: Callable[[Hidden], Hidden],
    points: Mapping[Point, Tensor] | None = None,
) -> SublayerTrace:
    """Run a sublayer inside its residual, and see what it reads and says."""
    seen: list[Hidden] = []

    def watched(inner: Hidden) -> Hidden:
        seen.extend((inner, sublayer(inner)))
        return seen[1]

    result = residual(hidden, watched)
    inner, said = seen
    return SublayerTrace(name, hidden, inner, said, hidden + said, result, points or {})


def _keep(points: dict[Point, Tensor]) -> Callable[[Site, Tensor], None]:
    """Keep what is met at the tap of one attention over one sequence; the output alone is packed."""

    def keep(site: Site, tensor: Tensor) -> None:
        points[site.point] = tensor if site.point == "output" else tensor[0]

    return keep
