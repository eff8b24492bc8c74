"""Does a word mean the same in two sentences? Read pairs of them, and answer by a threshold.

Reference:
    Pilehvar and Camacho-Collados 2019, "WiC: the Word-in-Context Dataset", sections 2 and 3.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float64

from manyheads.errors import InputError
from manyheads.experiments.contextual import Usage
from manyheads.text.lines import read_lines

_COLUMNS = 5
_ANSWERS = {"T": True, "F": False}
Row = dict[str, Any]
"""How one way of answering did, as JSON can hold it."""


@dataclass(frozen=True, slots=True)
class WordInContext:
    """A word in two sentences.

    Attributes:
        lemma: Its form in a dictionary, in lower case.
        first: The word in one sentence.
        second: The word in the other.
        same: Whether it means the same in both.
    """

    lemma: str
    first: Usage
    second: Usage
    same: bool

    @property
    def same_form(self) -> bool:
        """Whether the word is written the same way in both, whatever its capitals."""
        return self.first.form == self.second.form


def read_wic(data: Path, gold: Path) -> list[WordInContext]:
    """Read pairs of sentences and their answers.

    Args:
        data: Lemma, part of speech, the words' places as `2-5`, and two tokenised sentences, with tabs
            between them.
        gold: `T` or `F`, a line for each line of the data.

    Returns:
        The pairs in their order.

    Raises:
        InputError: A line has other columns or names a word that its sentence does not have, or the files
            are of different length.
    """
    lines, answers = _all_lines(data), _all_lines(gold)
    if len(lines) != len(answers):
        raise InputError(
            f"{gold} must have an answer for each line of {data.name}, but there are {len(answers):,} "
            f"answers and {len(lines):,} lines"
        )
    return [
        _parse(line, _answer(answer, f"{gold}, line {number}"), f"{data}, line {number}")
        for number, (line, answer) in enumerate(zip(lines, answers, strict=True), 1)
    ]


def _all_lines(path: Path) -> list[str]:
    return [line for _, lines in read_lines(path) for line in lines]


def _answer(line: str, place: str) -> bool:
    if line.strip() not in _ANSWERS:
        raise InputError(f"{place}: an answer must be T or F, but is '{line.strip()}'")
    return _ANSWERS[line.strip()]


def _parse(line: str, same: bool, place: str) -> WordInContext:
    columns = line.split("\t")
    if len(columns) != _COLUMNS:
        raise InputError(
            f"{place}: a line must have {_COLUMNS} columns with tabs between them, lemma, part of speech, "
            f"places and two sentences, but has {len(columns)}"
        )
    lemma, _, places, *sentences = columns
    numbers = places.split("-")
    if len(numbers) != 2 or not all(number.isdecimal() for number in numbers):
        raise InputError(f"{place}: the third column must be two places such as 2-5, but is '{places}'")
    first, second = (
        _usage(sentence, int(number), place) for sentence, number in zip(sentences, numbers, strict=True)
    )
    return WordInContext(lemma.lower(), first, second, same)


def _usage(sentence: str, place: int, where: str) -> Usage:
    words = tuple(sentence.split())
    if place >= len(words):
        raise InputError(
            f"{where}: a place must be one of the sentence's {len(words)} words, from 0, but is {place}"
        )
    return Usage(words, place)


def choose_threshold(cosines: Float64[np.ndarray, " pairs"], same: Bool[np.ndarray, " pairs"]) -> float:
    """Choose from which cosine on two uses are said to mean the same, so that most answers are right.

    Tried are the middles between neighbouring cosines, the lowest cosine, and one above all of them. Of
    equally good ones the lowest is taken.

    Args:
        cosines: Of the pairs to choose on.
        same: Their answers.

    Returns:
        The threshold.

    Example:
        >>> choose_threshold(np.array([0.2, 0.6, 0.8]), np.array([False, True, True]))
        0.4
    """
    values, place = np.unique(cosines, return_inverse=True)
    middles = (values[:-1] + values[1:]) / 2
    thresholds = np.concatenate([values[:1], middles, values[-1:] + 1])
    # With the k lowest values below it, right are the different pairs among these and the same ones above.
    gained = np.bincount(place, weights=np.where(same, -1.0, 1.0), minlength=len(values))
    right = same.sum() + np.concatenate([[0.0], gained.cumsum()])
    return float(thresholds[right.argmax()])


def score(
    name: str,
    train: tuple[Float64[np.ndarray, " pairs"], Sequence[WordInContext]],
    dev: tuple[Float64[np.ndarray, " others"], Sequence[WordInContext]],
    **further: Any,  # noqa: ANN401 - what JSON can hold
) -> Row:
    """Answer pairs by a threshold that was chosen on others.

    Args:
        name: What the cosines are of.
        train: Cosines and the pairs that they are of: the threshold is chosen on these.
        dev: Those that are answered and counted.
        **further: What else the row says.

    Returns:
        The `threshold`, the share of right answers on `train` and `dev`, how many `distinct` cosines and how
        many `said_same` there are on dev, and `right`: 1 or 0 for each of its pairs.
    """
    threshold = choose_threshold(train[0], truth(train[1]))
    tried, said = (train[0] >= threshold) == truth(train[1]), dev[0] >= threshold
    return {
        "name": name,
        "threshold": threshold,
        "distinct": len(np.unique(dev[0])),
        "said_same": int(said.sum()),
        **_rates(tried, said == truth(dev[1])),
        **further,
    }


def score_rule(name: str, train: Sequence[WordInContext], dev: Sequence[WordInContext]) -> Row:
    """Answer by the rule that a word means the same where it is written the same way; nothing is chosen.

    Args:
        name: What the rule is called.
        train: Pairs.
        dev: Other pairs.

    Returns:
        As `score` gives it.
    """
    tried, said = (np.array([pair.same_form for pair in pairs]) for pairs in (train, dev))
    counted = {"threshold": None, "distinct": len(np.unique(said)), "said_same": int(said.sum())}
    return {"name": name, **counted, **_rates(tried == truth(train), said == truth(dev))}


def truth(pairs: Sequence[WordInContext]) -> Bool[np.ndarray, " pairs"]:
    """List the answers of pairs."""
    return np.array([pair.same for pair in pairs], bool)


def _rates(tried: Bool[np.ndarray, " pairs"], right: Bool[np.ndarray, " others"]) -> Row:
    return {
        "train": float(tried.mean()),
        "dev": float(right.mean()),
        "right": "".join("1" if each else "0" for each in right),
    }


def better_by_chance(first: int, second: int) -> float:
    """Say how likely so uneven a count would be if neither way of answering were better: the exact sign test.

    Args:
        first: How many pairs one way alone has right.
        second: How many the other alone.

    Returns:
        The p-value; 1 where there is none.
    """
    # A second to import.
    from scipy.stats import binomtest

    return float(binomtest(first, first + second).pvalue) if first + second else 1.0


def compare(row: Row, other: Row) -> Row:
    """Count the pairs that one of two ways of answering alone has right.

    Args:
        row: What `score` gives of one.
        other: What it gives of the other, on the same pairs.

    Returns:
        The other's `name` and its share of right answers, `dev`; `first` and `second`, the counts; and `p`
        as `better_by_chance` gives it.
    """
    sides = list(zip(row["right"], other["right"], strict=True))
    first, second = sum(a > b for a, b in sides), sum(a < b for a, b in sides)
    return {
        "name": other["name"],
        "dev": other["dev"],
        "first": first,
        "second": second,
        "p": better_by_chance(first, second),
    }


def without_answers(row: Row) -> Row:
    """Leave out which pairs are right: with what was said of them they are the answers, not ours to print.

    Args:
        row: What `score` gives.

    Returns:
        The row, without `right`.
    """
    return {key: value for key, value in row.items() if key != "right"}
