"""Maps as figures for a paper: SVG with text as text, or PNG. Importing this imports matplotlib."""

import os

from matplotlib.figure import Figure

from manyheads.views.figure_parts import (
    LARGEST_CELL,
    PAGE,
    Cells,
    add_colour_bar,
    draw_cells,
    name_columns,
    name_rows,
    place_cells,
    write_caption,
    write_numbers,
)
from manyheads.views.maps import AttentionMaps
from manyheads.views.paper import paper, save_figure

_HEADS_ABREAST = 4
_LARGEST_PICTURE = 0.55


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
    _save_one(maps, path, kind, weights, maps.title(kind, layer, head), "attention weight")


def save_rollout(
    maps: AttentionMaps, path: str | os.PathLike[str], kind: str = "encoder", *, layer: int | None = None
) -> None:
    """Draw how much of each token could have flowed into each through the layers.

    Args:
        maps: All maps.
        path: The file, which ends in `.svg` or `.png`.
        kind: Attention of a text to itself: `encoder`.
        layer: Up to which layer, counted from 0; None for all.
    """
    last = maps.kind(kind).num_layers - 1 if layer is None else layer
    title = f"attention rollout over layers 0 to {last}"
    _save_one(maps, path, kind, maps.rollout(kind, layer), title, "rollout")


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
    cell = min(LARGEST_CELL / 2, PAGE / abreast / max(heads[0].shape))
    top = max(float(weights.max()) for weights in heads)
    height, width = heads[0].shape[0] * cell + 0.3, heads[0].shape[1] * cell + 0.15
    with paper():
        figure = Figure(figsize=(1, 1))
        images = []
        for number, weights in enumerate(heads):
            down, across = divmod(number, abreast)
            axes = place_cells(figure, across * width, -down * height, weights.shape, cell)
            images.append(draw_cells(axes, weights, top))
            axes.set_xlabel(f"head {number}", fontsize=8, labelpad=3)
            if across == 0:
                name_rows(axes, of_kind.rows, cell)
            if down == 0:
                name_columns(axes, of_kind.columns, cell)
        add_colour_bar(figure, images[0], figure.axes[abreast - 1])
        title = f"{maps.title(kind, layer, None).rpartition(', ')[0]}, {len(heads)} heads"
        lowest = figure.axes[(len(heads) - 1) // abreast * abreast]
        write_caption(lowest, title, maps.model, (maps.src_text, maps.tgt_text))
        save_figure(figure, path)


def save_grid(maps: AttentionMaps, path: str | os.PathLike[str], kind: str) -> None:
    """Draw every head of every layer as a small picture, each on its own scale.

    Args:
        maps: All maps.
        path: The file, which ends in `.svg` or `.png`.
        kind: `encoder`, `decoder` or `cross`.
    """
    of_kind = maps.kind(kind)
    rows, columns = len(of_kind.rows), len(of_kind.columns)
    side = min(_LARGEST_PICTURE, PAGE / of_kind.num_heads - 0.06)
    cell = (side / columns, side / rows)
    with paper():
        figure = Figure(figsize=(1, 1))
        for layer in range(of_kind.num_layers):
            for head in range(of_kind.num_heads):
                weights = maps.select(kind, layer, head)
                across, down = head * (side + 0.06), -layer * (side + 0.06)
                axes = place_cells(figure, across, down, weights.shape, cell)
                draw_cells(axes, weights, float(weights.max()))
                if head == 0:
                    axes.set_ylabel(f"layer {layer}", fontsize=7, rotation=0, ha="right", va="center")
                if layer == 0:
                    axes.set_title(f"head {head}", fontsize=7, pad=3)
        title = f"{kind} attention, every head; each picture on its own scale"
        write_caption(figure.axes[-of_kind.num_heads], title, maps.model, (maps.src_text, maps.tgt_text))
        save_figure(figure, path)


def _save_one(
    maps: AttentionMaps, path: str | os.PathLike[str], kind: str, weights: Cells, title: str, of: str
) -> None:
    cell = min(LARGEST_CELL, PAGE / max(weights.shape))
    with paper():
        figure = Figure(figsize=(1, 1))
        axes = place_cells(figure, 0.0, 0.0, weights.shape, cell)
        image = draw_cells(axes, weights, float(weights.max()))
        name_rows(axes, maps.kind(kind).rows, cell)
        name_columns(axes, maps.kind(kind).columns, cell)
        if cell == LARGEST_CELL and weights.size <= 200:
            write_numbers(axes, weights)
        add_colour_bar(figure, image, axes, of)
        write_caption(axes, title, maps.model, (maps.src_text, maps.tgt_text))
        save_figure(figure, path)
