"""Whole folders in Hugging Face's format, without transformers: what stands in them, and what is obeyed."""

import json

import pytest
import torch

from manyheads.checkpoint import huggingface
from manyheads.checkpoint.huggingface import is_huggingface, read_huggingface, write_huggingface
from manyheads.checkpoint.store import load_model, save_model
from manyheads.checkpoint.stored import StoredModel
from manyheads.checkpoint.tensors import load_metadata, load_tensors
from manyheads.errors import ModelError, RunError


@pytest.fixture
def change(tmp_path):
    """Change keys of a JSON file of the folder `theirs`."""

    def change(name, **changes):
        path = tmp_path / "theirs" / name
        content = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content | changes), encoding="utf-8")

    return change


@pytest.fixture
def theirs(tmp_path, make_encoder):
    """Write a plain encoder in their format, without what sentence-transformers reads."""
    folder = tmp_path / "theirs"
    write_huggingface(make_encoder(), folder)
    (folder / "modules.json").unlink()
    return folder


def refusal(folder):
    with pytest.raises(ModelError) as caught:
        load_model(folder)
    return str(caught.value)


def same(one, other):
    assert one.config == other.config
    assert one.weights.keys() == other.weights.keys()
    assert all(tensor.equal(other.weights[name]) for name, tensor in one.weights.items())
    assert one.tokenizers["text"].to_json() == other.tokenizers["text"].to_json()
    assert one.card == other.card


@pytest.mark.parametrize(
    ("config", "theirs"),
    [
        ({"model_type": "bert"}, True),
        ({"architectures": ["BertModel"]}, True),
        ({"format": "manyheads", "model_type": "bert"}, False),
        ({"format": "manyheads"}, False),
        ({}, False),
    ],
)
def test_whose_format_it_is_stands_in_the_config(config, theirs):
    assert is_huggingface(config) == theirs


@pytest.mark.parametrize(
    ("task", "words"),
    [
        ("embedding", {"pooling": "max", "normalize": True, "max_tokens": 7, "prompt": "q: "}),
        ("masked", {"next_sentence": True}),
        ("classification", {"labels": ("a", "b", "c"), "several_labels": True}),
        ("regression", {}),
    ],
)
def test_what_is_written_is_read_alike(tmp_path, make_encoder, task, words):
    stored = make_encoder(task, **words)
    write_huggingface(stored, tmp_path / "theirs")
    same(load_model(tmp_path / "theirs"), stored)
    same(read_huggingface(tmp_path / "theirs"), stored)


def test_our_own_folder_gives_an_encoder_back_too(tmp_path, make_encoder):
    stored = make_encoder("tagging", sizes={"pooler": "none"}, labels=("O", "B-x"))
    save_model(tmp_path / "ours", stored)
    back = load_model(tmp_path / "ours")
    same(back, stored)
    assert back.config["labels"] == ["O", "B-x"]


def test_a_folder_holds_what_transformers_looks_for(theirs):
    assert sorted(path.name for path in theirs.iterdir() if path.is_file()) == [
        *("README.md", "config.json", "config_sentence_transformers.json", "model.safetensors"),
        *("sentence_bert_config.json", "tokenizer.json", "tokenizer_config.json"),
    ]
    assert load_metadata(theirs / "model.safetensors") == {"format": "pt"}
    assert "encoder.layer.1.output.dense.bias" in load_tensors(theirs / "model.safetensors")
    assert json.loads((theirs / "tokenizer_config.json").read_text(encoding="utf-8")) == {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": 19,
        "model_input_names": ["input_ids", "token_type_ids", "attention_mask"],
        "cls_token": "[CLS]",
        "sep_token": "[SEP]",
        "pad_token": "[PAD]",
        "unk_token": "[UNK]",
        "mask_token": "[MASK]",
    }


def test_a_model_without_segments_is_not_given_any(tmp_path, make_encoder):
    stored = make_encoder(family="distilbert", sizes={"pooler": "none", "num_segments": 0})
    write_huggingface(stored, tmp_path / "theirs")
    config = json.loads((tmp_path / "theirs" / "tokenizer_config.json").read_text(encoding="utf-8"))
    assert config["model_input_names"] == ["input_ids", "attention_mask"]


def test_a_folder_that_exists_is_not_written_into(theirs, make_encoder):
    with pytest.raises(RunError, match=r"theirs must not exist yet; remove it or give another place$"):
        write_huggingface(make_encoder(), theirs)


def test_weights_of_another_config_are_not_written(tmp_path, make_encoder):
    stored = make_encoder()
    del stored.weights["bert.pooler.linear.bias"]
    with pytest.raises(ModelError, match=r"1 missing \('bert\.pooler\.linear\.bias'\)"):
        write_huggingface(stored, tmp_path / "theirs")
    assert not (tmp_path / "theirs").exists()


