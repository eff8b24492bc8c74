"""`manyheads similarity`: a number a pair."""

import json

import pytest

from manyheads.inference.embed import Encoder


@pytest.fixture
def encoder(make_folder):
    return Encoder(make_folder(max_tokens=7))


@pytest.fixture
def similarity(run):
    return lambda *words, **more: run("similarity", "--model", "toy", *words, **more)


PAIRS = [("a dog", "one man"), ("one man", "one man"), ("two men", "the park"), ("a", "the dog")]


@pytest.mark.usefixtures("three_at_once")
def test_pairs_of_a_file_and_of_the_command_line_get_the_same_numbers(similarity, encoder, tmp_path):
    expected = [f"{number:.4f}" for number in encoder.similarity(*map(list, zip(*PAIRS, strict=True)))]
    lines = "".join(f"{one}\t{two}\n" for one, two in PAIRS)
    (tmp_path / "in.tsv").write_text(lines, encoding="utf-8")
    assert similarity("--input", "in.tsv").lines == similarity(stdin=lines.encode()).lines == expected
    words = [word for one, two in PAIRS for word in (one, "--pair", two)]
    assert similarity(*words).lines == expected
    assert expected[1] == "1.0000"


def test_json_has_both_texts_and_the_id(similarity, encoder, tmp_path):
    (tmp_path / "in.csv").write_text("n,s,t\n7,a dog,one man\n", encoding="utf-8")
    ran = similarity("--input", "in.csv", "--column", "s", "--pair", "t", "--id", "n", "--json")
    found = json.loads(ran.out)
    assert found.pop("similarity") == pytest.approx(encoder.similarity(["a dog"], ["one man"])[0])
    assert found == {"id": "7", "text": "a dog", "pair": "one man"}


def test_a_pair_of_which_a_text_was_cut_is_told_of(similarity, encoder):
    ran = similarity("a", "--pair", "the dog sees a man in the park")
    assert ran.err == (
        "manyheads: warning: 1 text was cut to the 7 tokens that the model takes, "
        "in text 1 of the command line\n"
    )
    refused = similarity("a", "--pair", "the dog sees a man in the park", "--long", "error")
    assert "but text 1 of the command line has 10" in refused.err


def test_half_a_pair_is_refused(similarity, encoder):
    ran = similarity("a", stdin=b"")
    assert (ran.code, ran.err) == (
        2,
        "manyheads: error: a pair must have both texts, with one TAB between them, but text 1 of the command "
        "line has no TAB\n",
    )


def test_whoever_types_half_a_pair_may_try_again(similarity, encoder):
    ran = similarity(stdin=b"one man\tone man\na dog\ntwo men\ttwo men\n", typed=True)
    assert (ran.code, ran.lines) == (0, ["1.0000", "1.0000"])
    assert "line 2 of standard input has no TAB" in ran.err
