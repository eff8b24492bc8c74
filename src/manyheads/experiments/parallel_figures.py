"""The figures of `parallel`: time, ratios and memory against length, all axes logarithmic."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from manyheads.experiments.crossing import ratio
from manyheads.experiments.drawing import log_scale, plain
from manyheads.experiments.layer_speed import ATTENTION, PACKED, RECURRENT, WHOLE
from manyheads.experiments.step_speed import RECURRENT as RECURRENT_STEP
from manyheads.experiments.step_speed import TRANSFORMER
from manyheads.views.paper import BLUE, INK, ORANGE, QUIET

Races = Sequence[Mapping[str, Any]]

_COLOURS = {
    RECURRENT: BLUE,
    PACKED: QUIET,
    ATTENTION: ORANGE,
    WHOLE: INK,
    RECURRENT_STEP: BLUE,
    TRANSFORMER: ORANGE,
}
_LINES = {"forward": "--", "both": "-"}


def draw_times(layers: Races) -> Figure:
    """Draw a layer's time against length: a panel for each number of sequences and threads.

    Args:
        layers: What `time_layers` gave, a race each.

    Returns:
        The figure.
    """
    figure, panels = _panels(layers)
    for axes, race in zip(panels, layers, strict=True):
        for direction, line in _LINES.items():
            rows = race[direction]["rows"]
            for name in _names(rows):
                _plot(axes, *_medians(rows, name), name, line, labelled=direction == "both")
        _dress(axes, race["both"]["rows"], f"milliseconds: {place(race)}")
    panels[0].legend(frameon=False, fontsize=8)
    panels[-1].set_xlabel("tokens of a sequence\nfull: forward and backward; dashed: forward", fontsize=8)
    return figure


def draw_ratios(layers: Races) -> Figure:
    """Draw how many times as long as the recurrent layer the others take.

    Args:
        layers: What `time_layers` gave, a race each.

    Returns:
        The figure.
    """
    figure, panels = _panels(layers)
    for axes, race in zip(panels, layers, strict=True):
        axes.axhline(1, color=BLUE, linewidth=1.2)
        for direction, line in _LINES.items():
            for name in (ATTENTION, WHOLE):
                points = [(row["length"], ratio(row, name, RECURRENT)) for row in race[direction]["rows"]]
                known = [(length, found) for length, found in points if found is not None]
                lengths, ratios = [length for length, _ in known], [found for _, found in known]
                _plot(axes, lengths, ratios, name, line, labelled=direction == "both")
        _dress(axes, race["both"]["rows"], f"times the recurrent layer's time: {place(race)}")
    panels[0].legend(frameon=False, fontsize=8)
    panels[-1].set_xlabel("tokens of a sequence\nfull: forward and backward; dashed: forward", fontsize=8)
    return figure


def draw_memory(layers: Races) -> Figure:
    """Draw the peak of memory, forward and backward, against length: a panel for each number of sequences.

    Args:
        layers: What `time_layers` gave, races that differ in the number of sequences.

    Returns:
        The figure.
    """
    figure, panels = _panels(layers)
    for axes, race in zip(panels, layers, strict=True):
        rows = race["both"]["rows"]
        for name in _names(rows):
            known = [row for row in rows if name in row["memory"]]
            peaks = [row["memory"][name] / 1e6 for row in known]
            _plot(axes, [row["length"] for row in known], peaks, name, "-")
        _dress(axes, rows, f"MB at the peak: {sequences_of(race)}")
    panels[0].legend(frameon=False, fontsize=8)
    return figure


def draw_steps(races: Races) -> Figure:
    """Draw the time of whole translators' training steps against length: a panel for each number of threads.

    Args:
        races: What `time_steps` gave.

    Returns:
        The figure.
    """
    figure, panels = _panels(races)
    for axes, race in zip(panels, races, strict=True):
        for name in _names(race["rows"]):
            _plot(axes, *_medians(race["rows"], name), name, "-")
        _dress(axes, race["rows"], f"milliseconds a step: {threads_of(race)}")
    panels[0].legend(frameon=False, fontsize=8)
    return figure


def place(race: Mapping[str, Any]) -> str:
    """Say how many sequences and threads a race had.

    Args:
        race: What `time_layers` gave.

    Returns:
        Words.
    """
    return f"{sequences_of(race)}, {threads_of(race)}"


def sequences_of(race: Mapping[str, Any]) -> str:
    """Say how many sequences a race had.

    Args:
        race: What `time_layers` gave.

    Returns:
        Words.
    """
    return f"{race['sequences']} sequence{'' if race['sequences'] == 1 else 's'}"


def threads_of(race: Mapping[str, Any]) -> str:
    """Say how many threads calculated.

    Args:
        race: What `time_layers` or `time_steps` gave.

    Returns:
        Words.
    """
    return f"{race['threads']} thread{'' if race['threads'] == 1 else 's'}"


def _panels(races: Races) -> tuple[Figure, list[Axes]]:
    """Make a panel a race, two in a row."""
    across = min(2, len(races))
    down = -(-len(races) // across)
    figure = Figure(figsize=(4.4 * across, 0.4 + 2.7 * down), layout="constrained")
    panels = figure.subplots(down, across, squeeze=False)
    for axes in panels.flat[len(races) :]:
        axes.set_axis_off()
    return figure, list(panels.flat[: len(races)])


def _names(rows: Races) -> list[str]:
    return [name for name in _COLOURS if any(name in row["seconds"] for row in rows)]


def _medians(rows: Races, name: str) -> tuple[list[int], list[float]]:
    known = [row for row in rows if name in row["seconds"]]
    return [row["length"] for row in known], [1000 * median(row["seconds"][name]) for row in known]


def _plot(
    axes: Axes,
    lengths: Sequence[int],
    values: Sequence[float],
    name: str,
    line: str,
    *,
    labelled: bool = True,
) -> None:
    axes.plot(
        lengths,
        values,
        line,
        marker="o",
        markersize=3,
        linewidth=1.3,
        color=_COLOURS[name],
        label=name if labelled else "_",
    )


def _dress(axes: Axes, rows: Races, title: str) -> None:
    lengths = [row["length"] for row in rows]
    log_scale(axes, base=10)
    low, high = axes.get_ylim()
    if high < 30 * low:
        axes.yaxis.set_major_locator(LogLocator(10, subs=(1.0, 2.0, 5.0)))
    axes.set_xscale("log", base=2)
    axes.set_xticks(lengths, [str(length) for length in lengths])
    axes.set_xlabel("tokens of a sequence", fontsize=8)
    plain(axes, title)
