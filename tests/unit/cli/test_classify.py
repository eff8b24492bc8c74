"""`manyheads classify`: a line a text or pair."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from manyheads.checkpoint.parameters import parameters_of
from manyheads.checkpoint.store import load_model, save_model
from manyheads.inference.classify import Classifier

TEXTS = ["a dog runs", "one man", "two men"]


@pytest.fixture
def classify(run):
    return lambda *words, **more: run("classify", "--model", "toy", *words, **more)


def test_labels_stand_before_their_texts_aligned(classify, make_folder):
    """The longest label is `perhaps`, seven letters."""
    classifier = Classifier(make_folder("classification"))
    lines = classify(*TEXTS).lines
    for line, found, text in zip(lines, classifier.classify(TEXTS), TEXTS, strict=True):
        assert line == f"{found.label:<7} {found.probabilities[found.label]:6.1%}  {text}"


def test_pairs_come_by_option_or_tab_and_are_shown(classify, make_folder, tmp_path):
    classifier = Classifier(make_folder("classification"))
    (found,) = classifier.classify(["a dog"], ["one man"])
    (tmp_path / "in.txt").write_text("a dog\tone man\n", encoding="utf-8")
    ran = classify("a dog", "--pair", "one man")
    assert ran == classify("--input", "in.txt")
    assert ran.lines == [f"{found.label:<7} {found.probabilities[found.label]:6.1%}  a dog  |  one man"]


def test_json_has_all_probabilities(classify, make_folder):
    classifier = Classifier(make_folder("classification"))
    found = json.loads(classify("a dog", "--json").out)
    assert list(found) == ["text", "label", "labels", "probabilities", "truncated"]
    assert found["probabilities"] == pytest.approx(dict(classifier.classify(["a dog"])[0].probabilities))


@pytest.mark.parametrize(
    ("bias", "shown"), [(5.0, "no       99.3%, perhaps  99.3%, yes      99.3%"), (-5.0, "-")]
)
def test_several_labels_stand_side_by_side_or_none(classify, make_folder, bias, shown):
    """sigmoid(5) = 0.9933, three times; `-` where none is over a half."""
    runner = make_folder("classification", several_labels=True)
    runner.model.head.output.weight.data.zero_()
    runner.model.head.output.bias.data.fill_(bias)
    save_model(Path("toy"), replace(load_model(Path("toy")), weights=parameters_of(runner.model)))
    assert classify("a dog").lines == [f"{shown:<14}  a dog"]


def test_a_regression_shows_its_number(classify, make_folder):
    classifier = Classifier(make_folder("regression"))
    number = classifier.classify(["a dog"])[0].number
    assert classify("a dog").lines == [f"{number:8.4f}  a dog"]
    assert json.loads(classify("a dog", "--json").out) == {
        "text": "a dog",
        "number": pytest.approx(number),
        "truncated": False,
    }


def test_half_a_pair_and_a_cut_text_are_told_of(classify, make_folder):
    make_folder("classification", max_tokens=7)
    ran = classify("a dog", "--pair", " ")
    assert (ran.code, ran.err) == (
        2,
        "manyheads: error: a pair must have both texts, but text 1 of the command line lacks the "
        "second one\n",
    )
    assert "1 text was cut to the 7 tokens" in classify("the dog sees a man in the park").err
    assert (
        "a pair may have at most 7"
        in classify("two men walk", "--pair", "one man walk", "--long", "error").err
    )
    assert "a pair cannot be split" in classify("two men", "--pair", "one man", "--long", "split").err
