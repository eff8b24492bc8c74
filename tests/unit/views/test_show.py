"""Attention from elsewhere: what transformers returns, arrays, files, a notebook's cell."""

import json

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel

import manyheads
from manyheads.errors import InputError
from manyheads.views.show import Shown, maps_of_arrays, maps_of_file, show

TOKENS = ["[CLS]", "a", "dog", "[SEP]"]


def uniform(layers=2, heads=3, rows=4, columns=4):
    return np.full((layers, heads, rows, columns), 1 / columns, np.float32)


def test_what_transformers_returns_is_shown():
    sizes = {"hidden_size": 12, "num_hidden_layers": 2, "num_attention_heads": 3, "intermediate_size": 17}
    config = BertConfig(vocab_size=41, **sizes, attn_implementation="eager")
    model = BertModel(config).eval()
    with torch.no_grad():
        returned = model(torch.tensor([[3, 4, 5, 6]]), output_attentions=True).attentions
    maps = maps_of_arrays(returned, TOKENS, model="bert")
    for layer, wanted in enumerate(returned):
        np.testing.assert_allclose(maps.kinds["encoder"].weights[layer], wanted[0].numpy(), atol=1e-7)


def test_a_translation_s_three_kinds_have_their_sides():
    src, tgt = ["a", "dog"], ["ein", "Hund", "."]
    attention = {
        "encoder": uniform(rows=2, columns=2),
        "decoder": uniform(rows=3, columns=3),
        "cross": uniform(rows=3, columns=2),
    }
    maps = maps_of_arrays(attention, {"src": src, "tgt": tgt})
    assert (maps.kinds["cross"].rows, maps.kinds["cross"].columns) == (tuple(tgt), tuple(src))
    assert (maps.src_text, maps.tgt_text) == ("a dog", "ein Hund .")


@pytest.mark.parametrize(
    ("attention", "tokens", "sentence"),
    [
        (uniform(rows=3), TOKENS, "as many rows as tokens: 3 rows for 4 tokens"),
        (uniform(columns=5), TOKENS, "as many columns as tokens: 5 columns for 4 tokens"),
        (uniform()[0, 0], TOKENS, "must have the same heads, rows and columns, but there is"),
        ([np.zeros((2, 3, 4, 4))], TOKENS, "layer 0 of encoder attention has 2 of them on its first axis"),
        ([uniform()[0], uniform(heads=5)[0]], TOKENS, r"there is \(3, 4, 4\), \(5, 4, 4\)"),
        ([], TOKENS, "but there is nothing"),
        (None, TOKENS, "but is None: transformers returns weights only with output_attentions=True"),
        ((None, None), TOKENS, "but is None: transformers returns weights only with output_attentions=True"),
        ("abc", TOKENS, "must be arrays of real numbers, but holds <U3 of shape"),
        (object(), TOKENS, "must be arrays of real numbers, but holds object"),
        (uniform() * 1j, TOKENS, "must be arrays of real numbers, but holds complex"),
        (0.5, TOKENS, r"must be arrays of real numbers, but holds float64 of shape \(\)"),
        (uniform() * 2, TOKENS, "must sum to 1"),
        (uniform() * np.nan, TOKENS, "must be numbers from 0 to 1"),
        ({"self": uniform()}, TOKENS, "of the kinds encoder, decoder, cross, but 'self' was given"),
        (
            {"cross": uniform()},
            {"src": TOKENS},
            "cross attention needs tokens of 'tgt', but there are those of src",
        ),
    ],
)
def test_arrays_that_do_not_fit_are_refused_by_their_axis(attention, tokens, sentence):
    with pytest.raises(InputError, match=sentence):
        show(attention, tokens)


def test_a_file_of_arrays_is_looked_at(tmp_path):
    np.savez(tmp_path / "a.npz", encoder=uniform(), tokens=np.array(TOKENS))
    maps = maps_of_file(tmp_path / "a.npz")
    assert maps.kinds["encoder"].rows == tuple(TOKENS)
    maps.save_npz(tmp_path / "ours.npz")
    again = maps_of_file(tmp_path / "ours.npz")
    np.testing.assert_array_equal(again.kinds["encoder"].weights, maps.kinds["encoder"].weights)
    np.savez(
        tmp_path / "b.npz",
        cross=uniform(rows=2),
        src_tokens=np.array(TOKENS),
        tgt_tokens=np.array(["x", "y"]),
    )
    assert maps_of_file(tmp_path / "b.npz").kinds["cross"].rows == ("x", "y")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "there is no file"),
        (b"", "must hold named arrays, as numpy.savez writes them"),
        (b"PK\x03\x04 cut", "must hold named arrays, as numpy.savez writes them"),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path, content, sentence):
    if content is not None:
        (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(InputError, match=sentence):
        maps_of_file(tmp_path / "a.npz")


def test_a_file_without_tokens_says_what_it_holds(tmp_path):
    np.savez(tmp_path / "a.npz", weights=uniform())
    with pytest.raises(
        InputError, match=r"must hold one of encoder, decoder, cross and tokens.*but holds weights"
    ):
        maps_of_file(tmp_path / "a.npz")


@pytest.mark.parametrize("view", ["translation", "steps", "x"])
def test_a_view_that_arrays_do_not_have_is_refused(view):
    with pytest.raises(InputError, match=f"the views are grid, head, rollout, but '{view}' was asked for"):
        show(uniform(), TOKENS, view=view)
    with pytest.raises(InputError, match="the views are grid, head, but 'rollout'"):
        show({"cross": uniform()}, {"src": TOKENS, "tgt": TOKENS}, view="rollout")


def test_a_page_is_saved_under_a_page_s_name_alone(tmp_path):
    with pytest.raises(InputError, match=r"ends in \.html, but '.*a\.svg' was given"):
        show(uniform(), TOKENS).save(tmp_path / "a.svg")
    assert not list(tmp_path.iterdir())


def test_one_array_of_numpy_is_no_file_of_arrays(tmp_path):
    np.save(tmp_path / "a.npy", uniform())
    with pytest.raises(InputError, match=r"must hold named arrays, as numpy\.savez writes them"):
        maps_of_file(tmp_path / "a.npy")


def test_tokens_that_are_numbers_are_spelt():
    assert maps_of_arrays(uniform(), [1, 2, 3, 4]).kinds["encoder"].rows == ("1", "2", "3", "4")


def test_a_cell_shows_the_widget_with_the_document_and_its_blocks():
    shown = manyheads.show(uniform(), TOKENS, view="head", layer=1)
    widget = shown.widget()
    assert json.loads(json.dumps(widget.document))["start"] == {
        "view": "head",
        "kind": "encoder",
        "layer": 1,
        "head": None,
        "token": None,
    }
    assert sorted(widget.blocks) == ["encoder.0", "encoder.1"]
    bundle = shown._repr_mimebundle_()
    views = bundle[0] if isinstance(bundle, tuple) else bundle
    assert "application/vnd.jupyter.widget-view+json" in views


def test_without_anywidget_it_is_said_how_to_get_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "manyheads.views.widget", None)
    with pytest.raises(InputError, match=r"pip install 'manyheads\[lab\]'"):
        show(uniform(), TOKENS).widget()


def test_it_is_saved_as_a_page(tmp_path):
    shown = show(uniform(), TOKENS)
    assert isinstance(shown, Shown)
    shown.save(tmp_path / "a.html")
    assert "manyheads.explorer" in (tmp_path / "a.html").read_text(encoding="utf-8")
