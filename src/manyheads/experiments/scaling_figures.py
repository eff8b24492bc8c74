"""The figures of `scaling`: what is measured against head_dim, and loss curves."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator

from manyheads.experiments.drawing import log_scale, plain
from manyheads.experiments.saturation import ARMS, mean_and_spread
from manyheads.views.paper import BLUE, INK, ORANGE, RULE

Rows = Sequence[Mapping[str, Any]]

LOSSES_SHOWN = 1.4
"""Panels of losses end at so many times the loss of the best prediction that reads nothing."""

_COLOURS = dict(zip(ARMS, (BLUE, ORANGE), strict=True))


def draw_variance(rows: Rows) -> Figure:
    """Draw the variance of scores against head_dim, both axes logarithmic.

    Args:
        rows: What was measured of each head_dim.

    Returns:
        The figure.
    """
    figure = Figure(figsize=(5.2, 3.4), layout="constrained")
    axes = figure.subplots()
    widths = [row["head_dim"] for row in rows]
    theory = {"divided": [1.0] * len(widths), "undivided": widths}
    for arm, expected in theory.items():
        label = "_" if arm == "divided" else "expected: head_dim, and 1"
        axes.plot(widths, expected, color=RULE, linewidth=5, solid_capstyle="round", label=label)
        _plot_arm(axes, rows, arm, "variance")
    log_scale(axes, base=4)
    _dress(axes, widths, "variance of a score")
    axes.legend(frameon=False, fontsize=8)
    return figure


def draw_saturation(rows: Rows, *, keys: int) -> Figure:
    """Draw against head_dim how sharp softmax is, and what gradient it lets through.

    Args:
        rows: What was measured of each head_dim.
        keys: How many keys a row of weights has.

    Returns:
        The figure.
    """
    figure = Figure(figsize=(9.0, 3.3), layout="constrained")
    panels = figure.subplots(1, 3)
    widths = [row["head_dim"] for row in rows]
    for arm in ARMS:
        _plot_arm(panels[0], rows, arm, "entropy_share")
        for panel, name in zip(panels[1:], ("scores_gradient", "query_gradient"), strict=True):
            _plot_arm(panel, rows, arm, f"{name}_median")
            _plot_arm(panel, rows, arm, name, dashed=True)
    for panel in panels[1:]:
        log_scale(panel, base=10)
        panel.yaxis.set_major_locator(LogLocator(10, subs=(1.0, 2.0, 5.0)))
    panels[0].set_ylim(0, 1)
    _dress(panels[0], widths, f"entropy of a row, share of ln({keys})")
    _dress(panels[1], widths, "gradient of a row's scores, norm")
    _dress(panels[2], widths, "gradient of a query, norm")
    handles = [Line2D([], [], color=colour, marker="o", markersize=3.5) for colour in _COLOURS.values()]
    handles += [Line2D([], [], color=INK, linewidth=1.4, linestyle=style) for style in ("-", "--")]
    labels = [*_COLOURS, "the median row", "the mean over rows"]
    _legend_below(figure, handles, labels)
    return figure


def _legend_below(figure: Figure, handles: Sequence[Artist], labels: Sequence[str]) -> None:
    """Explain the lines of all panels in one row, outside of them: it can then cover none of the lines."""
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False, fontsize=8)


def _plot_arm(axes: Axes, rows: Rows, arm: str, name: str, *, dashed: bool = False) -> None:
    """Plot the seeds' mean, with bars as long as their standard deviation to either side."""
    means, spreads = zip(*(mean_and_spread(row[arm][name]) for row in rows), strict=True)
    axes.errorbar(
        [row["head_dim"] for row in rows],
        means,
        yerr=spreads,
        color=_COLOURS[arm],
        linewidth=1.4,
        linestyle="--" if dashed else "-",
        marker="" if dashed else "o",
        markersize=3.5,
        capsize=2,
        label="_" if dashed else arm,
    )


def draw_training(training: Mapping[str, Any]) -> Figure:
    """Draw the loss on held-out pairs while networks learn: a row of panels a learning rate, a line a seed.

    Args:
        training: Trials of both arms, by head_dim and learning rate, and what takes no reading.

    Returns:
        The figure.
    """
    comparisons = training["comparisons"]
    rates = sorted({comparison["learning_rate"] for comparison in comparisons}, reverse=True)
    widths = sorted({comparison["head_dim"] for comparison in comparisons})
    figure = Figure(figsize=(2.9 * len(widths), 0.9 + 2.1 * len(rates)), layout="constrained")
    panels = figure.subplots(len(rates), len(widths), squeeze=False, sharex=True, sharey=True)
    for comparison in comparisons:
        axes = panels[rates.index(comparison["learning_rate"])][widths.index(comparison["head_dim"])]
        _plot_trials(axes, comparison)
        axes.axhline(training["without_reading"]["loss"], color=INK, linewidth=0.9, linestyle="--", zorder=1)
        heads = training["d_model"] // comparison["head_dim"]
        plain(axes, f"head_dim {comparison['head_dim']}, heads {heads}, rate {comparison['learning_rate']:g}")
    # A small learning rate begins far above what takes no reading: the rest would lie in a narrow band.
    panels[0][0].set_ylim(0, LOSSES_SHOWN * training["without_reading"]["loss"])
    panels[0][0].set_xlim(left=0)
    for axes in panels[-1]:
        axes.set_xlabel("updates", fontsize=8)
    for axes in panels[:, 0]:
        axes.set_ylabel("loss, nats a token", fontsize=8)
    handles = [Line2D([], [], color=colour, linewidth=1.4) for colour in _COLOURS.values()]
    handles.append(Line2D([], [], color=INK, linewidth=0.9, linestyle="--"))
    _legend_below(figure, handles, [*_COLOURS, "reading nothing of the source"])
    return figure


def _plot_trials(axes: Axes, comparison: Mapping[str, Any]) -> None:
    """Plot a line a seed, both arms."""
    for arm, colour in _COLOURS.items():
        for trial in comparison[arm]:
            # Before its first update a network may be wrong with confidence: that would flatten the rest.
            updates, losses = zip(*trial["curve"][1:], strict=True)
            axes.plot(updates, losses, color=colour, linewidth=1.2)


def _dress(axes: Axes, widths: Sequence[int], title: str) -> None:
    axes.set_xscale("log", base=2)
    axes.set_xticks(widths, [str(width) for width in widths])
    axes.set_xlabel("head_dim", fontsize=8)
    plain(axes, title)
