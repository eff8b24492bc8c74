"""What `scaling` found, in words, tables and figures; every word that depends on a number is chosen by it."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from manyheads.experiments.experiment import Measured, Told
from manyheads.experiments.report import Part, Picture, Table, Text
from manyheads.experiments.saturation import ARMS, mean_and_spread
from manyheads.experiments.scaling_figures import draw_saturation, draw_training, draw_variance


def tell(measured: Measured) -> Told:
    """Say what was found.

    Args:
        measured: What `measure` gave.

    Returns:
        The answer and the report's parts.
    """
    saturation, training = measured["saturation"], measured["training"]
    clauses = [_of_scores(saturation), _of_softmax(saturation), _of_training(training)]
    return Told(
        answer=f"{'; '.join(clauses)}.",
        parts=[
            *_softmax_parts(measured["softmax"]),
            *_score_parts(saturation),
            *_gradient_parts(saturation),
            *_training_parts(training),
        ],
    )


def _of_scores(saturation: Mapping[str, Any]) -> str:
    first, last = saturation["rows"][0], saturation["rows"][-1]
    low, high = (_mean(row, "undivided", "variance") for row in (first, last))
    verb = "grows" if high > low else "does not grow"
    divided = " and ".join(f"{_mean(row, 'divided', 'variance'):.2f}" for row in (first, last))
    return (
        f"Undivided, the variance of a score {verb} with head_dim, from {low:.1f} at {first['head_dim']} to "
        f"{high:.1f} at {last['head_dim']} (divided it is {divided})"
    )


def _of_softmax(saturation: Mapping[str, Any]) -> str:
    last = saturation["rows"][-1]
    divided, undivided = (_mean(last, arm, "largest") for arm in ARMS)
    sharper = "then gives" if undivided > divided else "gives nevertheless no more than"
    return (
        f"softmax {sharper} {undivided:.0%} of a row's weight to one of {saturation['length']} keys, "
        f"where divided scores give it {divided:.0%}"
    )


def _of_training(training: Mapping[str, Any]) -> str:
    """Compare the arms at the widest head, each at the learning rate that suits it best."""
    widest = max(comparison["head_dim"] for comparison in training["comparisons"])
    (divided, near), (undivided, far) = (_best(training, widest, arm) for arm in ARMS)
    return (
        f"and a network with heads of {widest} {_verdict(training, widest)}: after {training['updates']} "
        f"updates its loss is {undivided:.2f} ± {far:.2f} instead of {divided:.2f} ± {near:.2f} nats a token"
    )


def _verdict(training: Mapping[str, Any], head_dim: int) -> str:
    """Say which arm ends lower; a difference within the spreads of both says nothing."""
    (divided, near), (undivided, far) = (_best(training, head_dim, arm) for arm in ARMS)
    if abs(undivided - divided) <= near + far:
        return "learns no better and no worse without the division, as far as the seeds tell"
    return f"learns {'worse' if undivided > divided else 'better'} without the division"


def _best(training: Mapping[str, Any], head_dim: int, arm: str) -> tuple[float, float]:
    """Give mean and spread of the loss at the best of the learning rates."""
    tried = [each for each in training["comparisons"] if each["head_dim"] == head_dim]
    return min(mean_and_spread([trial["valid_loss"] for trial in each[arm]]) for each in tried)


def _mean(row: Mapping[str, Any], arm: str, name: str) -> float:
    return mean_and_spread(row[arm][name])[0]


def _with_spread(numbers: Sequence[float], digits: int) -> str:
    mean, spread = mean_and_spread(numbers)
    return f"{mean:.{digits}f} ± {spread:.{digits}f}"


def _softmax_parts(softmax: Mapping[str, Any]) -> list[Part]:
    head_dim = softmax["head_dim"]
    return [
        Text(
            "## Softmax, a row by hand\n\nScores become exponentials, and each is divided by their sum: "
            "shares that are never negative and sum to one."
        ),
        _steps_table(softmax["divided"]),
        Text(
            f"The same row {math.sqrt(head_dim):g} times as large, as it would be at head_dim {head_dim} "
            "had nothing been divided. Softmax sees differences alone, and these have grown: the largest "
            f"share goes from {max(softmax['divided']['shares']):.3f} to "
            f"{max(softmax['undivided']['shares']):.3f}."
        ),
        _steps_table(softmax["undivided"]),
    ]


def _steps_table(steps: Mapping[str, Sequence[float]]) -> Table:
    exponentials, shares = steps["exponentials"], steps["shares"]
    keys = range(1, len(shares) + 1)
    return Table(
        ["step", *(f"key {key}" for key in keys), "sum"],
        [
            ["score s", *(f"{score:.1f}" for score in steps["scores"]), ""],
            ["exp(s)", *(f"{part:.3f}" for part in exponentials), f"{sum(exponentials):.3f}"],
            ["share", *(f"{part:.3f}" for part in shares), f"{sum(shares):.3f}"],
        ],
    )


def _score_parts(saturation: Mapping[str, Any]) -> list[Part]:
    rows = [
        [f"{row['head_dim']}", *(_with_spread(row[arm]["variance"], 3) for arm in ("undivided", "divided"))]
        for row in saturation["rows"]
    ]
    return [
        Text(
            "## How large scores are\n\nA score is a sum of head_dim products. Where the entries of query "
            "and key are independent with mean 0 and variance 1, each product has variance 1, so the sum "
            "has variance head_dim, and divided by sqrt(head_dim) variance 1. Measured, mean ± standard "
            f"deviation of {saturation['seeds']} seeds, each {saturation['sequences']} times "
            f"{saturation['length']} queries and as many keys:"
        ),
        Table(["head_dim", "undivided: head_dim expected", "divided: 1 expected"], rows),
        Picture(
            "variance",
            "Variance of scores against head_dim, both axes logarithmic, with the division by "
            "sqrt(head_dim) and without.",
            lambda: draw_variance(saturation["rows"]),
        ),
    ]


def _gradient_parts(saturation: Mapping[str, Any]) -> list[Part]:
    digits = {
        "entropy": 2,
        "entropy_share": 3,
        "largest": 3,
        "scores_gradient_median": 4,
        "query_gradient": 3,
        "query_gradient_median": 3,
    }
    rows = [
        [
            f"{row['head_dim']}, {arm}",
            *(_with_spread(row[arm][name], places) for name, places in digits.items()),
        ]
        for row in saturation["rows"]
        for arm in ARMS
    ]
    columns = ["entropy", "share of ln(keys)", "largest weight", "scores' gradient, median"]
    columns += ["query's gradient, mean", "query's gradient, median"]
    return [
        Text(
            "## What softmax makes of them\n\nOf each row of weights the entropy in nats and the largest "
            "weight. And of the objective L = Σ c · context / sqrt(head_dim), with the entries of c drawn "
            "anew for each query, normal with variance 1, the norm of its gradient with respect to a row "
            "of scores (as softmax reads them) and to a query."
        ),
        Table(["head_dim", *columns], rows),
        Picture(
            "saturation",
            "Entropy of the rows of weights, and norms of the gradients that come through softmax to "
            "scores and queries, against head_dim.",
            lambda: draw_saturation(saturation["rows"], keys=saturation["length"]),
        ),
        Text(_of_gradients(saturation["rows"])),
    ]


def _of_gradients(rows: Sequence[Mapping[str, Any]]) -> str:
    last = rows[-1]
    median = _ratio(last, "scores_gradient_median")
    mean, middle = (_ratio(last, name) for name in ("query_gradient", "query_gradient_median"))
    said = [
        f"At head_dim {last['head_dim']} the median row's scores get {median:.3g} times the gradient that "
        "divided scores get."
    ]
    larger = [str(row["head_dim"]) for row in rows if _ratio(row, "scores_gradient_median") > 1]
    if larger and median < 1:
        said.append(f"That is not so of every width: at head_dim {', '.join(larger)} they get more.")
    said.append(
        f"A query gets {mean:.3g} times as much in the mean, and {middle:.3g} times in the median row."
    )
    if mean > 1 > middle:
        said.append(
            "So the gradient does not vanish altogether: a few rows pass on much, multiplied by undivided "
            "keys, and most pass on little."
        )
    return " ".join(said)


def _ratio(row: Mapping[str, Any], name: str) -> float:
    return _mean(row, "undivided", name) / _mean(row, "divided", name)


def _training_parts(training: Mapping[str, Any]) -> list[Part]:
    task = training["task"]
    rows = [
        [
            f"{comparison['head_dim']}",
            f"{comparison['learning_rate']:g}",
            *(_with_spread([trial["valid_loss"] for trial in comparison[arm]], 3) for arm in ARMS),
            *(f"{mean_and_spread([trial['right'] for trial in comparison[arm]])[0]:.1%}" for arm in ARMS),
        ]
        for comparison in training["comparisons"]
    ]
    return [
        Text(
            "## What it does to learning\n\nTransformers of one encoder and one decoder layer, d_model "
            f"{training['d_model']} whatever head_dim is, learn to write sequences of {task['shortest']} to "
            f"{task['longest']} out of {task['letters']} letters from the end to the beginning: "
            f"{training['updates']} updates of {task['pairs']} pairs. Of a seed both start with the same "
            f"numbers and read the same pairs; the division is all that differs. Tried on {task['held_out']} "
            f"pairs that were drawn apart from those, mean ± standard deviation of {training['seeds']} seeds:"
        ),
        Table(
            ["head_dim", "learning rate", "loss, divided", "undivided", "tokens right, divided", "undivided"],
            rows,
        ),
        Picture(
            "training",
            "Loss on held-out pairs while networks learn to reverse letters, from the first trial after the "
            "start on, with the division and without, a line a seed.",
            lambda: draw_training(training["comparisons"]),
        ),
        Text(_of_each_width(training)),
        Text(
            "The division does not have to stand in the attention: query weights that start smaller by the "
            "same factor make the same scores at the start. What is compared here is leaving it out and "
            "changing nothing else."
        ),
    ]


def _of_each_width(training: Mapping[str, Any]) -> str:
    widths = sorted({comparison["head_dim"] for comparison in training["comparisons"]})
    said = "; ".join(f"with heads of {width} it {_verdict(training, width)}" for width in widths)
    return f"Each way at the learning rate that suits it best, a network does this: {said}."
