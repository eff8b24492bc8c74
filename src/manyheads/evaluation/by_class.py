"""Precision, recall and F1 of one class, and a table of several: what labels and entities have in common."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ClassScore:
    """How well one class is told, every figure from 0 to 1.

    Attributes:
        name: The class, or what stands for several of them.
        precision: Of those that the model said, how many are right; 0 where it said none.
        recall: Of those that there are, how many the model found; 0 where there are none.
        f1: Their harmonic mean; 0 where both are.
        support: How many there are.
    """

    name: str
    precision: float
    recall: float
    f1: float
    support: int


def class_score(name: str, *, right: int, said: int, true: int) -> ClassScore:
    """Work out precision, recall and F1 from counts.

    Args:
        name: What is counted.
        right: How many were both said and true.
        said: How many the model said.
        true: How many there are.

    Returns:
        The scores.

    Example:
        >>> class_score("dog", right=2, said=4, true=3)
        ClassScore(name='dog', precision=0.5, recall=0.6666666666666666, f1=0.5714285714285714, support=3)
    """
    return ClassScore(name, _share(right, said), _share(right, true), _share(2 * right, said + true), true)


def mean_f1(scores: Sequence[ClassScore]) -> float:
    """Average F1 with equal weight for each class, however rare it is (macro F1).

    Args:
        scores: Of the classes.

    Returns:
        The mean; 0 where there is no class.
    """
    return sum(score.f1 for score in scores) / len(scores) if scores else 0.0


def table(scores: Sequence[ClassScore], what: str) -> list[str]:
    """Lay scores out for people, a class a line, in percent.

    Args:
        scores: Of the classes.
        what: What stands over the names, such as `label`.

    Returns:
        The lines, their columns below each other.
    """
    width = max(len(what), *(len(score.name) for score in scores)) if scores else len(what)
    head = f"{what:<{width}}  precision  recall      F1   count"
    return [head, *(_row(score, width) for score in scores)]


def _row(score: ClassScore, width: int) -> str:
    percent = f"{100 * score.precision:9.2f}  {100 * score.recall:6.2f}  {100 * score.f1:6.2f}"
    return f"{score.name:<{width}}  {percent}  {score.support:6,}"


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
