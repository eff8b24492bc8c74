"""A stack of layers in C: what `kernels/translator.c` takes, and the door to it."""

import ctypes
from collections.abc import Iterable, Sequence
from functools import cache
from typing import ClassVar, cast

import torch
from torch import Tensor, nn

from manyheads.batches.packed import Lengths
from manyheads.inference.native import library
from manyheads.inference.native_maps import TYPES, CMap, CNorm, Packing, Type, bytes_for, floats, starts_of
from manyheads.model.activation import ACTIVATIONS
from manyheads.model.layer import DecoderLayer, EncoderLayer
from manyheads.model.undrawn import Undrawn

NAME = "translator"
"""The C file."""
_TRIED = 32
"""Numbers of a row that is tried: some vectors of any processor."""
_BENDS = ("", "relu", "gelu", "gelu_tanh", "silu", "tanh")
"""In the order of the C code's numbers."""
WORTH_A_THREAD = 2_000_000
"""Products for which a further thread gains more than waiting for it costs."""

Layers = Sequence[EncoderLayer] | Sequence[DecoderLayer]


class CLayer(ctypes.Structure):
    """`Layer` of layers.h."""

    _fields_: ClassVar = [
        *((name, CMap) for name in ("inward", "outward", "across", "across_outward", "widen", "narrow")),
        *((name, CNorm) for name in ("own_norm", "across_norm", "feedforward_norm")),
    ]


class CStack(ctypes.Structure):
    """`Stack` of layers.h."""

    _fields_: ClassVar = [
        ("layers", ctypes.c_void_p),
        *((name, ctypes.c_int64) for name in ("num_layers", "num_heads", "d_model", "d_ff", "bend")),
        *((name, ctypes.c_int64) for name in ("norm_first", "attention")),
        ("final_norm", CNorm),
    ]


class NativeStack:
    """Layers laid out for C.

    Args:
        packing: Lays them out.
        layers: From the bottom up; `fits` must be true of them.
        final_norm: Behind the last layer, where norms stand first; else nothing.
        more_products: What a token is multiplied by besides, behind the layers.
    """

    def __init__(
        self, packing: Packing, layers: Layers, final_norm: nn.Module, *, more_products: int = 0
    ) -> None:
        self.code = code()
        self.packing = packing
        known: dict[int, CLayer] = {}
        for layer in layers:
            # Layers that share their weights share what was laid out, too.
            if id(layer.attention.query.weight) not in known:
                known[id(layer.attention.query.weight)] = _layer(packing, layer)
        self._layers = (CLayer * len(layers))(*(known[id(layer.attention.query.weight)] for layer in layers))
        self.c = _stack(packing, layers, self._layers)
        if isinstance(final_norm, nn.LayerNorm):
            self.c.final_norm = packing.norm(final_norm)
        weights = (weight for layer in layers for weight in layer.parameters() if weight.ndim == 2)
        self.products = more_products + sum(weight.numel() for weight in weights)
        self.worth_a_thread = WORTH_A_THREAD

    def threads(self, tokens: int) -> int:
        """Say how many threads are worth it.

        Args:
            tokens: How many go through the layers.

        Returns:
            The number; as many as PyTorch takes at most.
        """
        worth = tokens * self.products // max(self.worth_a_thread, 1)
        return max(1, min(torch.get_num_threads(), worth))

    def run(self, hidden: Tensor, lengths: Lengths) -> Tensor:
        """Run an encoder's layers over a packed batch.

        Args:
            hidden: Embedded tokens.
            lengths: The sequences.

        Returns:
            What the layers make of each token, in float32.
        """
        # Its own copy: the C code writes where it reads.
        hidden = hidden.detach().float().clone(memory_format=torch.contiguous_format)
        starts = starts_of(lengths)
        threads = self.threads(lengths.total)
        room = self.room(lengths, threads)
        self.code.encode(
            ctypes.byref(self.c),
            hidden.data_ptr(),
            starts.data_ptr(),
            len(lengths),
            room.data_ptr(),
            threads,
        )
        return hidden

    def room(self, lengths: Lengths, threads: int) -> Tensor:
        """Make room for what the tokens of a batch need on their way.

        Args:
            lengths: The sequences.
            threads: How many calculate.

        Returns:
            A block of memory.
        """
        size = self.code.encoder_room(ctypes.byref(self.c), lengths.total, max(lengths.values), threads)
        return bytes_for(size)


def begin_packing(kind: Type) -> Packing:
    """Begin to lay out what the C code takes here.

    Args:
        kind: The type of the weights.

    Returns:
        What lays it out.
    """
    return Packing(kind, code().tile_columns(), code().pair_steps())


