"""`manyheads fill-mask`: words below their text."""

import json

import pytest

from manyheads.inference.fill_mask import MaskFiller


@pytest.fixture
def filler(make_folder):
    return MaskFiller(make_folder("masked", max_tokens=10))


@pytest.fixture
def fill(run):
    return lambda *words, **more: run("fill-mask", "--model", "toy", *words, **more)


def test_candidates_stand_below_their_text_aligned(fill, filler):
    ran = fill("a [MASK] runs", "--top-k", "3")
    (mask,) = filler.fill(["a [MASK] runs"], top_k=3)[0].masks
    width = max(len(guess.token) for guess in mask)
    assert ran.lines == [
        "a [MASK] runs",
        *(f"  {guess.probability:6.1%}  {guess.token:<{width}}  {guess.text}" for guess in mask),
    ]
    assert ran.lines[1][7] == "%"


def test_several_masks_are_numbered(fill, filler):
    lines = fill("a [MASK] [MASK]", "--top-k", "2").lines
    assert [line for line in lines if line.startswith("  mask")] == ["  mask 1", "  mask 2"]
    assert len(lines) == 1 + 2 * 3


def test_json_has_every_candidate(fill, filler, tmp_path):
    (tmp_path / "in.jsonl").write_text('{"n": 7, "t": "a [MASK]"}\n', encoding="utf-8")
    found = json.loads(fill("--input", "in.jsonl", "--column", "t", "--id", "n", "--json").out)
    assert (found["id"], found["text"], found["truncated"]) == ("7", "a [MASK]", False)
    (mask,) = filler.fill(["a [MASK]"])[0].masks
    assert [guess["token"] for guess in found["masks"][0]] == [guess.token for guess in mask]
    assert list(found["masks"][0][0]) == ["token", "text", "probability"]
    assert len(found["masks"][0]) == 5


def test_a_text_without_a_mask_is_refused_by_its_line(fill, filler, tmp_path):
    (tmp_path / "in.txt").write_text("a [MASK]\na <mask>\n", encoding="utf-8")
    ran = fill("--input", "in.txt")
    assert (ran.code, ran.err) == (
        2,
        "manyheads: error: a text must hold the mask, which is [MASK] for this model, but line 2 of in.txt "
        "does not; write that for <mask>\n",
    )


def test_a_text_that_was_cut_is_told_of(fill, filler):
    ran = fill("a [MASK] sees a man in the park")
    assert (ran.code, ran.err) == (0, "")
    ran = fill("a [MASK] sees a man in the park !")
    assert ran.err.startswith("manyheads: warning: 1 text was cut to the 10 tokens")
    assert fill("a [MASK] sees a man in the park !", "--long", "error").code == 2
