"""What `scaling` found, in words, tables and figures; every word that depends on a number is chosen by it."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from manyheads.experiments.experiment import Measured, Told
from manyheads.experiments.report import Part, Picture, Table, Text
from manyheads.experiments.reversing_told import learning_sentence, learns_worse, training_parts, widths_of
from manyheads.experiments.saturation import ARMS, mean_of, ratio, with_spread
from manyheads.experiments.scaling_figures import draw_saturation, draw_variance
from manyheads.experiments.written import in_a_row

_GRADIENTS = {
    "scores_gradient_median": "scores' gradient, median",
    "scores_gradient": "scores' gradient, mean",
    "query_gradient_median": "query's gradient, median",
    "query_gradient": "query's gradient, mean",
}
_PAPER = 64
"""How wide the heads of the Transformer's paper are."""

Rows = Sequence[Mapping[str, Any]]


def tell(measured: Measured) -> Told:
    """Say what was found.

    Args:
        measured: What `measure` gave.

    Returns:
        The answer and the report's parts.
    """
    saturation, training = measured["saturation"], measured["training"]
    return Told(
        answer=f"{_of_scores(saturation)}; {_of_softmax(saturation)}. {learning_sentence(training)}",
        parts=[
            *_softmax_parts(measured["softmax"]),
            *_score_parts(saturation),
            *_gradient_parts(measured),
            *training_parts(training),
            Text(_of_reasons(saturation["rows"], training)),
            Text(
                "The division does not have to stand in the attention: query weights that start smaller by "
                "the same factor make the same scores at the start. What is compared here is leaving it out "
                "and changing nothing else."
            ),
        ],
    )


def _of_scores(saturation: Mapping[str, Any]) -> str:
    first, last = saturation["rows"][0], saturation["rows"][-1]
    low, high = (mean_of(row, "undivided", "variance") for row in (first, last))
    verb = "grows" if high > low else "does not grow"
    divided = " and ".join(f"{mean_of(row, 'divided', 'variance'):.2f}" for row in (first, last))
    return (
        f"Undivided, the variance of scores of drawn queries and keys {verb} with head_dim, from {low:.1f} "
        f"at {first['head_dim']} to {high:.1f} at {last['head_dim']} (divided it is {divided})"
    )


def _of_softmax(saturation: Mapping[str, Any]) -> str:
    last = saturation["rows"][-1]
    divided, undivided = (mean_of(last, arm, "largest") for arm in ARMS)
    sharper = "gives" if undivided > divided else "gives nevertheless no more than"
    return (
        f"at {last['head_dim']} softmax {sharper} {undivided:.0%} of a row's weight to one of "
        f"{saturation['length']} keys, where divided scores give it {divided:.0%}"
    )


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
        [f"{row['head_dim']}", *(with_spread(row[arm]["variance"], 3) for arm in ("undivided", "divided"))]
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


def _gradient_parts(measured: Measured) -> list[Part]:
    saturation = measured["saturation"]
    rows = saturation["rows"]
    return [
        Text(
            "## What softmax makes of them\n\nOf each row of weights the entropy in nats and the largest "
            "weight. And of the objective L = Σ c · context / sqrt(head_dim), with the entries of c drawn "
            "anew for each query, normal with variance 1, the norm of its gradient with respect to a row "
            "of scores (as softmax reads them) and to a query; mean and median are over the rows."
        ),
        _saturation_table(rows),
        Picture(
            "saturation",
            "Entropy of the rows of weights, and norms of the gradients that come through softmax to "
            "scores and queries, against head_dim. Full lines show the median row, dashed ones the mean.",
            lambda: draw_saturation(rows, keys=saturation["length"]),
        ),
        Text("The gradients without the division, as multiples of those with it:"),
        Table(
            ["head_dim", *_GRADIENTS.values()],
            [[str(row["head_dim"]), *(_times(ratio(row, name)) for name in _GRADIENTS)] for row in rows],
        ),
        Text(_of_gradients(rows, trained=widths_of(measured["training"]))),
    ]


def _saturation_table(rows: Rows) -> Table:
    digits = {"entropy": 2, "entropy_share": 3, "largest": 3}
    digits |= {name: 4 if name.startswith("scores") else 3 for name in _GRADIENTS}
    cells = [
        [
            f"{row['head_dim']}, {arm}",
            *(with_spread(row[arm][name], places) for name, places in digits.items()),
        ]
        for row in rows
        for arm in ARMS
    ]
    return Table(["head_dim", "entropy", "share of ln(keys)", "largest weight", *_GRADIENTS.values()], cells)


def _times(multiple: float) -> str:
    return f"{multiple:#.3g}".rstrip(".")


def _of_gradients(rows: Rows, *, trained: Sequence[int]) -> str:
    """Tell the multiples of the widths that networks are trained with, of the paper's and of the widest."""
    wanted = {*trained, _PAPER, rows[-1]["head_dim"]}
    told = [row for row in rows if row["head_dim"] in wanted]
    return (
        "In the median row and in the mean, a query gets so many times as much gradient as with the division "
        f"(heads of the Transformer's paper are {_PAPER} wide): "
        f"{_multiples(told, 'query_gradient')}; a row's scores: {_multiples(told, 'scores_gradient')}. "
        f"A query gets less than with the division {_less(rows, 'query_gradient')}, a row's scores "
        f"{_less(rows, 'scores_gradient')}.{_of_few_rows(rows[-1])}"
    )