def apply_map(packed: CMap, rows: Tensor, *, bend: str = "", threads: int = 1) -> Tensor:
    """Multiply rows by a map.

    Args:
        packed: The map; its packing must live.
        rows: In float32, one after another, of [rows, inputs].
        bend: An activation's name; of none where it is empty.
        threads: How many calculate.

    Returns:
        Of [rows, outputs].
    """
    found = floats(len(rows), packed.outputs)
    room = bytes_for(code().map_room(ctypes.byref(packed), len(rows)))
    given, number = (rows.data_ptr(), len(rows)), _BENDS.index(bend)
    code().apply_map(ctypes.byref(packed), *given, found.data_ptr(), number, room.data_ptr(), threads)
    return found


def _stack(packing: Packing, layers: Layers, made: "ctypes.Array[CLayer]") -> CStack:
    first = layers[0]
    # A type for itself: in int8 attention would lose more than it costs, and bfloat16 may be slow here.
    rounds = packing.kind != "float32" and code().has_bfloat16()
    return CStack(
        layers=ctypes.addressof(made),
        num_layers=len(layers),
        num_heads=first.attention.num_heads,
        d_model=first.attention.query.in_features,
        d_ff=first.feedforward.widen.out_features,
        bend=_BENDS.index(first.feedforward.activation),
        norm_first=first.attention_residual.norm_first,
        attention=TYPES.index("bfloat16" if rounds else "float32"),
    )


def _layer(packing: Packing, layer: EncoderLayer | DecoderLayer) -> CLayer:
    own = layer.attention
    made = CLayer(
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


def fits(*stacks: Iterable[nn.Module]) -> bool:
    """Say whether layers can run in C here.

    Args:
        *stacks: Encoders' or decoders' layers.

    Returns:
        Whether there is a compiler, and all widths are multiples of the processor's vectors.
    """
    if not is_right():
        return False
    lanes = code().lanes()
    layers = [cast("EncoderLayer | DecoderLayer", layer) for stack in stacks for layer in stack]
    return all(width % lanes == 0 for layer in layers for width in _widths(layer))


@cache
def is_right() -> bool:
    """Try out what a compiler that takes liberties with numbers gets wrong first.

    Returns:
        Whether there is a library, and its activations are PyTorch's.
    """
    if library(NAME) is None:
        return False
    rows = torch.linspace(-9, 9, 4 * _TRIED, dtype=torch.float32, device="cpu").unflatten(0, (4, _TRIED))
    packing = begin_packing("float32")
    packed = packing.map(_same())
    return all(
        torch.allclose(apply_map(packed, rows, bend=bend), ACTIVATIONS[bend](rows), rtol=1e-5, atol=1e-5)
        for bend in _BENDS[1:]
    )


def _same() -> nn.Linear:
    """Make a map that changes nothing."""
    with Undrawn():
        same = nn.Linear(_TRIED, _TRIED, bias=False)
    same.weight = nn.Parameter(torch.eye(_TRIED, dtype=torch.float32, device="cpu"), requires_grad=False)
    return same


def _widths(layer: EncoderLayer | DecoderLayer) -> tuple[int, int]:
    attention = layer.attention
    return attention.query.in_features // attention.num_heads, layer.feedforward.widen.out_features


@cache
def code() -> ctypes.CDLL:
    """Load the C code.

    Returns:
        The library, its functions' types declared.

    Raises:
        RuntimeError: It could not be compiled here.
    """
    found = library(NAME)
    if found is None:
        raise RuntimeError("the translator in C was not compiled here, but is called; ask fits first")
    pointer, number = ctypes.c_void_p, ctypes.c_int64
    for name, takes in {
        "encode": [pointer, pointer, pointer, number, pointer, number],
        "lay_out_memory": [pointer, pointer, pointer, pointer, number, pointer, pointer, number],
        "apply_map": [pointer, pointer, number, pointer, number, pointer, number],
        "score_step": [pointer, pointer, pointer, pointer, pointer, number],
        "rank_step": [pointer, pointer, pointer, pointer, pointer, number],
    }.items():
        getattr(found, name).argtypes, getattr(found, name).restype = takes, None
    for name, takes in {
        "tile_columns": [],
        "row_steps": [],
        "pair_steps": [],
        "lanes": [],
        "has_bfloat16": [],
        "map_room": [pointer, number],
        "memory_numbers": [pointer, number],
        "encoder_room": [pointer, number, number, number],
        "step_room": [pointer, number, number, number, number],
    }.items():
        getattr(found, name).argtypes, getattr(found, name).restype = takes, number
    return found
