"""`manyheads tag`: entities, or words, below their text."""

import json
from dataclasses import asdict

import pytest

from manyheads.inference.tag import Tagger

TEXTS = ["a dog runs in the park", "one man", "two men walk"]


@pytest.fixture
def tag(run):
    return lambda *words, **more: run("tag", "--model", "toy", *words, **more)


def below(text, found):
    shown = [(each.label, each.text, f"{each.start}-{each.end}") for each in found]
    a, b, c = (
        [max(map(len, column), default=0) for column in zip(*shown, strict=True)] if shown else (0, 0, 0)
    )
    return [
        text,
        *(
            f"  {label:<{a}}  {word:<{b}}  {place:<{c}}  {each.probability:6.1%}"
            for (label, word, place), each in zip(shown, found, strict=True)
        ),
    ]


def test_entities_stand_below_their_texts_with_their_places(tag, make_folder):
    found = Tagger(make_folder("tagging")).tag(TEXTS)
    assert tag(*TEXTS).lines == [line for each in found for line in below(each.text, each.entities)]
    assert any(each.entities for each in found)


def test_labels_of_another_kind_stand_below_word_by_word(tag, make_folder):
    found = Tagger(make_folder("tagging", labels=("NOUN", "VERB"))).tag(TEXTS[:1])[0]
    assert tag(TEXTS[0]).lines == below(TEXTS[0], found.words)


def test_json_has_words_and_entities(tag, make_folder):
    found = Tagger(make_folder("tagging")).tag(TEXTS[:1])[0]
    said = json.loads(tag(TEXTS[0], "--json").out)
    assert list(said) == ["text", "words", "entities", "truncated"]
    assert said["words"] == [pytest.approx(asdict(word)) for word in found.words]
    assert said["entities"] == [pytest.approx(asdict(entity)) for entity in found.entities]


def test_ids_are_kept_and_cut_texts_told_of(tag, make_folder, tmp_path):
    make_folder("tagging", max_tokens=7)
    (tmp_path / "in.tsv").write_text("7\tone man\n9\tthe dog sees a man in the park\n", encoding="utf-8")
    ran = tag("--input", "in.tsv", "--column", "1", "--id", "0")
    assert [line for line in ran.lines if not line.startswith("  ")] == [
        "7\tone man",
        "9\tthe dog sees a man in the park",
    ]
    assert ran.err.endswith("1 text was cut to the 7 tokens that the model takes, in line 2 of in.tsv\n")
    assert tag("--input", "in.tsv", "--column", "1", "--long", "error").code == 2
