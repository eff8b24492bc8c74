"""The figures of the experiment `context`: accuracy and self-similarity by layer."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from manyheads.views.paper import BLUE, INK, ORANGE, QUIET, RULE

_COLOURS = {"minilm": BLUE, "bert": ORANGE}
Row = Mapping[str, Any]


def accuracy_figure(wic: Row) -> Figure:
    """Draw right answers by layer, and those of ways without a network as lines across.

    Args:
        wic: The rows of all.

    Returns:
        The figure.
    """
    figure, axes = _panel("right answers on dev, %")
    window = max((row for row in wic["static"] if row["kind"] == "window"), key=lambda row: row["train"])
    across = [row for row in wic["static"] if row["kind"] != "window"] + [window]
    _lines_across(axes, [(row["name"], 100 * row["dev"]) for row in across])
    for model in wic["models"]:
        _curve(axes, model, [(row["layer"], 100 * row["dev"]) for row in model["rows"]])
    axes.legend(loc="upper left", bbox_to_anchor=(0, -0.16), ncols=2, frameon=False, fontsize=8)
    return figure


def similarity_figure(similarity: Row) -> Figure:
    """Draw corrected self-similarity by layer, with that of word2vec across.

    Args:
        similarity: The layers of all.

    Returns:
        The figure.
    """
    figure, axes = _panel("self-similarity, corrected")
    _lines_across(axes, [("word2vec", similarity["static"]["layers"][0]["corrected"])])
    for model in similarity["models"]:
        _curve(axes, model, [(row["layer"], row["corrected"]) for row in model["layers"]])
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


def _curve(axes: Axes, model: Row, points: Sequence[tuple[int, float]]) -> None:
    axes.plot(
        *zip(*points, strict=True),
        color=_COLOURS[model["key"]],
        linewidth=1.4,
        marker="o",
        markersize=3,
        label=model["name"],
    )


def _lines_across(axes: Axes, lines: Sequence[tuple[str, float]]) -> None:
    """Draw each with other dashes: two may lie close to each other."""
    for place, (name, value) in enumerate(lines):
        dashes = (0, (6 - place, 1 + place))
        axes.axhline(value, color=INK if place % 2 else QUIET, linewidth=1.0, linestyle=dashes, label=name)
