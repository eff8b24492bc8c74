"""Precision, recall and F1 from three counts."""

import pytest

from manyheads.evaluation.by_class import ClassScore, class_score, mean_f1, table


def test_precision_and_recall_by_hand():
    """3 of the 4 said are right, and 3 of the 6 there are found: F1 = 2 * 3 / (4 + 6)."""
    assert class_score("a", right=3, said=4, true=6) == ClassScore("a", 0.75, 0.5, 0.6, 6)


def test_what_is_never_said_or_never_there_scores_zero():
    assert class_score("a", right=0, said=0, true=2) == ClassScore("a", 0.0, 0.0, 0.0, 2)
    assert class_score("a", right=0, said=3, true=0) == ClassScore("a", 0.0, 0.0, 0.0, 0)
    assert mean_f1([]) == 0.0


def test_a_rare_class_counts_as_much_in_the_mean():
    scores = [class_score("a", right=99, said=99, true=99), class_score("b", right=0, said=0, true=1)]
    assert mean_f1(scores) == pytest.approx(0.5)


def test_the_table_has_its_columns_below_each_other():
    assert table([class_score("positive", right=3, said=4, true=6)], "label") == [
        "label     precision  recall      F1   count",
        "positive      75.00   50.00   60.00       6",
    ]
