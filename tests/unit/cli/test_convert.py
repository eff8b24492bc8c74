"""`manyheads convert`: between our format and Hugging Face's."""

import json
import sys

import ctranslate2
import pytest
import torch

from manyheads.checkpoint.config import EncoderConfig
from manyheads.checkpoint.huggingface import write_huggingface
from manyheads.checkpoint.network import build_network
from manyheads.checkpoint.parameters import parameters_of
from manyheads.checkpoint.store import StoredModel, load_model, load_tensors, save_model
from manyheads.recipes.encoder import Bert
from manyheads.text.text_tokenizer import TextTokenizer


@pytest.fixture(scope="module")
def tagger():
    """Make a small tagger: 3 heads of 4, inner width 17, and 2 labels."""
    tokenizer = TextTokenizer.train(["one dog runs", "two men run"], kind="wordpiece", vocab_size=43)
    sizes = Bert(d_model=12, d_ff=17, num_heads=3, num_layers=1, max_length=19, pooler="none")
    config = EncoderConfig(
        task="tagging", model=sizes, vocab_size=tokenizer.vocab_size, labels=("O", "B-dog")
    )
    weights = parameters_of(build_network(config))
    return StoredModel(config.model_dump(mode="json"), weights, {"text": tokenizer}, card="# a dog\n")


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def same(one, other):
    assert one.config == other.config
    assert one.weights.keys() == other.weights.keys()
    assert all(tensor.equal(other.weights[name]) for name, tensor in one.weights.items())
    assert one.tokenizers["text"].to_json() == other.tokenizers["text"].to_json()
    assert one.card == other.card


def test_ours_goes_out_and_comes_back(here, run, tagger):
    save_model(here / "ours", tagger)
    count = sum(tensor.numel() for tensor in tagger.weights.values())
    out = run("convert", "ours", "theirs", "--to", "huggingface")
    assert (out.code, out.out, out.err) == (0, f"theirs: tagging, {count:,} parameters\n", "")
    config = json.loads((here / "theirs" / "config.json").read_text(encoding="utf-8"))
    assert config["architectures"] == ["BertForTokenClassification"]
    back = run("convert", "theirs", "again")
    assert (back.code, back.out, back.err) == (0, f"again: tagging, {count:,} parameters\n", "")
    assert json.loads((here / "again" / "config.json").read_text(encoding="utf-8"))["format"] == "manyheads"
    same(load_model(here / "again"), load_model(here / "ours"))


def test_a_pickle_is_converted_with_a_warning_in_one_line(here, run, tagger):
    write_huggingface(tagger, here / "theirs")
    torch.save(load_tensors(here / "theirs" / "model.safetensors"), here / "theirs" / "pytorch_model.bin")
    (here / "theirs" / "model.safetensors").unlink()
    ran = run("convert", "theirs", "ours")
    assert ran.code == 0
    assert ran.err == (
        "manyheads: warning: theirs/pytorch_model.bin is a pickle, of which tensors alone are read; a folder "
        "with model.safetensors loads faster and is safer, and manyheads convert makes one\n"
    )
    same(load_model(here / "ours"), tagger)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["ours", "taken"], "DIR must not exist yet, but there is a taken; give another place"),
        (["ours", "free"], "SOURCE ours is in our format already; --to huggingface brings it into another"),
        (["./our", "free"], "SOURCE must be the folder of a model, but there is no './our'; did you mean 'o"),
        (["ours", "free", "--to", "onnx"], "--to cannot be 'onnx': "),
    ],
)
def test_what_cannot_be_converted_is_told(here, run, tagger, words, told):
    save_model(here / "ours", tagger)
    (here / "taken").mkdir()
    ran = run("convert", *words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"manyheads: error: {told}")
    assert not (here / "free").exists()


def test_a_translator_of_our_own_goes_to_ctranslate2(run, folder, translator):
    ran = run("convert", "toy", "theirs", "--to", "ctranslate2")
    assert (ran.code, ran.err) == (0, "")
    assert {"model.bin", "config.json"} <= {path.name for path in (folder / "theirs").iterdir()}
    assert ctranslate2.contains_model(str(folder / "theirs"))


def test_without_ctranslate2_it_is_told_how_to_get_it(run, folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "ctranslate2", None)
    monkeypatch.delitem(sys.modules, "manyheads.checkpoint.ctranslate2_format", raising=False)
    for name in [name for name in sys.modules if name.startswith("ctranslate2.")]:
        monkeypatch.delitem(sys.modules, name)
    ran = run("convert", "toy", "theirs", "--to", "ctranslate2")
    assert (ran.code, ran.out) == (2, "")
    assert "pip install 'manyheads[ctranslate2]'" in ran.err
    assert not (folder / "theirs").exists()


def test_an_encoder_does_not_go_to_ctranslate2(here, run, tagger):
    save_model(here / "ours", tagger)
    ran = run("convert", "ours", "theirs", "--to", "ctranslate2")
    assert (ran.code, ran.out) == (2, "")
    assert "--to ctranslate2 takes a translator, but this is for tagging" in ran.err


def test_a_translator_of_our_own_has_no_form_there(run, folder):
    ran = run("convert", "toy", "theirs", "--to", "huggingface")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(
        "manyheads: error: theirs cannot become a Marian model of transformers: tokenizer must be marian, "
    )
    assert not (folder / "theirs").exists()
