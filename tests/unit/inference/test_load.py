"""A model folder to a model that answers; a folder of unfit parts to a sentence."""

from dataclasses import replace

import pytest
import torch

from manyheads.checkpoint.network import build_network
from manyheads.checkpoint.parameters import parameters_of
from manyheads.checkpoint.store import StoredModel, save_model
from manyheads.errors import InputError, ModelError
from manyheads.inference.classify import Classifier
from manyheads.inference.embed import Encoder
from manyheads.inference.fill_mask import MaskFiller
from manyheads.inference.load import load
from manyheads.inference.packed_layers import pack_layers
from manyheads.inference.tag import Tagger
from manyheads.text.tokenizer import Tokenizer

pytestmark = pytest.mark.usefixtures("power_stays_on")


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
    with pytest.raises(InputError, match="but is 'int4'"):
        load(tmp_path, precision="int4")


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


LABELLED = {"classification": ("no", "yes"), "tagging": ("O", "B-x", "I-x")}


@pytest.fixture
def store_encoder(make_runner, tmp_path):
    """Save an encoder for a task as a model folder; the one that is given back is prepared as `load` does."""

    def store(task, **changes):
        runner = make_runner(task, labels=LABELLED.get(task, ()))
        config = runner.config.model_dump(mode="json") | changes
        stored = StoredModel(config, parameters_of(runner.model), {"text": runner.tokenizer})
        save_model(tmp_path / task, stored)
        pack_layers(runner.model.bert)
        return runner, tmp_path / task

    return store


@pytest.mark.parametrize(
    ("task", "kind", "ask"),
    [
        ("embedding", Encoder, lambda model: model.embed(["a dog"]).tolist()),
        ("masked", MaskFiller, lambda model: model.fill(["a [MASK]"])),
        ("classification", Classifier, lambda model: model.classify(["a dog"])),
        ("regression", Classifier, lambda model: model.classify(["a dog"], ["one man"])),
        ("tagging", Tagger, lambda model: model.tag(["a dog"])),
    ],
)
def test_an_encoder_answers_as_it_was_trained_to_and_as_before(store_encoder, task, kind, ask):
    runner, folder = store_encoder(task)
    loaded = load(folder)
    assert type(loaded) is kind
    assert ask(loaded) == ask(kind(runner))
    assert not loaded.model.training


@pytest.mark.parametrize("task", ["masked", "classification", "tagging"])
def test_vectors_can_be_had_of_any_encoder(store_encoder, task):
    runner, folder = store_encoder(task)
    loaded = load(folder, kind=Encoder)
    assert loaded.embed(["a dog"]).tolist() == Encoder(runner).embed(["a dog"]).tolist()


def test_an_encoder_s_parameters_are_brought_into_the_precision_once(store_encoder):
    _, folder = store_encoder("embedding")
    kinds = {name: load(folder, precision=name).model.bert.encoder for name in ("float32", "bfloat16")}
    assert {parameter.dtype for parameter in kinds["float32"].parameters()} == {torch.float32}
    assert {parameter.dtype for parameter in kinds["bfloat16"].parameters()} == {torch.bfloat16}


def test_a_model_of_another_kind_is_refused_with_the_verb_that_takes_it(store_encoder, stored, tmp_path):
    _, folder = store_encoder("tagging")
    with pytest.raises(ModelError) as told:
        load(folder, kind=Classifier)
    assert str(told.value) == f"{folder} must hold a classifier, but holds a tagger: `manyheads tag` takes it"
    save_model(tmp_path / "translator", stored)
    with pytest.raises(
        ModelError, match="must hold an encoder, but holds a translator: `manyheads translate`"
    ):
        load(tmp_path / "translator", kind=Encoder)


def test_a_tokenizer_with_more_tokens_than_the_network_is_refused(store_encoder, make_runner, tmp_path):
    runner = make_runner()
    config = runner.config.model_copy(update={"vocab_size": runner.tokenizer.vocab_size - 1})
    weights = parameters_of(build_network(config))
    save_model(tmp_path, StoredModel(config.model_dump(mode="json"), weights, {"text": runner.tokenizer}))
    with pytest.raises(ModelError) as told:
        load(tmp_path)
    assert str(told.value) == (
        f"the tokenizer in {tmp_path} must have at most the 68 tokens that config.json names, but has 69; "
        "take both from the same model"
    )


def test_a_name_of_the_hub_is_looked_for_there(store_encoder, monkeypatch):
    _, folder = store_encoder("embedding")
    asked = []

    def find(name, revision):
        asked.append((name, revision))
        return folder

    monkeypatch.setattr("manyheads.inference.load.find_checkpoint", find)
    assert isinstance(load("some/encoder", revision="v2"), Encoder)
    assert asked == [("some/encoder", "v2")]


@pytest.mark.parametrize("pack", [True, "open"])
def test_a_translator_that_cannot_run_in_c_takes_no_trial_s_word(stored, tmp_path, monkeypatch, pack):
    monkeypatch.setattr("manyheads.inference.precision.try_both", lambda _device: ("bfloat16", "it is fast"))
    monkeypatch.setattr("manyheads.inference.load.fits", lambda *_stacks: False)
    save_model(tmp_path / "model", stored)
    why = {True: "its layers run in PyTorch", "open": "to be looked at"}[pack]
    assert str(load(tmp_path / "model", device="cpu", pack=pack).prepared) == f"cpu, float32 ({why})"
    asked = load(tmp_path / "model", device="cpu", pack=pack, precision="bfloat16")
    assert str(asked.prepared) == "cpu, bfloat16 (as asked)"