@pytest.mark.parametrize(
    ("limit", "expected"), [(17, 17), (19, None), (512, None), (10**30, None), (None, None)]
)
def test_texts_are_cut_where_the_tokenizer_says_if_that_is_sooner(theirs, change, limit, expected):
    change("tokenizer_config.json", model_max_length=limit)
    assert load_model(theirs).config["max_tokens"] == expected


def test_a_limit_that_leaves_no_room_is_told(theirs, change):
    change("tokenizer_config.json", model_max_length=2)
    assert (
        "must describe a bert model, but max_tokens: input should be greater than or equal to 3"
        in refusal(theirs)
    )


def test_sentence_transformers_limit_counts_more_than_the_tokenizers(tmp_path, make_encoder, change):
    write_huggingface(make_encoder(max_tokens=11), tmp_path / "theirs")
    change("tokenizer_config.json", model_max_length=5)
    assert load_model(tmp_path / "theirs").config["max_tokens"] == 11
    change("sentence_bert_config.json", max_seq_length=None)
    assert load_model(tmp_path / "theirs").config["max_tokens"] == 5


def test_sentence_transformers_make_an_encoder_of_whatever_it_was(tmp_path, make_encoder, change):
    """Vectors are often learnt by a model that once filled masks, and still says so."""
    write_huggingface(make_encoder(pooling="cls"), tmp_path / "theirs")
    change("config.json", architectures=["BertForMaskedLM"])
    assert load_model(tmp_path / "theirs").config["task"] == "embedding"


def test_lower_case_is_put_before_what_the_tokenizer_does(tmp_path, make_encoder, change, text_tokenizer):
    write_huggingface(make_encoder(), tmp_path / "theirs")
    change("sentence_bert_config.json", do_lower_case=True)
    found = load_model(tmp_path / "theirs").tokenizers["text"]
    plain, lower = text_tokenizer.encode(["ONE Dog", "one dog"])
    assert plain.token_ids != lower.token_ids
    assert found.encode(["ONE Dog"])[0].token_ids == lower.token_ids
    steps = json.loads(found.to_json())["normalizer"]["normalizers"]
    assert steps[0] == {"type": "Lowercase"}


def test_a_tokenizer_that_lowers_already_is_left_alone(tmp_path, make_encoder, change):
    write_huggingface(make_encoder(), tmp_path / "theirs")
    change("sentence_bert_config.json", do_lower_case=True)
    before = json.loads((tmp_path / "theirs" / "tokenizer.json").read_text(encoding="utf-8"))
    for normalizer in (
        {"type": "Lowercase"},
        {"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Lowercase"}]},
    ):
        change("tokenizer.json", normalizer=normalizer)
        found = load_model(tmp_path / "theirs").tokenizers["text"]
        assert json.loads(found.to_json())["normalizer"] == normalizer
    assert before["normalizer"]["type"] != "Lowercase"


def test_a_tokenizer_with_more_tokens_than_the_model_is_told(theirs, change, text_tokenizer):
    size = text_tokenizer.vocab_size
    change("config.json", vocab_size=size - 1)
    tensors = load_tensors(theirs / "model.safetensors")
    assert tensors["embeddings.word_embeddings.weight"].shape == (size, 12)
    assert refusal(theirs) == (
        f"the tokenizer in {theirs} must fit the {size - 1} tokens of config.json's vocab_size, "
        f"but has {size}; take both from the same model"
    )


def test_a_vocabulary_may_be_larger_than_the_tokenizer_fills(tmp_path, make_encoder, text_tokenizer):
    """Some models round the number of vectors up."""
    stored = make_encoder()
    rows = torch.zeros(5, 12)
    stored.config["vocab_size"] += 5
    stored.weights["bert.encoder.embedding.tokens.weight"] = torch.cat(
        [stored.weights["bert.encoder.embedding.tokens.weight"], rows]
    )
    write_huggingface(stored, tmp_path / "theirs")
    assert load_model(tmp_path / "theirs").config["vocab_size"] == text_tokenizer.vocab_size + 5


def test_a_marian_model_is_read_by_its_own_rules(theirs, change, monkeypatch):
    monkeypatch.setattr(huggingface, "read_marian", lambda folder, config: StoredModel(config, {}, {}))
    change("config.json", model_type="marian", vocab_size=7)
    assert load_model(theirs).config["vocab_size"] == 7
    assert load_model(theirs).weights == {}


def test_a_translator_is_written_by_marians_rules(tmp_path, make_encoder, monkeypatch):
    written = []
    monkeypatch.setattr(huggingface, "write_marian", lambda *given: written.append(given))
    stored = make_encoder()
    stored.config["task"] = "translation"
    write_huggingface(stored, tmp_path)
    assert written == [(stored, tmp_path)]
