"""`manyheads look`: the map in the terminal, and every file that it writes."""

import importlib
import json
import warnings

import pytest

from manyheads.views.maps import load_npz

with warnings.catch_warnings():
    # On a new machine matplotlib writes its list of fonts, and names no encoding for it.
    warnings.simplefilter("ignore", EncodingWarning)
    importlib.import_module("matplotlib.font_manager")

TEXT = "a dog runs"


@pytest.fixture
def look(run, folder, monkeypatch):
    """Look into the toy, whose cross attention of layer 1 aligns words, in a terminal of 200 columns."""
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *words: run("look", "--model", "toy", *words)


def test_source_translation_map_and_links_are_shown(look):
    ran = look(TEXT, "--target", "ein Hund läuft")
    assert (ran.code, ran.err) == (0, "")
    assert [line.rstrip().split(maxsplit=1) for line in ran.lines[:2]] == [
        ["source", TEXT],
        ["translation", "ein Hund läuft"],
    ]
    assert "cross attention, layer 1, mean of 3 heads" in ran.lines
    assert "words that belong together: cross attention, layer 1, mean of 3 heads" in ran.lines
    assert ran.lines[-1].split() == ["ein", "Hund", "läuft"]


def test_without_a_target_the_model_s_own_translation_is_shown(look, translator):
    done = translator.translate([TEXT])[0]
    fields = json.loads(look(TEXT, "--json").out)
    assert fields["text"] == done.text
    assert fields["score"] == pytest.approx(done.score)
    assert fields["rows"] == [*done.tokens, "</s>"]
    assert fields["columns"] == [*done.src_tokens, "</s>"]


def test_json_is_the_chosen_map_on_one_line(look, translator):
    attention = translator.translate([TEXT], attention=True)[0].attention
    ran = look(TEXT, "--json", "--kind", "decoder", "--layer", "2", "--head", "0")
    fields = json.loads(ran.out)
    assert len(ran.lines) == 1
    assert list(fields) == [
        *("text", "score", "kind", "layer", "head", "rows", "columns", "weights", "alignment")
    ]
    assert (fields["kind"], fields["layer"], fields["head"]) == ("decoder", 2, 0)
    assert fields["columns"][0] == "<s>"
    for row, weights in zip(fields["weights"], attention.decoder[2, 0], strict=True):
        assert row == pytest.approx(weights.tolist(), abs=1e-6)


def test_an_encoder_of_fewer_layers_shows_its_last_one(look, make_translator):
    """Cross attention of layer 1 aligns words; this toy's encoder has the layers 0 and 1."""
    assert json.loads(look(TEXT, "--json", "--kind", "encoder").out)["layer"] == 1


@pytest.mark.parametrize("suffix", [".json", ".npz", ".html"])
def test_files_hold_every_map(look, folder, suffix):
    ran = look(TEXT, "--output", f"map{suffix}")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    if suffix == ".npz":
        shapes = {kind: maps.weights.shape[:2] for kind, maps in load_npz(folder / "map.npz").kinds.items()}
        assert shapes == {"encoder": (2, 3), "decoder": (3, 3), "cross": (3, 3)}
    elif suffix == ".json":
        assert set(json.loads((folder / "map.json").read_bytes())["kinds"]) == {"encoder", "decoder", "cross"}
    else:
        page = (folder / "map.html").read_text(encoding="utf-8")
        assert page.startswith("<!doctype html>")
        assert '"kind": "cross", "layer": 1, "head": null' in page


@pytest.mark.parametrize(
    ("suffix", "begin"), [(".svg", b"<?xml"), (".png", b"\x89PNG"), (".PNG", b"\x89PNG")]
)
def test_figures_show_the_chosen_map(look, folder, suffix, begin):
    assert look(TEXT, "--output", f"map{suffix}").code == 0
    assert (folder / f"map{suffix}").read_bytes().startswith(begin)


