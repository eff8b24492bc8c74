"""Heads as a filter bank: an attention whose heads look at fixed distances is a convolution.

Each head of the package's own `Attention` turns its token's position vector to that of the token `offset`
places on, and looks for it; it carries that token's channels away, and the output projection holds the
kernel, a slice a head.

Reference:
    Cordonnier, Loukas and Jaggi 2020, "On the Relationship between Self-Attention and Convolutional Layers",
    section 3, theorem 1: as many heads as the kernel is wide can calculate any convolution. Their position
    vectors give a quadratic score of the distance, ours are the sinusoids of Vaswani et al. 2017, where a
    step is a rotation.
"""

import math
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor
from torch.nn import functional as F

from manyheads.batches.packed import Layout, Lengths
from manyheads.errors import InputError
from manyheads.model.attention import Attention
from manyheads.model.embedding import sinusoids
from manyheads.model.tap import record_attention
from manyheads.views.paper import INK, WEIGHTS

_WAVES = 16
"""Numbers of a position vector: eight pairs of sine and cosine."""
_SHARPNESS = 64.0
"""A score is this many times the product of two position vectors: the next token gets e^-30 of the weight."""
_LONGEST = 500
"""Tokens up to which no two position vectors are more alike than those of neighbours."""


@dataclass(frozen=True, slots=True)
class Filters:
    """A convolution.

    Attributes:
        kernel: Weights, as `torch.nn.functional.conv1d` takes them.
        bias: Added to every token's channels.
    """

    kernel: Float[Tensor, "out_channels in_channels width"]
    bias: Float[Tensor, " out_channels"]

    @property
    def offsets(self) -> list[int]:
        """Which neighbour each column of the kernel belongs to: 0 is the token itself."""
        width = self.kernel.shape[2]
        return [column - width // 2 for column in range(width)]


def as_attention(filters: Filters) -> Attention:
    """Build an attention that calculates a convolution, a head for each column of the kernel.

    A token's vector holds its channels, then its position vector, then zeros.

    Args:
        filters: The convolution; its width is odd.

    Returns:
        The attention, in the kernel's type; `place_channels` makes what it reads.
    """
    out_channels, in_channels, width = filters.kernel.shape
    head_dim = max(in_channels + _WAVES, math.ceil(out_channels / width))
    attention = Attention(d_model=width * head_dim, num_heads=width, dropout=0.0, kind="encoder", layer=0)
    attention.to(filters.kernel.dtype).eval().requires_grad_(requires_grad=False)
    for parameter in attention.parameters():
        parameter.zero_()
    waves = slice(in_channels, in_channels + _WAVES)
    for head, offset in enumerate(filters.offsets):
        first = head * head_dim
        looks_with = slice(first, first + _WAVES)
        attention.query.weight[looks_with, waves] = _sharp(_turn(offset), head_dim)
        attention.key.weight[looks_with, waves] = torch.eye(_WAVES, dtype=filters.kernel.dtype)
        carries = slice(first, first + in_channels)
        attention.value.weight[carries, :in_channels] = torch.eye(in_channels, dtype=filters.kernel.dtype)
        attention.output.weight[:out_channels, carries] = filters.kernel[:, :, head]
    attention.output.bias[:out_channels] = filters.bias
    return attention


def _sharp(turn: Float[Tensor, "waves waves"], head_dim: int) -> Float[Tensor, "waves waves"]:
    """Make scores large, whatever they are divided by: then one key has all the weight."""
    return turn * _SHARPNESS * math.sqrt(head_dim)


def _turn(offset: int) -> Float[Tensor, "waves waves"]:
    """Build the matrix that takes the position vector of any place to that of the place `offset` further on.

    With rate r it takes (sin rp, cos rp) to (sin r(p + offset), cos r(p + offset)).
    """
    rates = [10_000.0 ** (-wave / _WAVES) for wave in range(0, _WAVES, 2)]
    blocks = []
    for rate in rates:
        sine, cosine = math.sin(rate * offset), math.cos(rate * offset)
        blocks.append(torch.tensor([[cosine, sine], [-sine, cosine]], dtype=torch.float64))
    return torch.block_diag(*blocks)


def place_channels(
    channels: Float[Tensor, "in_channels length"], attention: Attention, *, reach: int
) -> Float[Tensor, "tokens d_model"]:
    """Write channels and positions into tokens, with empty tokens at both ends: a convolution's padding.

    Args:
        channels: What a convolution would read.
        attention: What `as_attention` built.
        reach: Empty tokens at each end.

    Returns:
        One vector a token, empty ones included.
    """
    padded = F.pad(channels, (reach, reach)).T
    positions = sinusoids(len(padded), _WAVES).to(channels.dtype)
    tokens = torch.cat([padded, positions], dim=1)
    return F.pad(tokens, (0, attention.query.in_features - tokens.shape[1]))


def measure_convolution(
    width: int, *, length: int = 24, in_channels: int = 3, out_channels: int = 2, seed: int = 1
) -> dict[str, Any]:
    """Calculate one convolution twice, by attention and by `conv1d`, on a drawn input with a drawn kernel.

    Args:
        width: Of the kernel: how many heads there are; odd.
        length: Tokens, up to 500 with the empty ones.
        in_channels: Numbers of each token.
        out_channels: Numbers that come out for each.
        seed: Input and kernel are a function of it.

    Returns:
        `largest_difference` of the two in float64 and `largest_difference_float32`, over all tokens;
        `least_weight`, the smallest that any head gives the token at its offset; and for the figure
        `offsets`, `maps` by head, and the channels of `input`, `attention` and `convolution`.

    Raises:
        InputError: The width is not odd, or the input is too long.
    """
    if width < 1 or width % 2 == 0:
        raise InputError(
            f"the width must be odd, so that a token stands in its middle, but is {width}; take {width + 1}"
        )
    if length < 1 or length + width - 1 > _LONGEST:
        raise InputError(
            f"length must be 1 to {_LONGEST + 1 - width} where the width is {width}, but is {length}"
        )
    generator = torch.Generator().manual_seed(seed)
    drawn = [
        torch.randn(size, generator=generator, dtype=torch.float64)
        for size in ((in_channels, length), (out_channels, in_channels, width), (out_channels,))
    ]
    exact, single = (
        _both_ways(*(part.to(dtype) for part in drawn)) for dtype in (torch.float64, torch.float32)
    )
    return {
        "width": width,
        "length": length,
        "in_channels": in_channels,
        "out_channels": out_channels,
        "seed": seed,
        "largest_difference_float32": single["largest_difference"],
        **exact,
    }


def _both_ways(
    channels: Float[Tensor, "in_channels length"],
    kernel: Float[Tensor, "out_channels in_channels width"],
    bias: Float[Tensor, " out_channels"],
) -> dict[str, Any]:
    """Calculate by attention and by convolution, in the numbers' own type."""
    filters = Filters(kernel, bias)
    reach, length = kernel.shape[2] // 2, channels.shape[1]
    attention = as_attention(filters)
    tokens = place_channels(channels, attention, reach=reach)
    lengths = Lengths((len(tokens),))
    with record_attention(attention) as recorded:
        attended = attention(tokens, tokens, Layout(lengths, lengths))
    inner = slice(reach, reach + length)
    by_attention = attended[inner, : len(kernel)].T
    by_convolution = F.conv1d(channels[None], kernel, bias, padding=reach)[0]
    maps = recorded["encoder"][0][0][:, inner]
    hits = [weights.diagonal(reach + offset) for weights, offset in zip(maps, filters.offsets, strict=True)]
    return {
        "largest_difference": (by_attention - by_convolution).abs().max().item(),
        "largest_value": by_convolution.abs().max().item(),
        "least_weight": torch.cat(hits).min().item(),
        "offsets": filters.offsets,
        "maps": maps.tolist(),
        "input": channels.tolist(),
        "attention": by_attention.tolist(),
        "convolution": by_convolution.tolist(),
    }


def draw_convolution(measured: dict[str, Any]) -> Figure:
    """Draw where the heads look, and what comes out beside what a convolution gives.

    Args:
        measured: What `measure_convolution` gave.

    Returns:
        The figure; to be called in the style of the paper.
    """
    offsets = measured["offsets"]
    figure = Figure(figsize=(max(1.5 * len(offsets), 6.0), 3.9), layout="constrained")
    above, below = figure.subfigures(2, 1, squeeze=False, height_ratios=[1.2, 1.0])[:, 0]
    panels = above.subplots(1, len(offsets), squeeze=False)[0]
    for head, (axes, offset, weights) in enumerate(zip(panels, offsets, measured["maps"], strict=True)):
        axes.imshow(weights, cmap=WEIGHTS, vmin=0.0, vmax=1.0)
        _bare(axes, f"head {head}: {offset:+d}" if offset else f"head {head}: itself")
    panels[0].set_ylabel("token that looks", fontsize=7)
    middle = panels[len(offsets) // 2]
    middle.set_xlabel("token looked at, empty ones at both ends included", fontsize=7)
    maps = {"what is read": "input", "by attention": "attention", "by convolution": "convolution"}
    limit = max(abs(value) for name in maps.values() for row in measured[name] for value in row)
    feature_maps = below.subplots(1, len(maps), squeeze=False)[0]
    for axes, (title, name) in zip(feature_maps, maps.items(), strict=True):
        axes.imshow(measured[name], cmap="PuOr", vmin=-limit, vmax=limit, aspect="auto")
        _bare(axes, title)
        axes.set_xlabel("token", fontsize=7)
        axes.set_ylabel("channel", fontsize=7)
    return figure


def _bare(axes: Axes, title: str) -> None:
    axes.set_title(title, fontsize=8, color=INK)
    axes.set_xticks([])
    axes.set_yticks([])
