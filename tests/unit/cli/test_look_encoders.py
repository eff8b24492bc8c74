"""`manyheads look` at encoders, at a word in several sentences, and at arrays."""

import json

import numpy as np
import pytest

from manyheads.inference.embed import Encoder
from manyheads.views.maps import load_npz
from manyheads.views.of_text import TextReading

TEXT = "a dog runs"


@pytest.fixture
def runner(make_folder):
    return make_folder()


@pytest.fixture
def look(run, runner, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *words: run("look", "--model", "toy", *words)


def test_an_encoder_shows_its_last_layer_s_mean(look):
    ran = look(TEXT)
    assert (ran.code, ran.err) == (0, "")
    assert ran.lines[0].split() == ["text", "a", "dog", "runs"]
    assert "encoder attention, layer 1, mean of 3 heads" in ran.lines


def test_json_holds_the_weights_of_a_head(look, runner):
    fields = json.loads(look(TEXT, "--json", "--layer", "0", "--head", "2").out)
    weights = TextReading(Encoder(runner), TEXT, name="toy").maps.kinds["encoder"].weights[0, 2]
    assert list(fields) == ["text", "kind", "layer", "head", "rows", "columns", "weights"]
    assert fields["rows"] == ["[CLS]", "a", "dog", "runs", "[SEP]"]
    np.testing.assert_allclose(fields["weights"], weights, atol=1e-6)


def test_a_pair_is_looked_at(look):
    fields = json.loads(look("a dog", "--pair", "one man", "--json").out)
    assert fields["columns"] == ["[CLS]", "a", "dog", "[SEP]", "one", "man", "[SEP]"]


@pytest.mark.parametrize("suffix", ["html", "json", "npz", "svg"])
def test_every_kind_of_file_is_written(look, tmp_path, suffix):
    ran = look(TEXT, "--layer", "1", "--head", "0", "--output", f"map.{suffix}")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    if suffix == "html":
        page = (tmp_path / "map.html").read_text(encoding="utf-8")
        assert '"calculations": [{"kind": "encoder", "layer": 1, "head": 0' in page
    if suffix == "npz":
        assert load_npz(tmp_path / "map.npz").kinds["encoder"].weights.shape == (2, 3, 5, 5)


def test_a_word_is_compared_in_the_terminal_in_json_and_on_a_page(look, tmp_path):
    words = [TEXT, "--word", "dog", "--beside", "the dog sees a man"]
    ran = look(*words)
    assert "'dog' in 2 sentences: cosine between its vectors" in ran.lines
    assert "fixed vector   1.00" in [line.rstrip() for line in ran.lines]
    assert json.loads(look(*words, "--json").out)["meaning"]["word"] == "dog"
    assert look(*words, "--output", "map.html").code == 0
    assert '"view": "meaning"' in (tmp_path / "map.html").read_text(encoding="utf-8")


def test_arrays_are_looked_at_without_a_model(run, tmp_path, monkeypatch):
    weights = np.full((2, 2, 2, 2), 0.5, np.float32)
    np.savez(tmp_path / "a.npz", encoder=weights, tokens=np.array(["one", "man"]))
    monkeypatch.chdir(tmp_path)
    ran = run("look", "--arrays", "a.npz")
    assert (ran.code, ran.err) == (0, "")
    assert "encoder attention, layer 1, mean of 2 heads" in ran.lines
    assert run("look", "--arrays", "a.npz", "--output", "a.html").code == 0
    assert '"model": "a.npz"' in (tmp_path / "a.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([TEXT, "--target", "ein Hund"], "--target is a translation, but toy holds an encoder"),
        ([TEXT, "--word", "dog"], "--word WORD and --beside TEXT go together"),
        ([TEXT, "--word", "cat", "--beside", TEXT], "every sentence must hold the word 'cat'"),
        (
            [TEXT, "--word", "dog", "--beside", TEXT, "--output", "a.npz"],
            "--word is shown in a page, a figure, the terminal or with --json, but not in a.npz",
        ),
        ([TEXT, "--kind", "cross"], "'toy' has no 'cross' attention; its kinds are: encoder"),
        (["dog " * 40], "a text may have at most 23 tokens"),
        ([TEXT, "--arrays", "a.npz"], "--arrays a.npz is looked at by itself"),
    ],
)
def test_what_does_not_go_together_is_refused(look, words, message):
    ran = look(*words)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err


def test_a_text_that_is_cut_is_told_of(look):
    ran = look("dog " * 40, "--long", "truncate", "--json")
    assert len(json.loads(ran.out)["rows"]) == 23
    assert ran.err == "manyheads: warning: the text was cut to the 23 tokens that the model takes\n"
