"""What two translators that were trained to the end say: BLEU against time of training and parameters."""

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from manyheads.experiments.drawing import plain
from manyheads.experiments.parallel_figures import STYLES
from manyheads.experiments.report import Part, Picture, Table, Text
from manyheads.experiments.step_speed import RECURRENT, TRANSFORMER

Whole = Mapping[str, Mapping[str, Any]]

_TRIED = {
    "recurrent (GRU), 1+1 layers, d_model 384, additive attention, dropout 0.3": (
        "For the recurrent translator three settings were tried for 1,000 updates of 4,096 tokens: 256 wide "
        "with a learning rate of 2e-3, the same with 4e-3, and 384 wide with 4e-3, which was taken "
        "(docs/log.md)."
    ),
    "4+4 layers, d_model 128, d_ff 256, 4 heads, dropout 0.3, norm after each sublayer": (
        "The Transformer has the sizes of the published tiny configuration for this text, and from earlier "
        "runs of ours a learning rate of 3e-3 after 400 updates of warm-up, in place of the recipe's 5e-3 "
        "after 2,000, which is for batches twice as large and four times the updates."
    ),
}
"""By sizes, what else was tried before they were taken: no training knows that."""
_STYLES = {"transformer": STYLES[TRANSFORMER], "recurrent": STYLES[RECURRENT]}


def whole_parts(whole: Whole) -> list[Part]:
    """Tell of translators that were trained to the end.

    Args:
        whole: What `whole_part` gave.

    Returns:
        The report's parts.
    """
    return [
        Text(f"## Whole trainings\n\n{_of_budget(whole)} {_of_winner(whole)}"),
        *_of_settings(whole),
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
        Text(_of_columns(whole)),
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
        f"thread{'s' if first['threads'] > 1 else ''}. BLEU: `{first['test']['signature']}`, beam search. "
        "Of each there is one run: seeds of one setting lie up to about two points of BLEU apart in the "
        "experiment `heads`, so a smaller difference may be chance."
    )


def _of_winner(whole: Whole) -> str:
    better, worse = sorted(whole.values(), key=lambda each: -each["test"]["bleu"])
    gap = better["test"]["bleu"] - worse["test"]["bleu"]
    time = better["seconds_training"] / worse["seconds_training"]
    return f"The {better['title']} ends {gap:.2f} BLEU higher, in {time:.2f} times the time of the other."


def _of_settings(whole: Whole) -> list[Text]:
    """Say how the settings were found, as far as that is known."""
    known = [_TRIED[each["sizes"]] for each in whole.values() if each["sizes"] in _TRIED]
    if not known:
        return []
    return [Text(" ".join([*known, "Neither was searched further, so neither is known to be at its best."]))]


def _of_columns(whole: Whole) -> str:
    """Say what the minutes are, and why the figure ends elsewhere than the table."""
    said = (
        "Minutes of training are all tokens divided by the run's median speed: validation is left out, and "
        "a pause or a slow stretch changes them little."
    )
    ends = [(each["title"], each["curve"][-1]["bleu"]) for each in whole.values() if each["curve"]]
    if not ends:
        return said
    return (
        f"{said} The curves below end at other BLEU values than the table's, "
        f"{' and '.join(f'{bleu:.2f} ({title})' for title, bleu in ends)}: they show sentences of the "
        "validation part, translated by the model of that one update; the table has the test part, "
        "translated by the model that was kept, the average of several updates' or the best of them."
    )


def draw_whole(whole: Whole) -> Figure:
    """Draw BLEU against minutes of training.

    Args:
        whole: What `whole_part` gave.

    Returns:
        The figure; to be called in the style of the paper.
    """
    figure = Figure(figsize=(6.4, 3.0), layout="constrained")
    axes = figure.subplots()
    for name, each in whole.items():
        minutes = [point["seconds"] / 60 for point in each["curve"]]
        scores = [point["bleu"] for point in each["curve"]]
        style = _STYLES[name]
        axes.plot(
            minutes,
            scores,
            marker=style.marker,
            color=style.colour,
            markersize=3.6,
            linewidth=1.4,
            label=each["title"],
        )
    axes.legend(fontsize=8, frameon=False, loc="lower right")
    axes.set_xlabel("minutes of training", fontsize=8)
    plain(axes, "BLEU, validation part")
    return figure
