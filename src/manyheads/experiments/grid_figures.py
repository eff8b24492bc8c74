"""Figures of trials that differ in one thing: a dot a seed, so that chance can be seen."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from manyheads.views.paper import BLUE, INK, ORANGE, QUIET, RULE, SIGNED

Trials = Mapping[str, Mapping[str, Any]]
_LINES = ((BLUE, "o"), (ORANGE, "s"), (INK, "^"), ("#6aa9c6", "D"), ("#9b9484", "v"), ("#c9a227", "P"))
"""Colours of different lightness, and a mark of its own for each: two of them can be told apart in black and
white."""


def draw_seeds(trials: Trials) -> Figure:
    """Draw BLEU and validation loss of every seed of every trial.

    Args:
        trials: What `run_trials` gave.

    Returns:
        The figure; to be called in the style of the paper.
    """
    figure = Figure(figsize=(6.4, 0.9 + 0.34 * len(trials)), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    for axes, name, title, colour in zip(
        panels,
        ("bleu", "valid_loss"),
        ("BLEU (more is better)", "validation loss, nats a token (less is better)"),
        (BLUE, ORANGE),
        strict=True,
    ):
        for row, trial in enumerate(trials.values()):
            values = [run[name] for run in trial["runs"]]
            axes.plot([min(values), max(values)], [row, row], color=colour, linewidth=1.2, alpha=0.5)
            axes.plot(values, [row] * len(values), "o", color=colour, markersize=4)
        _dress(axes, title)
    panels[0].set_yticks(range(len(trials)), [trial["title"] for trial in trials.values()], fontsize=8)
    panels[0].set_ylim(len(trials) - 0.5, -0.5)
    return figure


def draw_costs(heads: Mapping[str, Any]) -> Figure:
    """Draw what switching each head off costs, and BLEU while heads go one after another.

    Args:
        heads: What `study_heads` gave of one model.

    Returns:
        The figure; to be called in the style of the paper.
    """
    figure = Figure(figsize=(6.4, 4.6), layout="constrained")
    kinds = dict.fromkeys(name.partition(".")[0] for name in heads["cost"])
    mosaic = figure.subplot_mosaic([[*kinds], ["curve"] * len(kinds)], height_ratios=[1.15, 1])
    most = max(map(abs, heads["cost"].values()))
    for kind in kinds:
        _draw_cost_map(mosaic[kind], kind, heads["cost"], most)
    figure.suptitle(
        "loss added without a head, thousandths of a nat a token", fontsize=8, color=QUIET, x=0.01, ha="left"
    )
    axes = mosaic["curve"]
    for (name, curve), (colour, mark) in zip(heads["curves"].items(), _LINES, strict=False):
        shares = [100 * point["share"] for point in curve]
        scores = [point["score"] for point in curve]
        axes.plot(shares, scores, marker=mark, color=colour, markersize=4, linewidth=1.4, label=f"by {name}")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("heads switched off, %", fontsize=8)
    axes.legend(fontsize=7, frameon=False)
    _dress(axes, "BLEU on other pairs, the head that counts least gone first")
    return figure


def _draw_cost_map(axes: Axes, kind: str, costs: Mapping[str, float], most: float) -> None:
    """Draw a field for each head of one kind, layers downwards, in which its cost stands."""
    cells = {
        tuple(map(int, name.split(".")[1:])): cost for name, cost in costs.items() if name.startswith(kind)
    }
    shape = tuple(max(place[axis] for place in cells) + 1 for axis in (0, 1))
    field = np.zeros(shape)
    for (layer, head), cost in cells.items():
        field[layer, head] = cost
        axes.text(head, layer, str(round(1000 * cost)), ha="center", va="center", fontsize=7, color=INK)
    # Half of the colours alone, so that ink can be read on all of them.
    axes.imshow(field, cmap=SIGNED, vmin=-2 * most, vmax=2 * most, aspect="auto")
    axes.set_xticks(range(shape[1]))
    axes.set_yticks(range(shape[0]))
    axes.set_xlabel("head", fontsize=8)
    axes.set_ylabel("layer", fontsize=8)
    _dress(axes, kind)
    axes.grid(visible=False)


def draw_skipped(trials: Trials) -> Figure:
    """Draw what it costs to skip each layer of some models.

    Args:
        trials: What `run_trials` gave, with what `study_layers` found.

    Returns:
        The figure; to be called in the style of the paper.
    """
    figure = Figure(figsize=(6.4, 3.0), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    for axes, stack in zip(panels, ("encoder", "decoder"), strict=True):
        for trial, (colour, mark) in zip(trials.values(), _LINES, strict=False):
            costs = [cost for name, cost in trial["layers"]["cost"].items() if name.startswith(stack)]
            axes.plot(range(len(costs)), costs, marker=mark, color=colour, markersize=4, linewidth=1.2)
        axes.set_xlabel("layer that is skipped", fontsize=8)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        _dress(axes, f"{stack}: loss added, nats a token")
        axes.grid(axis="y", color=RULE, linewidth=0.6)
    panels[0].set_yscale("symlog", linthresh=0.1)
    panels[0].yaxis.set_major_formatter("{x:g}")
    handles = [
        Line2D([], [], color=colour, marker=mark, markersize=4, linewidth=1.2, label=trial["title"])
        for trial, (colour, mark) in zip(trials.values(), _LINES, strict=False)
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=7, frameon=False)
    return figure


def draw_training(trials: Trials, names: Sequence[str]) -> Figure:
    """Draw the training losses of some trials, first seed.

    Args:
        trials: What `run_trials` gave.
        names: Which of them.

    Returns:
        The figure; to be called in the style of the paper.
    """
    figure = Figure(figsize=(6.4, 2.7), layout="constrained")
    axes = figure.subplots()
    for name, (colour, mark) in zip(names, _LINES, strict=False):
        curve = trials[name]["runs"][0]["curve"]
        axes.plot(
            *zip(*curve, strict=True),
            color=colour,
            marker=mark,
            markersize=4,
            markevery=max(1, len(curve) // 5),
            linewidth=1.2,
            label=trials[name]["title"],
        )
    axes.legend(fontsize=7, frameon=False)
    axes.set_xlabel("updates", fontsize=8)
    _dress(axes, "training loss, nats a token")
    return figure


def _dress(axes: Axes, title: str) -> None:
    axes.set_title(title, loc="left", fontsize=8, color=QUIET)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.grid(axis="x", color=RULE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, labelsize=8, labelcolor=QUIET)
