"""What `scaling` says of the networks that learned to reverse; each word depends on the numbers."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from manyheads.experiments.report import Part, Picture, Table, Text
from manyheads.experiments.saturation import ARMS, mean_and_spread, with_spread
from manyheads.experiments.scaling_figures import LOSSES_SHOWN, draw_training
from manyheads.experiments.written import in_a_row

Training = Mapping[str, Any]


class Best(NamedTuple):
    """An arm at the learning rate where its loss is lowest.

    Attributes:
        loss: Mean over the seeds.
        spread: Their standard deviation.
        rate: The learning rate.
    """

    loss: float
    spread: float
    rate: float


def widths_of(training: Training) -> list[int]:
    """Say which widths of a head networks were trained with.

    Args:
        training: What was measured.

    Returns:
        The widths, the narrowest first.
    """
    return sorted({comparison["head_dim"] for comparison in training["comparisons"]})


def learns_worse(training: Training, head_dim: int) -> bool:
    """Say whether a network learns worse without the division, by more than the seeds' spreads.

    Args:
        training: What was measured.
        head_dim: How wide the network's heads are.

    Returns:
        Whether that is so, each arm at the learning rate where its loss is lowest.
    """
    divided, undivided = (_best(training, head_dim, arm) for arm in ARMS)
    return _apart(divided, undivided) and undivided.loss > divided.loss


def learning_sentence(training: Training) -> str:
    """Compare the arms at the widest head, for the answer.

    Args:
        training: What was measured.

    Returns:
        A sentence.
    """
    widest = widths_of(training)[-1]
    divided, undivided = (_best(training, widest, arm) for arm in ARMS)
    verdict = _verdict(training, widest)
    if _no_skill(training, undivided) and not _no_skill(training, divided):
        verdict = "learns next to nothing without the division"
    return (
        f"A small network with {_heads(training, widest)} {verdict}: after {training['updates']} "
        f"updates, at the {_of_rates_tried(training)}, its loss is {_loss(undivided)} instead of "
        f"{_loss(divided)} nats a token (reading nothing of the source gives "
        f"{training['without_reading']['loss']:.2f})."
    )


def training_parts(training: Training) -> list[Part]:
    """Tell what became of the networks that were trained.

    Args:
        training: What was measured.

    Returns:
        A section of the report.
    """
    return [
        Text(_how(training)),
        _losses_table(training),
        Picture(
            "training",
            "Loss on held-out pairs while networks learn to reverse letters, from the first trial after the "
            "start on, with the division and without, a line a seed. The dashed line is the loss of the best "
            f"prediction that reads nothing of the source; the panels end at {LOSSES_SHOWN} times that.",
            lambda: draw_training(training),
        ),
        Text(_of_each_width(training)),
        *([Text(_of_wider_heads(training))] if len(widths_of(training)) > 1 else []),
        Text(_of_rates(training)),
    ]


def _how(training: Training) -> str:
    task, chance = training["task"], training["without_reading"]
    return (
        "## What it does to learning\n\nTransformers of one encoder and one decoder layer learn to write "
        f"sequences of {task['shortest']} to {task['longest']} out of {task['letters']} letters from the end "
        f"to the beginning: {training['updates']} updates of {task['pairs']} pairs with Adam. Their width is "
        f"d_model {training['d_model']} throughout, so wider heads are fewer heads. Of a seed both start "
        "with the same numbers and read the same pairs; the division is all that differs. Tried on "
        f"{task['held_out']} pairs that were drawn apart from those, mean ± standard deviation of "
        f"{training['seeds']} seeds. For scale: the best prediction that knows how pairs are drawn, and "
        f"reads nothing of the source, has on these pairs a loss of {chance['loss']:.3f} and "
        f"{chance['right']:.1%} of the tokens right; if it is told how long the source is, and no letter, "
        f"its loss is {chance['loss_with_length']:.3f}."
    )


def _losses_table(training: Training) -> Table:
    columns = ["head_dim", "heads", "learning rate"]
    columns += ["loss, divided", "undivided", "tokens right, divided", "undivided"]
    rows = [
        [
            f"{comparison['head_dim']}",
            f"{training['d_model'] // comparison['head_dim']}",
            f"{comparison['learning_rate']:g}",
            *(with_spread([trial["valid_loss"] for trial in comparison[arm]], 3) for arm in ARMS),
            *(f"{mean_and_spread([trial['right'] for trial in comparison[arm]])[0]:.1%}" for arm in ARMS),
        ]
        for comparison in training["comparisons"]
    ]
    return Table(columns, rows)


def _best(training: Training, head_dim: int, arm: str) -> Best:
    tried = [each for each in training["comparisons"] if each["head_dim"] == head_dim]
    return min(
        Best(*mean_and_spread([trial["valid_loss"] for trial in each[arm]]), each["learning_rate"])
        for each in tried
    )


def _loss(best: Best) -> str:
    return f"{best.loss:.2f} ± {best.spread:.2f}"


def _apart(one: Best, other: Best) -> bool:
    """Say whether two losses differ by more than the spreads of both."""
    return abs(one.loss - other.loss) > one.spread + other.spread


def _verdict(training: Training, head_dim: int) -> str:
    """Say which arm ends lower; a difference within the spreads of both says nothing."""
    if not _apart(*(_best(training, head_dim, arm) for arm in ARMS)):
        return "learns no better and no worse without the division, as far as the seeds tell"
    return f"learns {'worse' if learns_worse(training, head_dim) else 'better'} without the division"


def _no_skill(training: Training, best: Best) -> bool:
    """Say whether a loss is nearer to that of no reading than to that of knowing the length alone."""
    chance = training["without_reading"]
    return best.loss > (chance["loss"] + chance["loss_with_length"]) / 2


def _heads(training: Training, head_dim: int) -> str:
    heads = training["d_model"] // head_dim
    return f"{heads} heads of {head_dim}" if heads > 1 else f"one head of {head_dim}"


def _rates(training: Training) -> list[float]:
    return sorted({comparison["learning_rate"] for comparison in training["comparisons"]})


def _of_rates_tried(training: Training) -> str:
    count = len(_rates(training))
    if count == 1:
        return "one learning rate that was tried"
    return f"{'better' if count == 2 else 'best'} of {count} learning rates"


def _of_each_width(training: Training) -> str:
    """Give each width of a head its verdict, and name the networks that learned next to nothing."""
    found: dict[str, list[str]] = {}
    for width in widths_of(training):
        found.setdefault(_verdict(training, width), []).append(f"with {_heads(training, width)}")
    verdicts = "; ".join(f"{in_a_row(networks)} a network {verdict}" for verdict, networks in found.items())
    chosen = ", chosen by these very losses" if len(_rates(training)) > 1 else ""
    little = [
        f" {arm.capitalize()}, the network with {_heads(training, width)} has learned next to nothing after "
        f"{training['updates']} updates: its loss, {best.loss:.2f}, is nearer to the "
        f"{training['without_reading']['loss']:.2f} of no reading than to the "
        f"{training['without_reading']['loss_with_length']:.2f} of knowing the length alone."
        for width in widths_of(training)
        for arm in ARMS
        if _no_skill(training, best := _best(training, width, arm))
    ]
    return f"Each network is taken at the {_of_rates_tried(training)}{chosen}: {verdicts}.{''.join(little)}"


def _of_wider_heads(training: Training) -> str:
    """Set the widths of a head against each other: not all that a wide one loses is the division's."""
    widths = widths_of(training)
    found = {arm: [_best(training, width, arm) for width in widths] for arm in ARMS}
    steps = zip(found["divided"], found["divided"][1:], strict=False)
    worse = all(_apart(one, wider) and wider.loss > one.loss for one, wider in steps)
    losses = in_a_row([f"{best.loss:.2f}" for best in found["divided"]])
    added = in_a_row(
        [f"{undivided.loss - divided.loss:+.2f}" for divided, undivided in zip(*found.values(), strict=True)]
    )
    if worse:
        begin = "Wider and fewer heads make a network learn worse with the division as well"
    else:
        begin = "With the division a network does not learn worse at each step to wider and fewer heads"
    return (
        f"{begin}: its loss is {losses} at head_dim {in_a_row([str(width) for width in widths])}. Leaving "
        f"out the division changes that by {added} nats."
    )


def _of_rates(training: Training) -> str:
    """Say where the best learning rate is the lowest or the highest that was tried."""
    rates = _rates(training)
    if len(rates) == 1:
        return "No other learning rate was tried: another may do better."
    chosen = {
        f"{width} ({arm})": _best(training, width, arm).rate for width in widths_of(training) for arm in ARMS
    }
    said = [
        f"the best rate is the {name} that was tried, {end:g}, at head_dim {in_a_row(at_end)}"
        for name, end in (("lowest", rates[0]), ("highest", rates[-1]))
        if (at_end := [name for name, rate in chosen.items() if rate == end])
    ]
    if not said:
        return "The best rate is nowhere the lowest or the highest that was tried."
    sentence = "; ".join(said)
    return f"{sentence[0].upper()}{sentence[1:]}. A rate beyond may do better there."
