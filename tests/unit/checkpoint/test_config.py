"""What config.json of a translator or an encoder says, and what is told about one that says other things."""

from pathlib import Path

import pytest

from manyheads.checkpoint.config import (
    EncoderConfig,
    TranslatorConfig,
    read_encoder_config,
    read_translator_config,
)
from manyheads.errors import ModelError
from manyheads.recipes.encoder import Bert
from manyheads.recipes.schema import Decoding, Model, Scoring

WHERE = Path("somewhere") / "model"


def content(**changes):
    config = TranslatorConfig(
        model=Model(d_model=42, num_heads=3, num_decoder_layers=3),
        src_vocab_size=41,
        tgt_vocab_size=41,
        alignment_layer=1,
    )
    return config.model_dump() | changes


def test_what_was_written_is_read_back():
    config = TranslatorConfig(
        model=Model(tie_embeddings="none"),
        src_vocab_size=41,
        tgt_vocab_size=43,
        src_language="en",
        tgt_language="de",
        alignment_layer=2,
        decoding=Decoding(beam=3, length_penalty=0.6),
        scoring=Scoring(tokenize="none", lowercase=True),
    )
    assert read_translator_config(config.model_dump(mode="json"), WHERE) == config


def test_the_format_is_named():
    assert [content()[key] for key in ("format", "format_version", "task")] == ["manyheads", 1, "translation"]


@pytest.mark.parametrize(
    ("changes", "mistake"),
    [
        ({"task": "tagging"}, "task: input should be 'translation'"),
        ({"src_vocab_size": 0}, "src_vocab_size: input should be greater than or equal to 1"),
        ({"layers": 3}, "layers: extra inputs are not permitted"),
        ({"model": {"d_model": -1}}, "model.d_model: input should be greater than or equal to 1"),
        ({"model": {"d_model": 9}}, "model: d_model must be a multiple of num_heads, but 9 / 4 is not whole"),
        ({"alignment_layer": 3}, "alignment_layer must be 0 to 2, but is 3"),
        ({"tgt_vocab_size": 43}, "one embedding serves one vocabulary, but the sizes are 41, 43"),
    ],
)
def test_a_config_that_is_no_translators_is_told_by_its_values(changes, mistake):
    with pytest.raises(ModelError) as told:
        read_translator_config(content(**changes), WHERE)
    assert str(told.value).startswith(f"{WHERE / 'config.json'} must describe a translator, but ")
    assert mistake in str(told.value)


def test_a_missing_key_is_named():
    config = content()
    del config["model"], config["alignment_layer"]
    with pytest.raises(ModelError, match=r"model: field required; alignment_layer: field required"):
        read_translator_config(config, WHERE)


def encoder(**changes):
    model = Bert(d_model=42, num_heads=3, max_length=61)
    return EncoderConfig(task="embedding", model=model, vocab_size=43).model_dump(mode="json") | changes


def test_what_was_written_of_an_encoder_is_read_back():
    config = EncoderConfig(
        task="classification",
        family="albert",
        model=Bert(d_model=42, num_heads=3, embedding_width=11, share_layers=True),
        vocab_size=43,
        labels=("bad", "good"),
        several_labels=True,
        pooling="cls",
        normalize=True,
        max_tokens=19,
        prompt="query: ",
    )
    assert read_encoder_config(config.model_dump(mode="json"), WHERE) == config


NO_POOLER = {"d_model": 42, "num_heads": 3, "max_length": 61, "pooler": "none"}


@pytest.mark.parametrize(
    ("changes", "mistake"),
    [
        ({"task": "translation"}, "task: input should be 'embedding', 'masked', 'classification', 'regr"),
        ({"family": "gpt2"}, "family: input should be 'bert', 'distilbert', "),
        (
            {"task": "classification", "labels": ["a"]},
            "at least 2 for the task classification, but there are 1",
        ),
        (
            {"task": "classification", "several_labels": True},
            "labels must be at least 1 for the task classification, but there are 0",
        ),
        ({"task": "tagging"}, "labels must be at least 1 for the task tagging, but there are 0"),
        ({"labels": ["a", "b"]}, "labels belong to classification and tagging, but the task is embedding"),
        (
            {"task": "tagging", "labels": ["O", "B", "O"]},
            "labels must differ from each other, but 'O' stands",
        ),
        (
            {"task": "tagging", "labels": ["O"], "several_labels": True},
            "several_labels belongs to classification, but the task is tagging",
        ),
        ({"next_sentence": True}, "next_sentence belongs to the task masked, but the task is embedding"),
        (
            {"task": "masked", "next_sentence": True, "model": NO_POOLER},
            "model.pooler must be tanh or relu for next_sentence, but is none",
        ),
        (
            {"task": "regression", "model": NO_POOLER},
            "model.pooler must be tanh or relu for the task regression, but is none",
        ),
        (
            {"task": "tagging", "labels": ["O"]},
            "model.pooler must be none for the task tagging, but is tanh",
        ),
        ({"max_tokens": 67}, "max_tokens must be at most model.max_length (61), but is 67"),
        ({"model": {"d_model": 9}}, "model: d_model must be a multiple of num_heads, but 9 / 4 is not whole"),
    ],
)
def test_a_config_that_is_no_encoders_is_told_by_its_values(changes, mistake):
    with pytest.raises(ModelError) as told:
        read_encoder_config(encoder(**changes), WHERE)
    assert str(told.value).startswith(f"{WHERE / 'config.json'} must describe an encoder, but ")
    assert mistake in str(told.value)
