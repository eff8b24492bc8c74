"""Scores of labels, worked out by hand."""

import json
import re

import pytest

from manyheads.errors import InputError
from manyheads.evaluation.by_class import ClassScore
from manyheads.evaluation.classification import score_label_sets, score_labels

TRUTH = ["good", "good", "good", "bad", "bad", "so-so"]
SAID = ["good", "good", "bad", "bad", "good", "bad"]
LABELS = ["bad", "good", "so-so", "unused"]


@pytest.fixture(scope="module")
def scores():
    """Score six texts with three true labels, of which the model says two.

    bad: said 3, true 2, right 1; good: said 3, true 3, right 2; so-so: said 0, true 1.
    """
    return score_labels(SAID, TRUTH, LABELS)


def test_each_class_by_hand(scores):
    assert scores.accuracy == 3 / 6
    assert scores.classes == (
        ClassScore("bad", 1 / 3, 1 / 2, 2 / 5, 2),
        ClassScore("good", 2 / 3, 2 / 3, 4 / 6, 3),
        ClassScore("so-so", 0.0, 0.0, 0.0, 1),
    )


def test_macro_f1_leaves_out_a_class_that_is_nowhere(scores):
    assert scores.macro_f1 == pytest.approx((2 / 5 + 4 / 6 + 0) / 3)


def test_rows_of_the_confusions_are_true_and_columns_said(scores):
    assert scores.confusion == ((1, 1, 0, 0), (1, 2, 0, 0), (1, 0, 0, 0), (0, 0, 0, 0))


def test_people_read_percent_and_a_matrix(scores):
    assert scores.lines() == [
        "accuracy  50.00",
        "macro F1  35.56",
        "",
        "label  precision  recall      F1   count",
        "bad        33.33   50.00   40.00       2",
        "good       66.67   66.67   66.67       3",
        "so-so       0.00    0.00    0.00       1",
        "",
        r"true \ said  bad  good  so-so  unused",
        "bad            1     1      0       0",
        "good           1     2      0       0",
        "so-so          1     0      0       0",
        "unused         0     0      0       0",
    ]


def test_a_long_label_is_cut_over_its_column_only():
    lines = score_labels(["a-very-long-label", "b"], ["b", "b"], ["b", "a-very-long-label"]).lines()
    assert lines[-3:] == [
        r"true \ said        b  a-very-long…",
        "b                  1             1",
        "a-very-long-label  0             0",
    ]


def test_everything_fits_into_json(scores):
    fields = json.loads(json.dumps(scores.as_dict()))
    assert list(fields) == ["accuracy", "macro_f1", "classes", "confusion"]
    assert fields["classes"][0]["name"] == "bad"
    assert fields["confusion"] == {"labels": LABELS, "counts": [list(row) for row in scores.confusion]}


def test_several_labels_by_hand():
    """joy: said 2, true 1, right 1; fear: said 1, true 2, right 1; one text of three is right as a whole."""
    scores = score_label_sets(
        [["joy", "fear"], ["joy"], []], [["fear", "joy"], [], ["fear"]], ["joy", "fear", "awe"]
    )
    assert scores.exact == 1 / 3
    assert scores.classes == (
        ClassScore("joy", 1 / 2, 1.0, 2 / 3, 1),
        ClassScore("fear", 1.0, 1 / 2, 2 / 3, 2),
    )
    assert scores.micro == ClassScore("all", 2 / 3, 2 / 3, 2 / 3, 3)
    assert scores.macro_f1 == pytest.approx(2 / 3)
    assert scores.lines() == [
        "micro F1   66.67",
        "macro F1   66.67",
        "all right  33.33",
        "",
        "label  precision  recall      F1   count",
        "joy        50.00  100.00   66.67       1",
        "fear      100.00   50.00   66.67       2",
        "all        66.67   66.67   66.67       3",
    ]
    assert json.loads(json.dumps(scores.as_dict()))["micro"]["support"] == 3


@pytest.mark.parametrize("score", [score_labels, score_label_sets])
def test_as_many_predictions_as_labels_are_needed(score):
    with pytest.raises(InputError, match=r"and at least one: 1 predictions and 2 labels were given$"):
        score(["a"], ["a", "a"], ["a"])
    with pytest.raises(InputError, match=r"and at least one: 0 predictions and 0 labels were given$"):
        score([], [], ["a"])


def test_an_unknown_label_is_named():
    message = "a label must be one of 'good', 'bad', but is 'goood'; did you mean 'good'?"
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        score_labels(["goood"], ["bad"], ["good", "bad"])
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        score_label_sets([["bad"]], [["bad", "goood"]], ["good", "bad"])
