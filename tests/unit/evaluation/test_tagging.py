"""Entities in tags, and their scores, worked out by hand."""

import json
import re

import pytest

from manyheads.errors import InputError
from manyheads.evaluation.by_class import ClassScore
from manyheads.evaluation.tagging import Entity, find_entities, score_tags


@pytest.mark.parametrize(
    ("tags", "entities"),
    [
        ("", []),
        ("O O", []),
        ("B-per I-per O", [("per", 0, 1)]),
        ("B-per B-per", [("per", 0, 0), ("per", 1, 1)]),
        ("I-per I-per", [("per", 0, 1)]),
        ("O I-per", [("per", 1, 1)]),
        ("B-per I-loc I-loc", [("per", 0, 0), ("loc", 1, 2)]),
        ("B-per O I-per", [("per", 0, 0), ("per", 2, 2)]),
        ("B-creative-work I-creative-work", [("creative-work", 0, 1)]),
    ],
)
def test_where_entities_begin_and_end(tags, entities):
    assert find_entities(tags.split()) == [Entity(*entity) for entity in entities]


def test_an_entity_counts_only_with_its_words_and_its_type():
    """Of three persons one is right, one is a word short and one is taken for a place; the place is right.

    per: said 2, true 3, right 1; loc: said 2, true 1, right 1; together: said 4, true 4, right 2.
    Of the seven tags the fourth and the fifth are wrong.
    """
    truth = [["B-per", "O"], ["B-per", "I-per"], ["B-per", "O", "B-loc"]]
    said = [["B-per", "O"], ["B-per", "O"], ["B-loc", "O", "B-loc"]]
    scores = score_tags(said, truth)
    assert scores.types == (
        ClassScore("loc", 1 / 2, 1.0, 2 / 3, 1),
        ClassScore("per", 1 / 2, 1 / 3, 2 / 5, 3),
    )
    assert scores.micro == ClassScore("all", 1 / 2, 1 / 2, 1 / 2, 4)
    assert scores.macro_f1 == pytest.approx((2 / 3 + 2 / 5) / 2)
    assert scores.tag_accuracy == 5 / 7
    assert scores.lines() == [
        "entity F1   50.00",
        "macro F1    53.33",
        "tags right  71.43",
        "",
        "entity  precision  recall      F1   count",
        "loc         50.00  100.00   66.67       1",
        "per         50.00   33.33   40.00       3",
        "all         50.00   50.00   50.00       4",
    ]
    assert json.loads(json.dumps(scores.as_dict()))["types"][1]["support"] == 3


def test_the_same_words_in_another_sentence_are_another_entity():
    scores = score_tags([["B-per"], ["O"]], [["O"], ["B-per"]])
    assert (scores.micro.f1, scores.tag_accuracy) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("said", "truth", "message"),
    [
        ([["O"]], [["O"], ["O"]], "predicted tags for each sentence: 1 sentences were tagged of 2"),
        ([["O"], ["O"]], [["O"], ["O", "O"]], "sentence 2 has 1 predicted tags for 2 words"),
        ([[]], [[]], "there must be at least one tag to score, but 1 sentences have none"),
        ([["S-per"]], [["O"]], "a tag must be O, B-type or I-type (IOB2), but is 'S-per'"),
        ([["O"]], [["B-"]], "a tag must be O, B-type or I-type (IOB2), but is 'B-'"),
    ],
)
def test_what_cannot_be_counted_is_refused(said, truth, message):
    with pytest.raises(InputError, match=f"{re.escape(message)}$"):
        score_tags(said, truth)
