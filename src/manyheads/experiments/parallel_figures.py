"""The figures of `parallel`: time, ratios and memory against length, all axes logarithmic."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, StrMethodFormatter

from manyheads.experiments.crossing import ratio
from manyheads.experiments.drawing import log_scale, plain
from manyheads.experiments.layer_speed import ATTENTION, PACKED, RECURRENT, WHOLE
from manyheads.experiments.step_speed import RECURRENT as RECURRENT_STEP
from manyheads.experiments.step_speed import TRANSFORMER
from manyheads.views.paper import BLUE, INK, ORANGE, QUIET

Race = Mapping[str, Any]
Races = Sequence[Race]

_PALE = "#9aa1b0"
"""Half as dark as the other inks: what is drawn in it stands behind them."""


@dataclass(frozen=True, slots=True)
class Style:
    """How a contestant is drawn, in every figure.

    Attributes:
        colour: Of its line and marks.
        marker: What stands at each measurement: told apart without colours too.
        height: What is higher is drawn over what is lower.
    """

    colour: str
    marker: str
    height: float = 2.0


_OF_RECURRENT, _OF_ATTENTION = Style(BLUE, "o"), Style(ORANGE, "s")
STYLES = {
    RECURRENT: _OF_RECURRENT,
    PACKED: Style(_PALE, "v", height=1.9),
    ATTENTION: _OF_ATTENTION,
    WHOLE: Style(INK, "D"),
    RECURRENT_STEP: _OF_RECURRENT,
    TRANSFORMER: _OF_ATTENTION,
}
_DIRECTIONS: dict[str, tuple[Literal["-", "--"], str]] = {
    "both": ("-", "forward and backward"),
    "forward": ("--", "forward"),
}
_LENGTH = "sequence length, tokens"


def draw_times(layers: Races) -> Figure:
    """Draw a layer's time against length: a panel for each number of sequences and threads.

    Args:
        layers: What `time_layers` gave, a race each.

    Returns:
        The figure.
    """
    figure, panels = _panels(len(layers))
    for axes, race in zip(panels, layers, strict=True):
        for direction in _DIRECTIONS:
            rows = race[direction]["rows"]
            for name in _names(rows):
                _plot(axes, *_medians(rows, name), name, direction)
    _dress(
        panels, [race["both"]["rows"] for race in layers], [f"milliseconds: {place(race)}" for race in layers]
    )
    _legend(figure, len(panels), [*_named(_all_rows(layers)), *_of_directions()])
    return figure


def draw_ratios(layers: Races) -> Figure:
    """Draw how many times as long as the recurrent layer the others take.

    Args:
        layers: What `time_layers` gave, a race each.

    Returns:
        The figure.
    """
    figure, panels = _panels(len(layers))
    for axes, race in zip(panels, layers, strict=True):
        axes.axhline(1, color=BLUE, linewidth=1.6)
        for direction in _DIRECTIONS:
            for name in (ATTENTION, WHOLE):
                points = [(row["length"], ratio(row, name, RECURRENT)) for row in race[direction]["rows"]]
                known = [(length, found) for length, found in points if found is not None]
                _plot(axes, [length for length, _ in known], [found for _, found in known], name, direction)
    _dress(
        panels,
        [race["both"]["rows"] for race in layers],
        [f"times the recurrent layer's time: {place(race)}" for race in layers],
    )
    level = Line2D([], [], color=BLUE, linewidth=1.6, label="1: as long as the recurrent layer")
    _legend(figure, len(panels), [_handle(ATTENTION), _handle(WHOLE), *_of_directions(), level])
    return figure


def draw_memory(layers: Races) -> Figure:
    """Draw the peak of memory, forward and backward, against length: a panel for each number of sequences.

    Args:
        layers: What `time_layers` gave, races that differ in the number of sequences.

    Returns:
        The figure.
    """
    figure, panels = _panels(len(layers))
    for axes, race in zip(panels, layers, strict=True):
        rows = race["both"]["rows"]
        for name in _names(rows):
            known = [row for row in rows if name in row["memory"]]
            _plot(axes, [row["length"] for row in known], [row["memory"][name] / 1e6 for row in known], name)
    _dress(
        panels,
        [race["both"]["rows"] for race in layers],
        [f"MB at the peak: {sequences_of(race)}" for race in layers],
    )
    _legend(figure, len(panels), _named(_all_rows(layers)))
    return figure


def draw_steps(races: Races) -> Figure:
    """Draw the time of whole translators' training steps against length: a panel for each number of threads.

    Args:
        races: What `time_steps` gave.

    Returns:
        The figure.
    """
    figure, panels = _panels(len(races))
    for axes, race in zip(panels, races, strict=True):
        for name in _names(race["rows"]):
            _plot(axes, *_medians(race["rows"], name), name)
    _dress(
        panels,
        [race["rows"] for race in races],
        [f"milliseconds a step: {threads_of(race)}" for race in races],
    )
    _legend(figure, len(panels), _named([row for race in races for row in race["rows"]]))
    return figure


def place(race: Race) -> str:
    """Say how many sequences and threads a race had.

    Args:
        race: What `time_layers` gave.

    Returns:
        Words.
    """
    return f"{sequences_of(race)}, {threads_of(race)}"


def sequences_of(race: Race) -> str:
    """Say how many sequences a race had.

    Args:
        race: What `time_layers` gave.

    Returns:
        Words.
    """
    return f"{race['sequences']} sequence{'' if race['sequences'] == 1 else 's'}"


def threads_of(race: Race) -> str:
    """Say how many threads calculated.

    Args:
        race: What `time_layers` or `time_steps` gave.

    Returns:
        Words.
    """
    return f"{race['threads']} thread{'' if race['threads'] == 1 else 's'}"


def _panels(count: int) -> tuple[Figure, list[Axes]]:
    """Make panels, two in a row, on one vertical scale: equal slopes and heights mean the same in all."""
    across = min(2, count)
    down = -(-count // across)
    figure = Figure(figsize=(4.4 * across, 0.8 + 2.7 * down), layout="constrained")
    panels = figure.subplots(down, across, squeeze=False, sharey=True)
    for axes in panels.flat[count:]:
        axes.set_axis_off()
    return figure, list(panels.flat[:count])


def _all_rows(layers: Races) -> list[Race]:
    return [row for race in layers for row in race["both"]["rows"]]


def _names(rows: Races) -> list[str]:
    return [name for name in STYLES if any(name in row["seconds"] for row in rows)]


def _medians(rows: Races, name: str) -> tuple[list[int], list[float]]:
    known = [row for row in rows if name in row["seconds"]]
    return [row["length"] for row in known], [1000 * median(row["seconds"][name]) for row in known]


def _plot(
    axes: Axes, lengths: Sequence[int], values: Sequence[float], name: str, direction: str = "both"
) -> None:
    """Draw a contestant's line; forward alone is dashed, and its marks are hollow."""
    line, _ = _DIRECTIONS[direction]
    style = STYLES[name]
    axes.plot(
        lengths,
        values,
        line,
        marker=style.marker,
        markersize=3.6,
        markerfacecolor=style.colour if direction == "both" else "white",
        markeredgewidth=0.9,
        linewidth=1.3,
        color=style.colour,
        zorder=style.height,
    )


