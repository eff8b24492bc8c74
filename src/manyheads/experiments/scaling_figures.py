"""The figures of `scaling`: what is measured against head_dim, and loss curves."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from manyheads.experiments.drawing import log_scale, plain
from manyheads.experiments.saturation import ARMS, mean_and_spread
from manyheads.views.paper import BLUE, ORANGE, RULE

Rows = Sequence[Mapping[str, Any]]

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
        axes.plot(widths, expected, color=RULE, linewidth=4, solid_capstyle="round")
        _plot_arm(axes, rows, arm, "variance")
    log_scale(axes, base=4)
    _dress(axes, widths, "variance of a score")
    axes.legend(frameon=False, fontsize=8)
    axes.set_xlabel("head_dim\nbroad grey lines: expected, that is head_dim, and 1", fontsize=8)
    return figure


def draw_saturation(rows: Rows, *, keys: int) -> Figure:
    """Draw against head_dim how sharp softmax is, and what gradient it lets through.

    Args:
        rows: What was measured of each head_dim.
        keys: How many keys a row of weights has.

    Returns:
        The figure.
    """
    figure = Figure(figsize=(9.0, 3.2), layout="constrained")
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
    panels[0].legend(frameon=False, fontsize=8)
    panels[1].set_xlabel("head_dim\nfull: the median row; dashed: the mean over rows", fontsize=8)
    return figure


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


def draw_training(comparisons: Rows) -> Figure:
    """Draw the loss on held-out pairs while networks learn: a row of panels a learning rate, a line a seed.

    Args:
        comparisons: Trials of both arms, by head_dim and learning rate.

    Returns:
        The figure.
    """
    rates = sorted({comparison["learning_rate"] for comparison in comparisons}, reverse=True)
    widths = sorted({comparison["head_dim"] for comparison in comparisons})
    figure = Figure(figsize=(2.9 * len(widths), 0.6 + 2.3 * len(rates)), layout="constrained")
    panels = figure.subplots(len(rates), len(widths), squeeze=False, sharex=True, sharey=True)
    for comparison in comparisons:
        axes = panels[rates.index(comparison["learning_rate"])][widths.index(comparison["head_dim"])]
        for arm, colour in _COLOURS.items():
            for number, trial in enumerate(comparison[arm]):
                # Before its first update a network may be wrong with confidence: that would flatten the rest.
                updates, losses = zip(*trial["curve"][1:], strict=True)
                axes.plot(updates, losses, color=colour, linewidth=1.2, label="_" if number else arm)
        plain(axes, f"head_dim {comparison['head_dim']}, learning rate {comparison['learning_rate']:g}")
    panels[0][0].set_ylim(bottom=0)
    panels[0][0].legend(frameon=False, fontsize=8)
    for axes in panels[-1]:
        axes.set_xlabel("updates", fontsize=8)
    for axes in panels[:, 0]:
        axes.set_ylabel("loss, nats a token", fontsize=8)
    return figure


def _dress(axes: Axes, widths: Sequence[int], title: str) -> None:
    axes.set_xscale("log", base=2)
    axes.set_xticks(widths, [str(width) for width in widths])
    axes.set_xlabel("head_dim", fontsize=8)
    plain(axes, title)
