"""Words in context: pairs read and refused, thresholds chosen, answers counted."""

import numpy as np
import pytest

from manyheads.errors import InputError
from manyheads.experiments.contextual import Usage
from manyheads.experiments.wic import (
    WordInContext,
    better_by_chance,
    choose_threshold,
    compare,
    read_wic,
    score,
    score_rule,
    without_answers,
)

LINES = ["board\tN\t2-2\tRoom and board .\tHe nailed boards .", "Hook\tV\t0-1\tHook it .\tHe hooked a fish ."]


@pytest.fixture
def write(tmp_path):
    def write_them(lines, answers):
        paths = tmp_path / "dev.data.txt", tmp_path / "dev.gold.txt"
        for path, rows in zip(paths, (lines, answers), strict=True):
            path.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8", newline="\n")
        return paths

    return write_them


def pair(first, second, same):
    return WordInContext("hook", Usage((first,), 0), Usage(("a", second), 1), same)


def test_pairs_are_read_with_the_words_that_are_meant(write):
    first, second = read_wic(*write(LINES, "FT"))
    assert (first.lemma, first.first.form, first.second.form, first.same) == (
        "board",
        "board",
        "boards",
        False,
    )
    assert (second.lemma, second.first.form, second.second.form, second.same) == (
        "hook",
        "hook",
        "hooked",
        True,
    )
    assert first.second.words == ("He", "nailed", "boards", ".")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("hook\tV\t0-1\tHook it .", "data.txt, line 3: a line must have 5 columns .* but has 4"),
        ("hook\tV\t0\tHook it .\tHe hooked", "data.txt, line 3: the third column must be two places .*'0'"),
        ("hook\tV\t0-x\tHook it .\tHe hooked", "line 3: the third column must be two places .* but is '0-x'"),
        (
            "hook\tV\t0-2\tHook it .\tHe hooked",
            "line 3: a place must be one of the sentence's 2 words.* is 2",
        ),
    ],
)
def test_a_broken_line_is_told_by_file_and_number(write, line, said):
    with pytest.raises(InputError, match=said):
        read_wic(*write([*LINES, line], "FTF"))


def test_an_answer_that_is_none_is_told(write):
    with pytest.raises(InputError, match=r"gold\.txt, line 2: an answer must be T or F, but is 'yes'"):
        read_wic(*write(LINES, ["F", "yes"]))


def test_answers_must_be_as_many_as_pairs(write):
    with pytest.raises(InputError, match=r"each line of dev\.data\.txt, but there are 3 answers and 2 lines"):
        read_wic(*write(LINES, "FTF"))


@pytest.mark.parametrize(
    ("cosines", "same", "threshold"),
    [
        # All below 0.5 differ, all above mean the same.
        ([0.9, 0.2, 0.6, 0.4], [1, 0, 1, 0], 0.5),
        # Nothing is gained by leaving one out: the lowest cosine itself.
        ([0.3, 0.7], [1, 1], 0.3),
        # None means the same: above all.
        ([0.3, 0.7], [0, 0], 1.7),
        # One cosine for all: the same answer for all, whichever is right more often.
        ([1.0, 1.0, 1.0], [0, 1, 0], 2.0),
        ([1.0, 1.0], [0, 1], 1.0),
        # 0.2 | 0.4 | 0.6: with the lowest below 3 of 4 are right; with two values below, 2.
        ([0.2, 0.4, 0.4, 0.6], [0, 1, 0, 1], 0.3),
    ],
)
def test_the_threshold_leaves_most_answers_right(cosines, same, threshold):
    assert choose_threshold(np.array(cosines), np.array(same, bool)) == pytest.approx(threshold)


def test_the_threshold_comes_from_train_and_the_score_from_dev():
    """Train: 0.2 differs, 0.8 is the same: 0.5. Dev: 0.6 and 0.9 are said to be the same; one of them is."""
    train = [pair("a", "b", False), pair("a", "b", True)]
    dev = [pair("a", "b", True), pair("a", "b", False), pair("a", "b", True)]
    row = score("x", (np.array([0.2, 0.8]), train), (np.array([0.6, 0.9, 0.1]), dev), layer=4)
    assert row == {
        "name": "x",
        "threshold": 0.5,
        "distinct": 3,
        "said_same": 2,
        "train": 1.0,
        "dev": pytest.approx(1 / 3),
        "right": "100",
        "layer": 4,
    }


def test_the_rule_compares_forms_whatever_their_capitals():
    train = [pair("Hook", "hook", True), pair("hook", "hooks", True)]
    dev = [pair("hook", "hook", True), pair("hook", "hooks", False), pair("HOOK", "hook", False)]
    row = score_rule("rule", train, dev)
    assert (row["train"], row["dev"], row["right"], row["threshold"]) == (
        0.5,
        pytest.approx(2 / 3),
        "110",
        None,
    )


def test_a_sign_test_looks_at_what_one_alone_has_right():
    """Five to none: 2 · 0.5⁵ = 0.0625. Where neither has anything to itself, nothing speaks for either."""
    assert better_by_chance(5, 0) == better_by_chance(0, 5) == pytest.approx(0.0625)
    assert better_by_chance(0, 0) == 1.0


def test_two_ways_are_compared_by_the_pairs_that_one_alone_has_right():
    one, other = (
        {"name": name, "dev": 0.5, "right": right} for name, right in (("a", "1110"), ("b", "1001"))
    )
    assert compare(one, other) == {"name": "b", "dev": 0.5, "first": 2, "second": 1, "p": 1.0}


def test_which_pairs_are_right_is_not_handed_on():
    assert without_answers({"name": "a", "dev": 0.5, "right": "10"}) == {"name": "a", "dev": 0.5}
