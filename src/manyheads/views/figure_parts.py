"""What figures for a paper are put together from: cells, tokens beside them, a colour bar and a caption."""

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from manyheads.views.labels import cut, label
from manyheads.views.paper import INK, QUIET, WEIGHTS

# Inches; a text column of a paper is about 3.3 wide, a page 7.
LARGEST_CELL = 0.34
PAGE = 6.2
_SMALLEST_TYPE = 3.5
_LABEL_CELLS = 24
_CAPTION_CELLS = 110

Cells = Float[np.ndarray, "rows columns"]


def place_cells(
    figure: Figure, across: float, down: float, shape: tuple[int, ...], cell: float | tuple[float, float]
) -> Axes:
    """Place axes in inches; what is outside of the figure's one inch is found when it is saved.

    Args:
        figure: The drawing.
        across: Where the cells begin, from the left.
        down: Where they begin, upwards.
        shape: Rows and columns.
        cell: How wide and high a cell is.

    Returns:
        The axes.
    """
    (rows, columns), (wide, high) = shape, cell if isinstance(cell, tuple) else (cell, cell)
    return figure.add_axes((across, down - rows * high, columns * wide, rows * high))


def draw_cells(
    axes: Axes, cells: Cells, top: float, *, least: float = 0.0, colours: Colormap = WEIGHTS
) -> AxesImage:
    """Draw numbers as coloured cells.

    Args:
        axes: Where.
        cells: The numbers.
        top: Which number has the strongest colour.
        least: Which has the faintest.
        colours: From faint to strong.

    Returns:
        What a colour bar explains.
    """
    image = axes.imshow(cells, cmap=colours, vmin=least, vmax=top, aspect="auto", interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.tick_params(length=0, pad=3)
    return image


def name_rows(axes: Axes, tokens: Sequence[str], cell: float) -> None:
    """Write the tokens that look beside their rows.

    Args:
        axes: The cells.
        tokens: As many as rows.
        cell: How high a row is, in inches.
    """
    places, size = _places(tokens, cell)
    axes.set_yticks(places, [short(tokens[place]) for place in places], fontsize=size)


def name_columns(axes: Axes, tokens: Sequence[str], cell: float) -> None:
    """Write the tokens that are looked at above their columns, leaning where there is room.

    Args:
        axes: The cells.
        tokens: As many as columns.
        cell: How wide a column is, in inches.
    """
    places, size = _places(tokens, cell)
    leaning = cell > 0.16
    axes.xaxis.tick_top()
    axes.set_xticks(
        places,
        [short(tokens[place]) for place in places],
        fontsize=size,
        rotation=45 if leaning else 90,
        ha="left" if leaning else "center",
        va="bottom",
        rotation_mode="anchor" if leaning else "default",
    )


def short(token: str) -> str:
    """Cut a token to what a figure has room for.

    Args:
        token: Any text.

    Returns:
        Its beginning, with nothing in it that acts instead of being seen.
    """
    return cut(label(token), _LABEL_CELLS)


def write_numbers(axes: Axes, cells: Cells) -> None:
    """Write weights into their cells; those that round to nothing are left out.

    Args:
        axes: The cells.
        cells: The weights.
    """
    for (row, column), weight in np.ndenumerate(cells):
        if weight >= 0.005:
            number = f"{weight:.2f}".removeprefix("0")
            ink = "white" if weight > 0.67 * cells.max() else INK
            axes.text(column, row, number, ha="center", va="center", fontsize=6.5, color=ink)


def add_colour_bar(figure: Figure, image: AxesImage, beside: Axes, of: str = "attention weight") -> None:
    """Explain the colours.

    Args:
        figure: The drawing.
        image: The cells.
        beside: Their axes.
        of: What the numbers are.
    """
    left, bottom, width, height = beside.get_position(original=True).bounds
    shown = max(height, 0.9)
    axes = figure.add_axes((left + width + 0.12, bottom + height - shown, 0.09, shown))
    bar = figure.colorbar(image, cax=axes)
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=2, labelsize=7, color=QUIET, labelcolor=QUIET)
    bar.set_label(of, fontsize=7)


def write_caption(axes: Axes, title: str, model: str, texts: Sequence[str | None]) -> None:
    """Write below what this is.

    Args:
        axes: The lowest ones at the left.
        title: What is shown.
        model: Of which model.
        texts: Of which texts; None for one that there is not.
    """
    shown = [_one_line(text) for text in texts if text is not None]
    lines = [(f"{title} · {_one_line(model)}", 8.0, INK), *((text, 7.0, QUIET) for text in shown)]
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


def _places(tokens: Sequence[str], cell: float) -> tuple[range, float]:
    """Choose the size of type for cells, and which tokens to name where it would become too small."""
    size = cell * 72 * 0.72
    step = max(1, math.ceil(_SMALLEST_TYPE / size))
    return range(0, len(tokens), step), min(9.0, size * step)


def _one_line(text: str) -> str:
    return cut(label(" ".join(text.split())), _CAPTION_CELLS)
