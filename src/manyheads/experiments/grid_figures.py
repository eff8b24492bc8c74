"""Figures of trials that differ in one thing: a dot a seed, so that chance can be seen."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from manyheads.views.paper import BLUE, INK, ORANGE, QUIET, RULE

Trials = Mapping[str, Mapping[str, Any]]
_COLOURS = (BLUE, ORANGE, INK, QUIET, "#6aa9c6")


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
    figure = Figure(figsize=(6.4, 2.7), layout="constrained")
    costs_axes, curve_axes = figure.subplots(1, 2, width_ratios=[1.6, 1])
    costs = heads["cost"]
    colours = {"encoder": BLUE, "decoder": QUIET, "cross": ORANGE}
    for place, (name, cost) in enumerate(costs.items()):
        costs_axes.bar(place, cost, color=colours[name.partition(".")[0]], width=0.8)
    for kind, colour in colours.items():
        costs_axes.plot([], [], "s", color=colour, label=kind)
    below = {"loc": "upper center", "bbox_to_anchor": (0.5, 0.0)}
    costs_axes.legend(fontsize=7, frameon=False, ncols=len(colours), **below)
    costs_axes.axhline(0, color=INK, linewidth=0.6)
    costs_axes.set_xticks([])
    _dress(costs_axes, f"loss added without it, nats a token: each of {len(costs)} heads")
    curve = heads["curve"]
    curve_axes.plot(
        [100 * point["share"] for point in curve],
        [point["score"] for point in curve],
        "o-",
        color=BLUE,
        markersize=3.5,
        linewidth=1.4,
    )
    curve_axes.set_ylim(bottom=0)
    curve_axes.set_xlabel("heads switched off, %", fontsize=8)
    _dress(curve_axes, "BLEU, the least important gone first")
    return figure


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
        for trial, colour in zip(trials.values(), _COLOURS, strict=False):
            costs = [cost for name, cost in trial["layers"]["cost"].items() if name.startswith(stack)]
            axes.plot(range(len(costs)), costs, "o-", color=colour, markersize=4, linewidth=1.2)
        axes.set_xlabel("layer that is skipped", fontsize=8)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        _dress(axes, f"{stack}: loss added, nats a token")
        axes.grid(axis="y", color=RULE, linewidth=0.6)
    panels[0].set_yscale("symlog", linthresh=0.1)
    panels[0].yaxis.set_major_formatter("{x:g}")
    handles = [
        Line2D([], [], color=colour, marker="o", markersize=4, linewidth=1.2, label=trial["title"])
        for trial, colour in zip(trials.values(), _COLOURS, strict=False)
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
    for name, colour in zip(names, _COLOURS, strict=False):
        curve = trials[name]["runs"][0]["curve"]
        axes.plot(*zip(*curve, strict=True), color=colour, linewidth=1.2, label=trials[name]["title"])
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
