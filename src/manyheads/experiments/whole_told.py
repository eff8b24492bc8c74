"""What two translators that were trained to the end say: BLEU against time of training and parameters."""

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from manyheads.experiments.drawing import plain
from manyheads.experiments.report import Part, Picture, Table, Text
from manyheads.views.paper import BLUE, ORANGE

Whole = Mapping[str, Mapping[str, Any]]


def whole_parts(whole: Whole) -> list[Part]:
    """Tell of translators that were trained to the end.

    Args:
        whole: What `whole_part` gave.

    Returns:
        The report's parts.
    """
    return [
        Text(f"## Whole trainings\n\n{_of_budget(whole)} {_of_winner(whole)}"),
        Table(
            ["translator", "parameters", "minutes of training", "tokens/s", "BLEU on the test part"],
            [
                [
                    f"{each['title']}: {each['sizes']}",
                    f"{each['parameters']:,}",
                    f"{each['seconds_training'] / 60:,.0f}",
                    f"{each['tokens'] / each['seconds_training']:,.0f}",
                    f"{each['test']['bleu']:.2f}",
                ]
                for each in whole.values()
            ],
        ),
        Picture(
            "whole",
            "BLEU on the validation part against minutes of training, at each run's median speed. Each mark "
            "is a validation; the time of validating is left out.",
            lambda: draw_whole(whole),
        ),
    ]


def _of_budget(whole: Whole) -> str:
    first = next(iter(whole.values()))
    return (
        f"Both read the same text, {first['tokens']:,} source and target tokens in {first['updates']:,} "
        f"updates, in {first['precision']} on {first['threads']} "
        f"thread{'s' if first['threads'] > 1 else ''}; each has the sizes and the learning rate that were "
        f"best for it. BLEU: `{first['test']['signature']}`, beam search, one run each, so half a point is "
        "chance."
    )


def _of_winner(whole: Whole) -> str:
    better, worse = sorted(whole.values(), key=lambda each: -each["test"]["bleu"])
    gap = better["test"]["bleu"] - worse["test"]["bleu"]
    time = better["seconds_training"] / worse["seconds_training"]
    return f"The {better['title']} ends {gap:.2f} BLEU higher, in {time:.2f} times the time of the other."


def draw_whole(whole: Whole) -> Figure:
    """Draw BLEU against minutes of training.

    Args:
        whole: What `whole_part` gave.

    Returns:
        The figure; to be called in the style of the paper.
    """
    figure = Figure(figsize=(6.4, 3.0), layout="constrained")
    axes = figure.subplots()
    for each, colour in zip(whole.values(), (BLUE, ORANGE), strict=True):
        minutes = [point["seconds"] / 60 for point in each["curve"]]
        scores = [point["bleu"] for point in each["curve"]]
        axes.plot(minutes, scores, "o-", color=colour, markersize=3.5, linewidth=1.4, label=each["title"])
    axes.legend(fontsize=8, frameon=False, loc="lower right")
    axes.set_xlabel("minutes of training", fontsize=8)
    plain(axes, "BLEU, validation part")
    return figure
