"""A Transformer that translates in C: the door to `kernels/translator.c`.

To a search it is a decoder like the model itself (`inference/decoding.py`), with one operation more: `rank`,
which never has the scores of a whole vocabulary in memory. Weights are laid out when it is made; the model
keeps its own, for those who look inside.
"""

import ctypes
from collections.abc import Iterable
from functools import cache
from typing import ClassVar, cast

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor, nn

from manyheads.batches.packed import Lengths, Packed
from manyheads.inference.native import library
from manyheads.inference.native_maps import TYPES, CMap, CNorm, Packing, Type, pointers
from manyheads.inference.native_state import Memories, NativeState
from manyheads.model.attention import Attention
from manyheads.model.layer import DecoderLayer, EncoderLayer
from manyheads.model.transformer import Transformer
from manyheads.shapes import Hidden

_NAME = "translator"
_BENDS = ("", "relu", "gelu", "gelu_tanh", "silu", "tanh")
"""In the order of the C code's numbers."""
_WORTH_A_THREAD = 2_000_000
"""Products for which a further thread gains more than waiting for it costs."""


class _CLayer(ctypes.Structure):
    _fields_: ClassVar = [
        *((name, CMap) for name in ("inward", "outward", "across", "across_outward", "widen", "narrow")),
        *((name, CNorm) for name in ("own_norm", "across_norm", "feedforward_norm")),
    ]


class _CStack(ctypes.Structure):
    _fields_: ClassVar = [
        ("layers", ctypes.c_void_p),
        *((name, ctypes.c_int64) for name in ("num_layers", "num_heads", "d_model", "d_ff", "bend")),
        *((name, ctypes.c_int64) for name in ("norm_first", "attention")),
        ("final_norm", CNorm),
    ]


class _CStep(ctypes.Structure):
    _fields_: ClassVar = [
        *((name, ctypes.c_int64) for name in ("rows", "sentences")),
        *((name, ctypes.c_void_p) for name in ("first_rows", "ids", "tokens", "positions")),
        ("scale", ctypes.c_double),
        *((name, ctypes.c_void_p) for name in ("blocks", "slots", "origins")),
        ("origin_stride", ctypes.c_int64),
        *((name, ctypes.c_void_p) for name in ("first_blocks", "lengths", "memories", "memory_lengths")),
    ]


