"""Maps as figures for a paper: SVG with text as text, or PNG. Importing this imports matplotlib."""

import math
import os
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from manyheads.views.labels import cut, label
from manyheads.views.maps import AttentionMaps
from manyheads.views.paper import INK, QUIET, WEIGHTS, paper, save_figure

# Inches; a text column of a paper is about 3.3 wide, a page 7.
_LARGEST_CELL = 0.34
_PAGE = 6.2
_SMALLEST_TYPE = 3.5
_LABEL_CELLS = 24
_CAPTION_CELLS = 110
_HEADS_ABREAST = 4


def save_map(
    maps: AttentionMaps,
    path: str | os.PathLike[str],
    kind: str,
    *,
    layer: int | None = None,
    head: int | None = None,
) -> None:
    """Draw one map with its tokens, a colour bar and a caption.

    Args:
        maps: All maps.
        path: The file, which ends in `.svg` or `.png`.
        kind: `encoder`, `decoder` or `cross`.
        layer: Counted from 0; None for the mean over the layers.
        head: Counted from 0; None for the mean over the heads.
    """
    weights = maps.select(kind, layer, head)
    cell = min(_LARGEST_CELL, _PAGE / max(weights.shape))
    with paper():
        figure = Figure(figsize=(1, 1))
        axes = _axes(figure, 0.0, 0.0, weights, cell)
        image = _draw(axes, weights, float(weights.max()))
        _label_rows(axes, maps.kind(kind).rows, cell)
        _label_columns(axes, maps.kind(kind).columns, cell)
        if cell == _LARGEST_CELL and weights.size <= 200:
            _write_numbers(axes, weights)
        _colour_bar(figure, image, axes)
        _caption(axes, maps, maps.title(kind, layer, head))
        save_figure(figure, path)


def save_heads(
    maps: AttentionMaps, path: str | os.PathLike[str], kind: str, *, layer: int | None = None
) -> None:
    """Draw every head of a layer beside the others, on one scale.

    Args:
        maps: All maps.
        path: The file, which ends in `.svg` or `.png`.
        kind: `encoder`, `decoder` or `cross`.
        layer: Counted from 0; None for the mean over the layers.
    """
    of_kind = maps.kind(kind)
    heads = [maps.select(kind, layer, head) for head in range(of_kind.num_heads)]
    abreast = min(_HEADS_ABREAST, len(heads))
    cell = min(_LARGEST_CELL / 2, _PAGE / abreast / max(heads[0].shape))
    top = max(float(weights.max()) for weights in heads)
    height, width = heads[0].shape[0] * cell + 0.3, heads[0].shape[1] * cell + 0.15
    with paper():
        figure = Figure(figsize=(1, 1))
        images = []
        for number, weights in enumerate(heads):
            down, across = divmod(number, abreast)
            axes = _axes(figure, across * width, -down * height, weights, cell)
            images.append(_draw(axes, weights, top))
            axes.set_xlabel(f"head {number}", fontsize=8, labelpad=3)
            if across == 0:
                _label_rows(axes, of_kind.rows, cell)
            if down == 0:
                _label_columns(axes, of_kind.columns, cell)
        _colour_bar(figure, images[0], figure.axes[abreast - 1])
        title = maps.title(kind, layer, None).rpartition(", ")[0]
        _caption(figure.axes[(len(heads) - 1) // abreast * abreast], maps, f"{title}, {len(heads)} heads")
        save_figure(figure, path)


def _axes(figure: Figure, across: float, down: float, weights: np.ndarray, cell: float) -> Axes:
    """Place axes in inches; what is outside of the figure's one inch is found when it is saved."""
    rows, columns = weights.shape
    return figure.add_axes((across, down - rows * cell, columns * cell, rows * cell))


def _draw(axes: Axes, weights: np.ndarray, top: float) -> AxesImage:
    image = axes.imshow(weights, cmap=WEIGHTS, vmin=0, vmax=top, aspect="auto", interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.tick_params(length=0, pad=3)
    return image


def _label_rows(axes: Axes, tokens: Sequence[str], cell: float) -> None:
    places, size = _places(tokens, cell)
    axes.set_yticks(places, [_text(tokens[place]) for place in places], fontsize=size)


def _label_columns(axes: Axes, tokens: Sequence[str], cell: float) -> None:
    places, size = _places(tokens, cell)
    leaning = cell > 0.16
    axes.xaxis.tick_top()
    axes.set_xticks(
        places,
        [_text(tokens[place]) for place in places],
        fontsize=size,
        rotation=45 if leaning else 90,
        ha="left" if leaning else "center",
        va="bottom",
        rotation_mode="anchor" if leaning else "default",
    )


def _places(tokens: Sequence[str], cell: float) -> tuple[range, float]:
    """Choose the size of type for cells, and which tokens to name where it would become too small."""
    size = cell * 72 * 0.72
    step = max(1, math.ceil(_SMALLEST_TYPE / size))
    return range(0, len(tokens), step), min(9.0, size * step)


def _text(token: str) -> str:
    return cut(label(token), _LABEL_CELLS)


def _write_numbers(axes: Axes, weights: np.ndarray) -> None:
    for (row, column), weight in np.ndenumerate(weights):
        if weight >= 0.005:
            number = f"{weight:.2f}".removeprefix("0")
            ink = "white" if weight > 0.67 * weights.max() else INK
            axes.text(column, row, number, ha="center", va="center", fontsize=6.5, color=ink)


def _colour_bar(figure: Figure, image: AxesImage, beside: Axes) -> None:
    left, bottom, width, height = beside.get_position(original=True).bounds
    shown = max(height, 0.9)
    axes = figure.add_axes((left + width + 0.12, bottom + height - shown, 0.09, shown))
    bar = figure.colorbar(image, cax=axes)
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=2, labelsize=7, color=QUIET, labelcolor=QUIET)
    bar.set_label("attention weight", fontsize=7)


def _caption(axes: Axes, maps: AttentionMaps, title: str) -> None:
    """Write below what this is: model, kind, layer, head, and the sentence."""
    texts = [_one_line(text) for text in (maps.src_text, maps.tgt_text) if text is not None]
    lines = [(f"{title} · {_one_line(maps.model)}", 8.0, INK), *((text, 7.0, QUIET) for text in texts)]
    for line, (text, size, colour) in enumerate(lines):
        axes.annotate(
            text,
            (0, 0),
            xycoords="axes fraction",
            xytext=(0, -22 - 11 * line),
            textcoords="offset points",
            va="top",
            fontsize=size,
            color=colour,
        )


def _one_line(text: str) -> str:
    return cut(label(" ".join(text.split())), _CAPTION_CELLS)
