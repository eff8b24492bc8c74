"""The training curve as SVG: losses above, scores below. Importing this imports matplotlib."""

import math
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from manyheads.checkpoint.card import METRIC_NAMES
from manyheads.views.paper import BLUE, ORANGE, QUIET, RULE, as_svg, paper

Records = Sequence[Mapping[str, object]]
Points = tuple[list[float], list[float]]

_COLOURS = {"training": BLUE, "validation": ORANGE}


def curve_svg(records: Records, *, unit: str = "nats a token") -> str:
    """Draw what a training run logged.

    Args:
        records: The log's records in order: each has an `update`, and some of `loss`, `valid_loss` and the
            scores that have a name. Other fields are left alone.
        unit: What the losses count.

    Returns:
        An SVG document; a run that has logged nothing yet gives an empty curve that says so.
    """
    loss, valid = (_points(records, name) for name in ("loss", "valid_loss"))
    drawn = {name: _points(records, metric) for metric, name in METRIC_NAMES.items()}
    scores = {name: points for name, points in drawn.items() if points[0]}
    with paper():
        panels = 1 + len(scores)
        figure = Figure(figsize=(6.4, 1.0 + 1.9 * panels), layout="constrained")
        axes = figure.subplots(panels, 1, sharex=True, squeeze=False)[:, 0]
        _plot(axes[0], {"training": loss, "validation": valid})
        _dress(axes[0], f"loss, {unit}")
        if not loss[0] and not valid[0]:
            axes[0].set_yticks([])
            axes[0].set_xticks([])
            axes[0].text(
                0.5, 0.5, "nothing logged yet", transform=axes[0].transAxes, ha="center", color=QUIET
            )
        for panel, (name, points) in zip(axes[1:], scores.items(), strict=True):
            panel.set_ylim(min(0, *points[1]), max(0, *points[1]) * 1.08 or 1)
            _plot(panel, {"validation": points})
            _dress(panel, name)
        axes[-1].set_xlabel("updates", fontsize=8)
        return as_svg(figure)


def _points(records: Records, name: str) -> Points:
    """Gather one curve; a value that is missing or not finite is left out."""
    updates: list[float] = []
    values: list[float] = []
    for record in records:
        update, value = record.get("update"), record.get(name)
        if isinstance(update, int | float) and isinstance(value, int | float) and math.isfinite(value):
            updates.append(float(update))
            values.append(float(value))
    return updates, values


def _plot(axes: Axes, curves: Mapping[str, Points]) -> None:
    """Draw curves that are named, with their last value, where they end."""
    drawn = {name: points for name, points in curves.items() if points[0]}
    for name, (updates, values) in drawn.items():
        marker = "o" if name == "validation" else ""
        axes.plot(updates, values, color=_COLOURS[name], linewidth=1.4, marker=marker, markersize=3)
    lasts = {name: values[-1] for name, (_, values) in drawn.items()}
    low, high = axes.get_ylim()
    crowded = max(lasts.values(), default=0) - min(lasts.values(), default=0) < 0.1 * (high - low)
    for place, name in enumerate(sorted(drawn, key=lambda name: lasts[name])):
        # Two names would lie on each other: one goes up, one down.
        aside = 5 * (2 * place - 1) if crowded and len(drawn) > 1 else 0
        axes.annotate(
            f"{name} {lasts[name]:.3g}",
            (drawn[name][0][-1], lasts[name]),
            xytext=(6, aside),
            textcoords="offset points",
            va="center",
            fontsize=8,
            color=_COLOURS[name],
            annotation_clip=False,
        )


def _dress(axes: Axes, unit: str) -> None:
    axes.set_title(unit, loc="left", fontsize=8, color=QUIET)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.grid(axis="y", color=RULE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, labelsize=8, labelcolor=QUIET)
    axes.margins(x=0.01)
    axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True))