def _multiples(rows: Rows, name: str) -> str:
    found = {
        row["head_dim"]: [_times(ratio(row, which)) for which in (f"{name}_median", name)] for row in rows
    }
    return ", ".join(f"{median} and {mean} at {head_dim}" for head_dim, (median, mean) in found.items())


def _less(rows: Rows, name: str) -> str:
    """Say at which widths a gradient is smaller without the division."""
    median, mean = (
        f"at {in_a_row(fewer) or 'no width'}"
        for which in (f"{name}_median", name)
        for fewer in [[str(row["head_dim"]) for row in rows if ratio(row, which) < 1]]
    )
    return f"{median} in the median row and {mean} in the mean"


def _of_few_rows(widest: Mapping[str, Any]) -> str:
    if not ratio(widest, "query_gradient") > 1 > ratio(widest, "query_gradient_median"):
        return ""
    return (
        f" So at {widest['head_dim']} the gradient does not vanish altogether: a few rows pass on much, "
        "multiplied by undivided keys, and most pass on little."
    )


def _of_reasons(rows: Rows, training: Mapping[str, Any]) -> str:
    """Hold the gradients of drawn rows against what networks of the same widths learned."""
    trained = widths_of(training)
    worse = [row for row in rows if row["head_dim"] in trained and learns_worse(training, row["head_dim"])]
    said = [
        *_of_queries(worse),
        *_of_keys(worse),
        *_of_sharpness(worse),
        "What makes a network learn better or worse is not measured here: the rows are drawn, not those of "
        "the networks, and Adam divides each step by the size of its gradients, so that their size alone "
        "says little of learning.",
    ]
    return " ".join(said)


_QUERIES = {
    (
        True,
        True,
    ): "although a drawn query gets no less gradient, in the median row and in the mean: vanishing "
    "gradients of queries do not explain it.",
    (False, False): "and a drawn query gets less gradient, in the median row and in the mean: vanishing "
    "gradients of queries may explain it.",
    (
        False,
        True,
    ): "and a drawn query gets less gradient in the median row and no less in the mean: vanishing "
    "gradients of queries may explain it for most rows, not for all.",
    (
        True,
        False,
    ): "and a drawn query gets no less gradient in the median row and less in the mean: vanishing "
    "gradients of queries do not explain it for most rows.",
}
"""By whether a query gets no less gradient without the division, in the median row and in the mean."""


def _of_queries(worse: Rows) -> list[str]:
    """Say whether queries get less gradient where networks learn worse without the division."""
    cases = {
        row["head_dim"]: (ratio(row, "query_gradient_median") >= 1, ratio(row, "query_gradient") >= 1)
        for row in worse
    }
    widths = {case: [str(width) for width in cases if cases[width] == case] for case in _QUERIES}
    return [
        f"With heads of {in_a_row(widths[case])} networks learn worse without the division, {ending}"
        for case, ending in _QUERIES.items()
        if widths[case]
    ]


def _of_keys(worse: Rows) -> list[str]:
    """Name the widths where keys make up for what softmax does not pass on."""
    made_up_for = [
        str(row["head_dim"])
        for row in worse
        if ratio(row, "query_gradient_median") >= 1 > ratio(row, "scores_gradient_median")
    ]
    if not made_up_for:
        return []
    return [
        f"At {in_a_row(made_up_for)} the scores of the median row do get less; but on the way from scores to "
        "a query nothing is divided either, and that makes up for it."
    ]


def _of_sharpness(worse: Rows) -> list[str]:
    """Say what else is seen where networks learn worse: sharper rows, and gradients that are less even."""
    largest = {arm: [mean_of(row, arm, "largest") for row in worse] for arm in ARMS}
    uneven = {arm: [_unevenness(row, arm) for row in worse] for arm in ARMS}
    both_grow = all(
        more > less
        for numbers in (largest, uneven)
        for less, more in zip(numbers["divided"], numbers["undivided"], strict=True)
    )
    if not worse or not both_grow:
        return []
    weights = {arm: in_a_row([f"{number:.0%}" for number in numbers]) for arm, numbers in largest.items()}
    times = {arm: in_a_row([f"{number:.2f}" for number in numbers]) for arm, numbers in uneven.items()}
    return [
        "What is seen there, without the division, is a sharper softmax, which gives one key "
        f"{weights['undivided']} of a row's weight instead of {weights['divided']}, and gradients that are "
        f"less even from row to row: their mean over the queries is {times['undivided']} times their median "
        f"instead of {times['divided']}."
    ]


def _unevenness(row: Mapping[str, Any], arm: str) -> float:
    return mean_of(row, arm, "query_gradient") / mean_of(row, arm, "query_gradient_median")