def _handle(name: str) -> Line2D:
    style = STYLES[name]
    return Line2D([], [], color=style.colour, marker=style.marker, markersize=4.5, linewidth=1.3, label=name)


def _named(rows: Races) -> list[Line2D]:
    return [_handle(name) for name in _names(rows)]


def _of_directions() -> list[Line2D]:
    return [
        Line2D([], [], color=QUIET, linestyle=line, linewidth=1.3, label=words)
        for line, words in _DIRECTIONS.values()
    ]


def _legend(figure: Figure, panels: int, handles: Sequence[Line2D]) -> None:
    """Explain every line once, above all panels."""
    figure.legend(
        handles=list(handles),
        loc="outside upper center",
        ncols=len(handles) if panels > 1 else 2,
        frameon=False,
        fontsize=8,
    )


def _dress(panels: Sequence[Axes], rows: Sequence[Races], titles: Sequence[str]) -> None:
    """Scale and name the axes, once all is drawn: the vertical one spans what all panels hold."""
    for axes, found, title in zip(panels, rows, titles, strict=True):
        lengths = [row["length"] for row in found]
        log_scale(axes, base=10)
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
        low, high = axes.get_ylim()
        if high < 300 * low:
            axes.yaxis.set_major_locator(LogLocator(10, subs=(1.0, 2.0, 5.0)))
        axes.set_xscale("log", base=2)
        axes.set_xticks(lengths, [f"{length:,}" for length in lengths])
        axes.set_xlabel(_LENGTH, fontsize=8)
        plain(axes, title)
