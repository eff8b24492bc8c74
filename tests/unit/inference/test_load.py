"""A model folder to a translator that answers; a folder of unfit parts to a sentence."""

import os
from dataclasses import replace

import pytest
import torch

from manyheads.checkpoint.parameters import parameters_of
from manyheads.checkpoint.store import StoredModel, save_model
from manyheads.errors import InputError, ModelError
from manyheads.inference.load import load
from manyheads.text.tokenizer import Tokenizer


@pytest.fixture(autouse=True)
def _power_stays_on(monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture
def translator(make_translator):
    return make_translator()


@pytest.fixture
def stored(translator):
    return StoredModel(
        config=translator.config.model_dump(mode="json"),
        weights=parameters_of(translator.model),
        tokenizers={"shared": translator.src_tokenizer},
    )


def refused(folder, stored):
    save_model(folder, stored)
    with pytest.raises(ModelError) as told:
        load(folder)
    return str(told.value)


def test_what_was_stored_translates_as_before(translator, stored, tmp_path):
    save_model(tmp_path / "model", stored)
    loaded = load(str(tmp_path / "model"), device="cpu")
    texts = ["one man", "a dog runs in the park"]
    assert loaded.translate(texts) == translator.translate(texts)
    assert loaded.config == translator.config
    assert not loaded.model.training


def test_one_vocabulary_or_two(stored, tmp_path):
    save_model(tmp_path / "one", stored)
    one = load(tmp_path / "one")
    assert one.src_tokenizer is one.tgt_tokenizer
    other = Tokenizer.train(["zwei Männer"], vocab_size=stored.config["tgt_vocab_size"])
    weights = dict(stored.weights)
    for name in ("decoder.embedding.tokens.weight", "output.weight"):
        weights[name] = weights[name][: other.vocab_size]
    config = {**stored.config, "tgt_vocab_size": other.vocab_size}
    tokenizers = {"src": stored.tokenizers["shared"], "tgt": other}
    save_model(tmp_path / "two", StoredModel(config, weights, tokenizers))
    two = load(tmp_path / "two")
    assert two.src_tokenizer.to_json() == stored.tokenizers["shared"].to_json()
    assert two.tgt_tokenizer.to_json() == other.to_json()


def test_precision_and_device_are_chosen(stored, tmp_path):
    save_model(tmp_path, stored)
    prepared = load(tmp_path, precision="bfloat16", device="cpu").prepared
    assert (prepared.precision, prepared.device) == ("bfloat16", torch.device("cpu"))
    with pytest.raises(InputError, match="int8"):
        load(tmp_path, precision="int8")


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ModelError, match="there is no model folder"):
        load(tmp_path / "nowhere")


def test_a_config_of_another_task_is_refused(stored, tmp_path):
    message = refused(tmp_path, replace(stored, config={**stored.config, "task": "sorting"}))
    assert f"{tmp_path / 'config.json'} must describe a translator, but task: " in message


def test_weights_that_do_not_fit_the_config_are_refused(stored, tmp_path):
    model = {**stored.config["model"], "num_encoder_layers": 3}
    message = refused(tmp_path, replace(stored, config={**stored.config, "model": model}))
    assert message.startswith(
        f"the weights in {tmp_path} do not fit the config: 16 missing ('encoder.layers.2."
    )


def test_a_vocabulary_that_does_not_fit_the_config_is_refused(stored, tmp_path):
    other = Tokenizer.train(["zwei Männer gehen in den Park"], vocab_size=262)
    message = refused(tmp_path, replace(stored, tokenizers={"shared": other}))
    assert message == (
        f"the source tokenizer in {tmp_path} must have the {stored.config['src_vocab_size']} tokens that "
        f"config.json names, but has {other.vocab_size}; take both from the same model"
    )
