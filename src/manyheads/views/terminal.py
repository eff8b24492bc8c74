"""A map of attention as coloured cells in the terminal."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions
from rich.text import Text

from manyheads.views.labels import clusters, cut, label, middle
from manyheads.views.maps import READS, AttentionMaps
from manyheads.views.shades import Shades, shades_for

_MAX_ROWS = 100
_MAX_BANDS = 4
_MAX_HEADER_LINES = 14


@dataclass(frozen=True, slots=True)
class _Band:
    """Some neighbouring columns that fit beside the row labels.

    Attributes:
        first: The first column of the band.
        labels: The labels of its columns.
        widths: The cells that each column takes.
        upright: The labels stand upright, letter under letter, since they do not fit side by side.
    """

    first: int
    labels: tuple[str, ...]
    widths: tuple[int, ...]
    upright: bool


class HeatMap:
    """One map for a rich console: `console.print(HeatMap(maps, "cross", layer=2))`.

    The cells carry colours of their own on dark and light terminals alike. Without colours
    (NO_COLOR, a pipe, a terminal of 16 colours) they are Unicode blocks, without Unicode digits.
    Too many columns for the width go on below in bands; what a terminal cannot show is said.
    """

    def __init__(
        self, maps: AttentionMaps, kind: str, *, layer: int | None = None, head: int | None = None
    ) -> None:
        """Choose the map.

        Args:
            maps: All maps.
            kind: `encoder`, `decoder` or `cross`.
            layer: Counted from 0; None for the mean over the layers.
            head: Counted from 0; None for the mean over the heads.
        """
        self._weights: Float32[np.ndarray, "rows columns"] = maps.select(kind, layer, head)
        self._title = maps.title(kind, layer, head)
        self._reads = READS[kind]
        self._rows = [label(token) for token in maps.kind(kind).rows]
        self._columns = [label(token) for token in maps.kind(kind).columns]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        """Yield the lines of the drawing."""
        shades = shades_for(console, options, top=float(self._weights.max()))
        rows = self._rows[:_MAX_ROWS]
        margin = min(max(cell_len(row) for row in rows), max(6, options.max_width // 4))
        bands = _bands(self._columns, options.max_width - margin - 1)
        yield Text(self._title, style="bold")
        yield Text(self._reads, style="dim")
        for band in bands[:_MAX_BANDS]:
            yield Text()
            yield from _header(band, margin)
            for name, weights in zip(rows, self._weights, strict=False):
                yield _line(name, weights[band.first :], band, margin, shades)
        yield Text()
        yield shades.legend(margin, options.max_width - margin)
        yield from _left_out(len(self._rows) - len(rows), bands[_MAX_BANDS:])


def _bands(labels: Sequence[str], width: int) -> list[_Band]:
    """Lay the columns side by side if their labels fit, else upright, in as many bands as needed."""
    side_by_side = tuple(max(cell_len(name), 3) + 2 for name in labels)
    if sum(side_by_side) <= width:
        return [_Band(0, tuple(labels), side_by_side, upright=False)]
    cells = 3 if 3 * len(labels) <= width else 2
    per_band = max(1, width // cells)
    return [
        _Band(first, tuple(part), (cells,) * len(part), upright=True)
        for first in range(0, len(labels), per_band)
        for part in [labels[first : first + per_band]]
    ]


def _header(band: _Band, margin: int) -> Iterator[Text]:
    if not band.upright:
        line = Text(" " * (margin + 1), no_wrap=True)
        for name, width in zip(band.labels, band.widths, strict=True):
            line.append(middle(name, width))
        yield line
        return
    columns = [list(clusters(cut(name, _MAX_HEADER_LINES))) for name in band.labels]
    height = max(len(column) for column in columns)
    for line in range(height):
        text = Text(" " * (margin + 1), no_wrap=True)
        for number, (column, width) in enumerate(zip(columns, band.widths, strict=True)):
            above = height - len(column)
            letter = column[line - above] if line >= above else ""
            text.append(middle(letter, width), style="dim" if number % 2 else "")
        yield text


def _line(name: str, weights: np.ndarray, band: _Band, margin: int, shades: Shades) -> Text:
    name = cut(name, margin)
    line = Text(" " * (margin - cell_len(name)) + name + " ", no_wrap=True)
    for weight, width in zip(weights, band.widths, strict=False):
        line.append_text(shades.cell(float(weight), width, with_number=not band.upright))
    return line


def _left_out(rows: int, bands: Sequence[_Band]) -> Iterator[Text]:
    """Say what a terminal has no room for."""
    columns = sum(len(band.labels) for band in bands)
    missing = [f"{count} more {what}" for count, what in ((rows, "rows"), (columns, "columns")) if count > 0]
    if missing:
        yield Text(f"{' and '.join(missing)} are not drawn: --output FILE.html shows everything", style="dim")