class NativeTransformer:
    """A Transformer in C, for inference on a CPU.

    Args:
        model: In evaluation mode, on the CPU; `fits` must be true of it.
        kind: The type of the weights.
    """

    def __init__(self, model: Transformer, kind: Type) -> None:
        self._code = _loaded()
        packing = Packing(kind, self._code.tile_columns())
        encoder, decoder = model.encoder, model.decoder
        encoder_layers = cast("list[EncoderLayer]", list(encoder.layers))
        decoder_layers = cast("list[DecoderLayer]", list(decoder.layers))
        self._encoder = _stack(packing, encoder_layers, encoder.final_norm)
        self._decoder = _stack(packing, decoder_layers, decoder.final_norm)
        self._memory_maps = (CMap * len(decoder_layers))(
            *(packing.map(layer.cross_attention.key, layer.cross_attention.value) for layer in decoder_layers)
        )
        self._output = packing.map(model.output)
        self._packing = packing
        self._embedding = encoder.embedding
        self._tokens = packing.numbers(decoder.embedding.tokens.weight)
        placed = decoder.embedding.position_vectors
        self._positions = None if placed is None else packing.numbers(placed)
        self._scale = decoder.embedding.scale
        self.vocab_size = model.output.out_features
        self.max_length = model.max_length
        self._d_model = model.output.in_features
        self._encoder_products = _products(encoder_layers)
        self._decoder_products = _products(decoder_layers) + model.output.weight.numel()
        self._worth_a_thread = _WORTH_A_THREAD

    def encode(self, src: Packed) -> Float[Tensor, "src_tokens d_model"]:
        """Read the source.

        Args:
            src: Source ids.

        Returns:
            The memory: one vector a source token.
        """
        # Its own copy: the C code writes where it reads.
        hidden = cast("Tensor", self._embedding.embed(src)).float().clone()
        starts = torch.tensor(src.lengths.starts)
        threads = self._threads(src.lengths.total * self._encoder_products)
        room = self._encoder_room(self._encoder, src.lengths, threads)
        self._code.encode(
            ctypes.byref(self._encoder),
            hidden.data_ptr(),
            starts.data_ptr(),
            len(src.lengths),
            room.data_ptr(),
            threads,
        )
        return hidden

    def begin(self, memory: Hidden, lengths: Lengths) -> NativeState:
        """Begin a search with one empty hypothesis a sentence.

        Args:
            memory: What `encode` gave.
            lengths: Its sequences.

        Returns:
            The state before the first token.
        """
        memory = memory.float().contiguous()
        decoder = ctypes.byref(self._decoder)
        sizes = [self._code.memory_numbers(decoder, length) for length in lengths.values]
        starts = torch.tensor(lengths.starts)
        kept = torch.empty(sum(sizes))
        addresses = kept.data_ptr() + kept.element_size() * np.cumsum([0, *sizes[:-1]])
        threads = self._threads(lengths.total * self._decoder_products // 4)
        room = self._encoder_room(self._decoder, lengths, threads)
        self._code.lay_out_memory(
            decoder,
            self._memory_maps,
            memory.data_ptr(),
            starts.data_ptr(),
            len(lengths),
            addresses.ctypes.data,
            room.data_ptr(),
            threads,
        )
        return NativeState.begin(Memories((kept,), addresses, np.array(lengths.values, np.int32)))

    def advance(
        self, state: NativeState, last_ids: Int[Tensor, " rows"]
    ) -> tuple[Float[Tensor, "rows vocab"], NativeState]:
        """Read one more token of each hypothesis.

        Args:
            state: The search so far.
            last_ids: The newest token of each row.

        Returns:
            Logits of the next token, and the state with this one read.
        """
        state, step, kept = self._step(state, last_ids.numpy())
        logits = torch.empty(len(last_ids), self.vocab_size)
        threads = self._threads(len(last_ids) * self._decoder_products)
        room = self._step_room(state, 0, threads)
        self._code.score_step(
            ctypes.byref(self._decoder),
            ctypes.byref(self._output),
            ctypes.byref(step),
            logits.data_ptr(),
            room.data_ptr(),
            threads,
        )
        del kept
        return logits, state

    def rank(
        self,
        state: NativeState,
        last_ids: NDArray[np.int64],
        wanted: int,
        *,
        barred: NDArray[np.int32],
        renormalize: bool,
    ) -> tuple[NDArray[np.float32], NDArray[np.int32], NativeState]:
        """Read one more token of each hypothesis, and rank what may come next.

        Args:
            state: The search so far.
            last_ids: The newest token of each row.
            wanted: How many tokens of each row.
            barred: Tokens that may not come, ascending.
            renormalize: Whether their probability goes to the others.

        Returns:
            Log probabilities and ids of the likeliest tokens, best first, the smaller id first among equals;
            minus infinity and 0 where the vocabulary has no more; not a number in a row whose numbers are
            none. And the state with this token read.
        """
        state, step, kept = self._step(state, last_ids)
        rows = len(last_ids)
        log_probs, ids = np.empty((rows, wanted), np.float32), np.empty((rows, wanted), np.int32)
        threads = self._threads(rows * self._decoder_products)
        room = self._step_room(state, wanted, threads)
        self._code.rank_step(
            ctypes.byref(self._decoder),
            ctypes.byref(self._output),
            ctypes.byref(step),
            wanted,
            barred.ctypes.data,
            len(barred),
            renormalize,
            log_probs.ctypes.data,
            ids.ctypes.data,
            room.data_ptr(),
            threads,
        )
        del kept
        return log_probs, ids, state

    def select(self, state: NativeState, rows: Int[Tensor, " chosen"]) -> NativeState:
        """Keep some hypotheses.

        Args:
            state: The search so far.
            rows: Which, hypotheses of a sentence side by side.

        Returns:
            The state of those.
        """
        return state.select(rows.numpy())

    def _step(
        self, state: NativeState, last_ids: NDArray[np.int64]
    ) -> tuple[NativeState, _CStep, tuple[object, ...]]:
        """Make room for a step; the last of the three must outlive the call."""
        rows = len(last_ids)
        state = state.add(torch.empty(self._decoder.num_layers, 2, rows, self._d_model))
        ids, first_rows = last_ids.astype(np.int32), state.first_rows
        blocks = pointers([block.data_ptr() for block in state.blocks])
        step = _CStep(
            rows=rows,
            sentences=len(state.memories.lengths),
            first_rows=first_rows.ctypes.data,
            ids=ids.ctypes.data,
            tokens=self._tokens,
            positions=self._positions,
            scale=self._scale,
            blocks=ctypes.addressof(blocks),
            slots=state.slots.ctypes.data,
            origins=state.origins.ctypes.data,
            origin_stride=state.origins.shape[1],
            first_blocks=state.first_blocks.ctypes.data,
            lengths=state.lengths.ctypes.data,
            memories=state.memories.addresses.ctypes.data,
            memory_lengths=state.memories.lengths.ctypes.data,
        )
        return state, step, (ids, first_rows, blocks)

    def _threads(self, products: int) -> int:
        return max(1, min(torch.get_num_threads(), products // max(self._worth_a_thread, 1)))

    def _encoder_room(self, stack: _CStack, lengths: Lengths, threads: int) -> Tensor:
        size = self._code.encoder_room(ctypes.byref(stack), lengths.total, max(lengths.values), threads)
        return torch.empty(size, dtype=torch.uint8)

    def _step_room(self, state: NativeState, wanted: int, threads: int) -> Tensor:
        longest = max(int(state.lengths.max()), int(state.memories.lengths.max()))
        size = self._code.step_room(ctypes.byref(self._decoder), len(state.lengths), longest, wanted, threads)
        return torch.empty(size, dtype=torch.uint8)


def _products(layers: list[EncoderLayer] | list[DecoderLayer]) -> int:
    """Count what each token is multiplied by."""
    return sum(weight.numel() for layer in layers for weight in layer.parameters() if weight.ndim == 2)


def _stack(
    packing: Packing, layers: list[EncoderLayer] | list[DecoderLayer], final_norm: nn.Module
) -> _CStack:
    known: dict[int, _CLayer] = {}
    for layer in layers:
        # Layers that share their weights share the packed ones too.
        if id(layer.attention.query.weight) not in known:
            known[id(layer.attention.query.weight)] = _layer(packing, layer)
    made = (_CLayer * len(layers))(*(known[id(layer.attention.query.weight)] for layer in layers))
    first = layers[0]
    # A type for itself: in int8 attention would lose more than it costs, and bfloat16 may be slow here.
    rounds = packing.kind != "float32" and _loaded().has_bfloat16()
    stack = _CStack(
        layers=ctypes.addressof(made),
        num_layers=len(layers),
        num_heads=first.attention.num_heads,
        d_model=first.attention.query.in_features,
        d_ff=first.feedforward.widen.out_features,
        bend=_BENDS.index(first.feedforward.activation),
        norm_first=first.attention_residual.norm_first,
        attention=TYPES.index("bfloat16" if rounds else "float32"),
    )
    if isinstance(final_norm, nn.LayerNorm):
        stack.final_norm = packing.norm(final_norm)
    stack.kept = made
    return stack


def _layer(packing: Packing, layer: EncoderLayer | DecoderLayer) -> _CLayer:
    own = layer.attention
    made = _CLayer(
        inward=packing.map(own.query, own.key, own.value),
        outward=packing.map(own.output),
        widen=packing.map(layer.feedforward.widen),
        narrow=packing.map(layer.feedforward.narrow),
        own_norm=packing.norm(layer.attention_residual.norm),
        feedforward_norm=packing.norm(layer.feedforward_residual.norm),
    )
    if isinstance(layer, DecoderLayer):
        made.across = packing.map(layer.cross_attention.query)
        made.across_outward = packing.map(layer.cross_attention.output)
        made.across_norm = packing.norm(layer.cross_attention_residual.norm)
    return made


def fits(model: Transformer) -> bool:
    """Say whether a model can run in C here.

    Args:
        model: The model.

    Returns:
        Whether there is a compiler, and all widths are multiples of the processor's vectors.
    """
    if library(_NAME) is None:
        return False
    lanes = _loaded().lanes()
    return all(width % lanes == 0 for width in _widths(model))


def _widths(model: Transformer) -> Iterable[int]:
    for layer in (*model.encoder.layers, *model.decoder.layers):
        layer = cast("EncoderLayer | DecoderLayer", layer)
        attention: Attention = layer.attention
        yield attention.query.in_features // attention.num_heads
        yield layer.feedforward.widen.out_features


@cache
def _loaded() -> ctypes.CDLL:
    code = library(_NAME)
    if code is None:
        raise RuntimeError("the translator in C was not compiled here, but is called; ask fits first")
    pointer, number = ctypes.c_void_p, ctypes.c_int64
    for name, takes in {
        "encode": [pointer, pointer, pointer, number, pointer, number],
        "lay_out_memory": [pointer, pointer, pointer, pointer, number, pointer, pointer, number],
        "score_step": [pointer, pointer, pointer, pointer, pointer, number],
        "rank_step": [pointer] * 3 + [number, pointer, number, number] + [pointer] * 3 + [number],
    }.items():
        getattr(code, name).argtypes, getattr(code, name).restype = takes, None
    for name, takes in {
        "tile_columns": [],
        "lanes": [],
        "has_bfloat16": [],
        "memory_numbers": [pointer, number],
        "encoder_room": [pointer, number, number, number],
        "step_room": [pointer, number, number, number, number],
    }.items():
        getattr(code, name).argtypes, getattr(code, name).restype = takes, number
    return code