@pytest.mark.parametrize(
    ("view", "told"),
    [
        ("grid", "cross attention, every head"),
        ("rollout", "attention rollout over layers 0 to 1"),
        ("translation", "belong together"),
        ("steps", "cross attention, layer 1, head "),
    ],
)
def test_figures_show_the_chosen_view(look, folder, view, told):
    assert look(TEXT, "--output", "view.svg", "--view", view).code == 0
    assert told in (folder / "view.svg").read_text(encoding="utf-8")


def test_a_page_opens_with_the_chosen_view_and_token(look, folder):
    assert look(TEXT, "--output", "a.html", "--view", "steps", "--token", "2").code == 0
    page = (folder / "a.html").read_text(encoding="utf-8")
    assert '"start": {"view": "steps", "kind": "cross", "layer": 1, "head": null, "token": 2}' in page


def test_a_token_that_looks_like_html_stays_text(look, folder):
    assert look("<script>alert(1)</script>", "--output", "map.html").code == 0
    assert "<script>alert(1)" not in (folder / "map.html").read_text(encoding="utf-8")


def test_what_a_terminal_would_obey_is_shown_escaped(look):
    ran = look("a \x1b[31mdog", "--target", "ein Hund")
    assert "\x1b" not in ran.out
    assert r"source       a \x1b[31mdog" in ran.out


def test_a_long_text_is_cut_only_when_asked(look, translator):
    long = "the dog sees a man. " * 9
    count = len(translator.src_tokenizer.encode_ids([long.strip()])[0])
    assert look(long).err == (
        "manyheads: error: a text may have at most 60 tokens for this model, but this one has "
        f"{count}; give it in parts, or let it be cut (--long truncate)\n"
    )
    cut = look(long, "--long", "truncate", "--json")
    assert len(json.loads(cut.out)["columns"]) == 61
    assert cut.err == "manyheads: warning: the text was cut to the 60 tokens that the model takes\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--output", "map.svgg"],
            "--output must end in .html, .svg, .png, .json or .npz, but map.svgg does not; did",
        ),
        (["--output", "map"], "--output must end in .html, .svg, .png, .json or .npz, but map does not\n"),
        (["--output", "no/map.svg"], "--output no/map.svg needs a folder that exists, but there is no no"),
        (
            ["--output", "map.svg", "--json"],
            "--json prints, and --output map.svg writes: give one of the two",
        ),
        (
            ["--kind", "crosss"],
            "--kind cannot be 'crosss': 'crosss' is not one of 'encoder', 'decoder', 'cross'",
        ),
        (["--view", "grid"], "--view grid takes --output FILE.html, .svg or .png, but it prints"),
        (
            ["--view", "grid", "--output", "a.npz"],
            "--view grid takes --output FILE.html, .svg or .png, but a.npz holds every map",
        ),
        (["--token", "1", "--output", "a.html"], "--token 1 goes with --view steps alone"),
        (
            ["--view", "steps", "--token", "99", "--output", "a.svg", "--kind", "encoder"],
            "--token counts from 0 to 7 here, but is 99\n",
        ),
        (
            ["--view", "rollout", "--kind", "cross", "--output", "a.svg"],
            "--view rollout takes --kind encoder: a text that looks at itself",
        ),
        (
            ["--view", "meaning", "--output", "a.svg"],
            "--view meaning compares a word: give --word WORD and --beside TEXT",
        ),
        (["--layer", "3"], "there is no layer 3; layers are 0..2"),
        (["--head", "3"], "there is no head 3; heads are 0..2"),
        (["--target", " "], "the target must hold at least one token, but '' holds none"),
    ],
)
def test_what_is_not_there_is_refused(look, folder, words, message):
    ran = look(TEXT, *words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"manyheads: error: {message}")
    assert [path.name for path in folder.iterdir()] == ["toy"]


def test_a_text_without_a_word_is_refused(look):
    assert look(" \t").err == "manyheads: error: a text to look at must hold a word, but ' \\t' holds none\n"
