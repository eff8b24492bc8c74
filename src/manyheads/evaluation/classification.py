"""Accuracy, F1 and confusions of labels: one label a text, or several."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any

from manyheads.errors import InputError, suggest
from manyheads.evaluation.by_class import ClassScore, class_score, mean_f1, table

_SHOWN = 12  # characters of a label over a column of the confusion matrix


@dataclass(frozen=True, slots=True)
class LabelScores:
    """How well one label a text is told, every figure from 0 to 1.

    Attributes:
        accuracy: The share of texts whose label is right.
        macro_f1: F1, averaged over the classes.
        classes: Of each class that is true or said somewhere, in the order of the labels.
        labels: The names of the confusion matrix's rows and columns.
        confusion: How many texts of the row's label were given the column's.
    """

    accuracy: float
    macro_f1: float
    classes: tuple[ClassScore, ...]
    labels: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]

    def lines(self) -> list[str]:
        """Lay everything out for people: accuracy and macro F1 in percent, each class, the confusions."""
        summary = [f"accuracy  {100 * self.accuracy:.2f}", f"macro F1  {100 * self.macro_f1:.2f}"]
        return [*summary, "", *table(self.classes, "label"), "", *self._confusions()]

    def as_dict(self) -> dict[str, Any]:
        """Give everything as plain values, ready for JSON."""
        return {
            "accuracy": self.accuracy,
            "macro_f1": self.macro_f1,
            "classes": [asdict(score) for score in self.classes],
            "confusion": {"labels": list(self.labels), "counts": [list(row) for row in self.confusion]},
        }

    def _confusions(self) -> list[str]:
        """Draw the matrix; of long labels only the beginning stands over the columns."""
        heads = [_shortened(label) for label in self.labels]
        cells = [[f"{count:,}" for count in row] for row in self.confusion]
        widths = [
            max(map(len, (head, *column)))
            for head, column in zip(heads, zip(*cells, strict=True), strict=True)
        ]
        title = "true \\ said"
        first = max(len(title), *map(len, self.labels))
        rows = [(title, heads), *zip(self.labels, cells, strict=True)]
        return [
            "  ".join([f"{name:<{first}}", *(f"{c:>{w}}" for c, w in zip(row, widths, strict=True))])
            for name, row in rows
        ]


@dataclass(frozen=True, slots=True)
class SeveralLabelScores:
    """How well any number of labels a text is told, every figure from 0 to 1.

    Attributes:
        exact: The share of texts all of whose labels are right.
        micro: Over all labels of all texts together.
        macro_f1: F1, averaged over the classes.
        classes: Of each class that is true or said somewhere, in the order of the labels.
    """

    exact: float
    micro: ClassScore
    macro_f1: float
    classes: tuple[ClassScore, ...]

    def lines(self) -> list[str]:
        """Lay everything out for people, in percent."""
        summary = [("micro F1", self.micro.f1), ("macro F1", self.macro_f1), ("all right", self.exact)]
        named = [f"{name:<9}  {100 * value:.2f}" for name, value in summary]
        return [*named, "", *table([*self.classes, self.micro], "label")]

    def as_dict(self) -> dict[str, Any]:
        """Give everything as plain values, ready for JSON."""
        return asdict(self) | {"classes": [asdict(score) for score in self.classes]}


def score_labels(predicted: Sequence[str], truth: Sequence[str], labels: Sequence[str]) -> LabelScores:
    """Score one label a text.

    As in scikit-learn's default, a class that is neither true nor said anywhere has no part in macro F1.
    Unequal counts, no text at all and a label that is not among `labels` are an `InputError`.

    Args:
        predicted: What the model said.
        truth: What is right, in the same order.
        labels: All labels, in the order in which they are shown.

    Returns:
        The scores.
    """
    _check_counts(len(predicted), len(truth))
    _check_labels((*predicted, *truth), labels)
    counts = Counter(zip(truth, predicted, strict=True))
    confusion = tuple(tuple(counts[true, said] for said in labels) for true in labels)
    right = [counts[label, label] for label in labels]
    said, true = [sum(column) for column in zip(*confusion, strict=True)], [sum(row) for row in confusion]
    classes = _class_scores(labels, right, said, true)
    return LabelScores(sum(right) / len(truth), mean_f1(classes), classes, tuple(labels), confusion)


def score_label_sets(
    predicted: Sequence[Collection[str]], truth: Sequence[Collection[str]], labels: Sequence[str]
) -> SeveralLabelScores:
    """Score any number of labels a text; mistakes are the same as for `score_labels`.

    Args:
        predicted: What the model said of each text.
        truth: What is right, in the same order.
        labels: All labels, in the order in which they are shown.

    Returns:
        The scores.
    """
    _check_counts(len(predicted), len(truth))
    for sets in (predicted, truth):
        _check_labels(chain.from_iterable(sets), labels)
    both = [(set(said), set(true)) for said, true in zip(predicted, truth, strict=True)]
    right = [sum(label in said & true for said, true in both) for label in labels]
    said = [sum(label in said for said, _ in both) for label in labels]
    true = [sum(label in true for _, true in both) for label in labels]
    classes = _class_scores(labels, right, said, true)
    micro = class_score("all", right=sum(right), said=sum(said), true=sum(true))
    exact = sum(said == true for said, true in both) / len(both)
    return SeveralLabelScores(exact, micro, mean_f1(classes), classes)


def _class_scores(
    labels: Sequence[str], right: Sequence[int], said: Sequence[int], true: Sequence[int]
) -> tuple[ClassScore, ...]:
    counts = zip(labels, right, said, true, strict=True)
    return tuple(class_score(name, right=r, said=s, true=t) for name, r, s, t in counts if s or t)


def _check_counts(predicted: int, truth: int) -> None:
    if predicted != truth or not truth:
        raise InputError(
            "there must be one prediction for each label, and at least one: "
            f"{predicted:,} predictions and {truth:,} labels were given"
        )


def _check_labels(given: Iterable[str], labels: Sequence[str]) -> None:
    for label in dict.fromkeys(given):
        if label not in labels:
            known = ", ".join(f"'{name}'" for name in labels)
            raise InputError(f"a label must be one of {known}, but is '{label}'{suggest(label, labels)}")


def _shortened(label: str) -> str:
    return label if len(label) <= _SHOWN else f"{label[: _SHOWN - 1]}…"
