"""Linear maps and norms as `kernels/products.h` and `kernels/layers.h` read them."""

import ctypes
from collections.abc import Sequence
from typing import Any, ClassVar, Literal, cast

import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from manyheads.batches.packed import Lengths
from manyheads.inference.memory import let_go

Type = Literal["float32", "bfloat16", "int8"]
TYPES: tuple[Type, ...] = ("float32", "bfloat16", "int8")
"""In the order of the C code's numbers: 2 to its power of them are 32 bits."""
_OUTPUTS_AT_ONCE = 4096
"""A multiple of every tile: of a vocabulary there are never several copies in memory."""
_MOST = 127
"""The largest int8: as far from 0 as the smallest is allowed to be."""


class CMap(ctypes.Structure):
    """`Map` of products.h."""

    _fields_: ClassVar = [
        ("weight", ctypes.c_void_p),
        ("bias", ctypes.c_void_p),
        ("scales", ctypes.c_void_p),
        ("sums", ctypes.c_void_p),
        ("inputs", ctypes.c_int64),
        ("outputs", ctypes.c_int64),
        ("type", ctypes.c_int64),
    ]


class CNorm(ctypes.Structure):
    """`Norm` of layers.h."""

    _fields_: ClassVar = [
        ("weight", ctypes.c_void_p),
        ("bias", ctypes.c_void_p),
        ("epsilon", ctypes.c_double),
    ]


class Packing:
    """Lays maps and norms out, and keeps what was laid out as long as it lives itself.

    Args:
        kind: The type of the weights.
        tile: Columns that are multiplied together.
        pair: What two neighbouring weights of the same sign may be together in int8.
    """

    def __init__(self, kind: Type, tile: int, pair: int) -> None:
        self.kind = kind
        self.tile = tile
        self.pair = pair
        self._kept: list[Tensor] = []

    def map(self, *maps: nn.Linear) -> CMap:
        """Lay out maps of the same input, side by side.

        Args:
            *maps: The maps; their weights are copied.

        Returns:
            What the C code takes.
        """
        weight = maps[0].weight if len(maps) == 1 else torch.cat([each.weight for each in maps])
        bias = self._padded(torch.cat([_bias_of(each) for each in maps]))
        outputs, inputs = weight.shape
        type_number = TYPES.index(self.kind)
        tiles = torch.empty(len(bias) // self.tile, inputs >> type_number, self.tile, dtype=torch.int32)
        scales, sums = (torch.empty(len(bias), dtype=each) for each in (torch.float32, torch.int32))
        for first in range(0, outputs, _OUTPUTS_AT_ONCE):
            part = self._padded(weight.detach()[first : first + _OUTPUTS_AT_ONCE].float().cpu())
            rows = slice(first, first + len(part))
            if self.kind == "int8":
                part, scales[rows] = to_bytes(part, self.pair)
                sums[rows] = part.sum(dim=1)
            elif self.kind == "bfloat16":
                part = part.bfloat16()
            tiles[first // self.tile : rows.stop // self.tile] = in_tiles(part, self.tile)
        let_go(*(each.weight.detach() for each in maps))
        of_bytes = (scales, sums) if self.kind == "int8" else (None, None)
        found = (self._keep(each) for each in (tiles, bias, *of_bytes))
        return CMap(*found, inputs, outputs, type_number)

    def _padded(self, outputs: Tensor) -> Tensor:
        """Add outputs of zeros, up to a whole tile."""
        return F.pad(outputs, (0, 0) * (outputs.ndim - 1) + (0, -len(outputs) % self.tile))

    def norm(self, norm: nn.LayerNorm) -> CNorm:
        """Copy a norm.

        Args:
            norm: The norm, with weight and bias.

        Returns:
            What the C code takes.
        """
        return CNorm(self.numbers(norm.weight), self.numbers(norm.bias), norm.eps)

    def numbers(self, numbers: Tensor) -> int | None:
        """Keep numbers in float32.

        Args:
            numbers: Of any type; shared where they are float32 already.

        Returns:
            Where they lie.
        """
        return self._keep(numbers.detach().float().cpu().contiguous())

    def _keep(self, tensor: Tensor | None) -> int | None:
        if tensor is None:
            return None
        self._kept.append(tensor)
        return tensor.data_ptr()


def to_bytes(
    weight: Float[Tensor, "outputs inputs"], pair: int
) -> tuple[Int[Tensor, "outputs inputs"], Float[Tensor, " outputs"]]:
    """Round weights to int8, each output by a scale of its own.

    Args:
        weight: The weights.
        pair: What two neighbouring weights of the same sign may be together.

    Returns:
        Numbers from -127 to 127, and what 1 stands for.
    """
    pairs = weight.unflatten(1, (-1, 2))
    together = torch.maximum(pairs.relu().sum(dim=2), (-pairs).relu().sum(dim=2))
    scales = torch.maximum(weight.abs().amax(dim=1) / _MOST, together.amax(dim=1) / pair)
    divisors = scales.where(scales > 0, torch.ones(()))
    return (weight / divisors[:, None]).round().to(torch.int8), scales


def in_tiles(weight: Tensor, tile: int) -> Int[Tensor, "tiles groups tile"]:
    """Put what a product reads one after the other side by side.

    Args:
        weight: Outputs by inputs: outputs a multiple of the tile, inputs a multiple of 32 bits.
        tile: Columns that are multiplied together.

    Returns:
        32 bits of each output of a tile, then the next 32 bits of each.
    """
    groups = weight.contiguous().view(torch.int32)
    return groups.unflatten(0, (-1, tile)).transpose(1, 2).contiguous()


def _bias_of(each: nn.Linear) -> Tensor:
    if each.bias is None:
        return torch.zeros(each.out_features, dtype=torch.float32, device="cpu")
    return each.bias.detach().float().cpu()


def floats(*shape: int) -> Tensor:
    """Make room for numbers that C writes: in float32 and on the CPU, whatever PyTorch makes by default.

    Args:
        *shape: How many.

    Returns:
        Numbers that are not set yet.
    """
    return torch.empty(shape, dtype=torch.float32, device="cpu")


def bytes_for(size: int) -> Tensor:
    """Make room for what C needs on its way.

    Args:
        size: How many bytes.

    Returns:
        A block of memory.
    """
    return torch.empty(size, dtype=torch.uint8, device="cpu")


def starts_of(lengths: Lengths) -> Int[Tensor, " sequences_and_one"]:
    """Say where sequences begin, as C reads it.

    Args:
        lengths: The sequences.

    Returns:
        The first token of each, and where the last one ends.
    """
    return torch.tensor(lengths.starts, dtype=torch.int64, device="cpu")


def address_of(array: NDArray[Any]) -> int | None:
    """Say where an array lies. Its own `ctypes` takes six times as long, and a step asks a dozen times.

    Args:
        array: In C order, and writable.

    Returns:
        The address; None of an array without numbers.
    """
    return ctypes.addressof(ctypes.c_char.from_buffer(cast("Any", array))) if array.size else None


def pointers(addresses: Sequence[int]) -> ctypes.Array[ctypes.c_void_p]:
    """Make an array of pointers.

    Args:
        addresses: Where they point.

    Returns:
        The array, for as long as somebody holds it.
    """
    return (ctypes.c_void_p * len(addresses))(*addresses)
