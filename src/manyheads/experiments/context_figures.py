"""The figures of the experiment `context`: accuracy and self-similarity by layer."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from manyheads.experiments.wic_study import best_on_train
from manyheads.views.paper import BLUE, INK, ORANGE, QUIET, RULE

_CLOSE = 0.5
"""Points of a percentage within which two names would stand on top of each other."""
_COLOURS = {"minilm": BLUE, "bert": ORANGE}
Row = Mapping[str, Any]


def accuracy_figure(wic: Row, pairs: int) -> Figure:
    """Draw right answers by layer, and those of ways without a network as lines across.

    Args:
        wic: The rows of all.
        pairs: How many were answered: what was chosen on train gets a bar of one standard error on each side.

    Returns:
        The figure.
    """
    figure, axes = _panel("right answers on dev, %")
    window = best_on_train([row for row in wic["static"] if row["kind"] == "window"])
    across = [row for row in wic["static"] if row["kind"] != "window"] + [window]
    for model in wic["models"]:
        _curve(axes, model, [(row["layer"], 100 * row["dev"]) for row in model["rows"]])
        chosen = model["rows"][model["chosen"]]
        error = 100 * math.sqrt(chosen["dev"] * (1 - chosen["dev"]) / pairs)
        colour = _COLOURS[model["key"]]
        axes.errorbar(chosen["layer"], 100 * chosen["dev"], error, color=colour, capsize=3, linewidth=1.0)
    _named_lines_across(axes, [(row["name"], 100 * row["dev"]) for row in across])
    axes.legend(loc="upper left", bbox_to_anchor=(0, -0.16), ncols=2, frameon=False, fontsize=8)
    return figure


def _named_lines_across(axes: Axes, lines: Sequence[tuple[str, float]]) -> None:
    """Draw each with its name at its right end, the lower of two that lie close to each other below it."""
    ordered = sorted(lines, key=lambda line: line[1])
    for place, (name, value) in enumerate(ordered):
        axes.axhline(value, color=QUIET, linewidth=0.8, linestyle=(0, (4, 2)))
        close = place + 1 < len(ordered) and ordered[place + 1][1] - value < _CLOSE
        axes.annotate(
            name,
            (1.0, value),
            xycoords=("axes fraction", "data"),
            xytext=(4, -1 if close else 1),
            textcoords="offset points",
            va="top" if close else "bottom",
            fontsize=7,
            color=QUIET,
        )


def similarity_figure(similarity: Row) -> Figure:
    """Draw self-similarity by layer and that of words at random, with word2vec's across.

    Args:
        similarity: The layers of all.

    Returns:
        The figure.
    """
    figure, axes = _panel("mean cosine")
    static = similarity["static"]["layers"][0]["similarity"]
    axes.axhline(static, color=INK, linewidth=1.0, linestyle=(0, (6, 1)), label="word2vec: one word")
    for model in similarity["models"]:
        _curve(axes, model, [(row["layer"], row["similarity"]) for row in model["layers"]], ": one word")
        baseline = [(row["layer"], row["baseline"]) for row in model["layers"]]
        axes.plot(
            *zip(*baseline, strict=True),
            color=_COLOURS[model["key"]],
            linewidth=1.0,
            linestyle=":",
            label=f"{model['name']}: words at random",
        )
    axes.set_ylim(bottom=min(0, axes.get_ylim()[0]))
    axes.legend(loc="upper left", bbox_to_anchor=(0, -0.16), ncols=2, frameon=False, fontsize=8)
    return figure


def _panel(title: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title, loc="left", fontsize=8, color=QUIET)
    axes.set_xlabel("layer", fontsize=8)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.grid(axis="y", color=RULE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, labelsize=8, labelcolor=QUIET)
    axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True))
    return figure, axes


def _curve(axes: Axes, model: Row, points: Sequence[tuple[int, float]], what: str = "") -> None:
    axes.plot(
        *zip(*points, strict=True),
        color=_COLOURS[model["key"]],
        linewidth=1.4,
        marker="o",
        markersize=3,
        label=f"{model['name']}{what}",
    )
