"""Folders of Marian models, as published and as ours."""

import json

import pytest
import torch

from manyheads.checkpoint.marian import read_marian, write_marian
from manyheads.checkpoint.store import load_model, save_model
from manyheads.checkpoint.tensors import load_tensors, save_tensors
from manyheads.errors import ModelError
from manyheads.inference.load import load


def same(one, other):
    assert one.config == other.config
    assert one.weights.keys() == other.weights.keys()
    assert all(torch.equal(one.weights[name], other.weights[name]) for name in one.weights)
    for side in ("src", "tgt"):
        assert one.tokenizers[side].vocabulary == other.tokenizers[side].vocabulary
        assert one.tokenizers[side].model == other.tokenizers[side].model
    assert one.card == other.card


@pytest.mark.parametrize("tie", ["all", "output", "none"])
@pytest.mark.parametrize("bias", [True, False])
def test_what_is_written_is_read_again(make_marian, tmp_path, tie, bias):
    stored = make_marian(tie_embeddings=tie, output_bias=bias)
    write_marian(stored, tmp_path / "theirs")
    save_model(tmp_path / "ours", stored)
    same(load_model(tmp_path / "theirs"), stored)
    same(load_model(tmp_path / "ours"), stored)


def test_our_folder_holds_the_files_that_it_came_with(make_marian, tmp_path):
    save_model(tmp_path / "ours", make_marian())
    files = {path.name for path in (tmp_path / "ours").iterdir()}
    assert files == {
        "config.json",
        "model.safetensors",
        "README.md",
        "source.spm",
        "target.spm",
        "vocab.json",
    }


def test_it_translates_alike_from_both_folders(make_marian, marian_folder, tmp_path):
    save_model(tmp_path / "ours", make_marian())
    texts = ["a dog runs", ">>nld<< the man", "two men walk in the park"]
    one, other = (
        load(folder, device="cpu").translate(texts) for folder in (marian_folder, tmp_path / "ours")
    )
    assert [done.text for done in one] == [done.text for done in other]
    assert [done.token_ids for done in one] == [done.token_ids for done in other]
    assert all("".join(done.src_tokens) == text for done, text in zip(one, texts, strict=True))


def test_the_tensors_are_theirs(marian_folder, make_marian):
    tensors = load_tensors(marian_folder / "model.safetensors")
    stored = make_marian()
    assert torch.equal(tensors["final_logits_bias"], stored.weights["output.bias"][None])
    assert torch.equal(tensors["model.shared.weight"], stored.weights["encoder.embedding.tokens.weight"])


def change(folder, alter):
    tensors = {name: tensor.clone() for name, tensor in load_tensors(folder / "model.safetensors").items()}
    alter(tensors)
    save_tensors(folder / "model.safetensors", tensors)


def test_copies_and_positions_are_left_out(marian_folder, make_marian):
    def add(tensors):
        for name in ("model.encoder.embed_tokens", "model.decoder.embed_tokens", "lm_head"):
            tensors[f"{name}.weight"] = tensors["model.shared.weight"].clone()
        del tensors["model.shared.weight"]
        for stack in ("encoder", "decoder"):
            tensors[f"model.{stack}.embed_positions.weight"] = torch.zeros(53, 6)

    change(marian_folder, add)
    same(load_model(marian_folder), make_marian())


def test_a_copy_that_differs_is_named(marian_folder):
    change(
        marian_folder, lambda tensors: tensors.update({"lm_head.weight": tensors["model.shared.weight"] + 1})
    )
    with pytest.raises(ModelError, match=r"'lm_head\.weight' equal to 'model\.shared\.weight'"):
        load_model(marian_folder)


def test_missing_and_unknown_tensors_are_named(marian_folder):
    def swap(tensors):
        tensors["model.encoder.layers.0.fc3.weight"] = tensors.pop("model.encoder.layers.0.fc1.weight")

    change(marian_folder, swap)
    with pytest.raises(
        ModelError, match=r"1 missing \('model\.encoder\.layers\.0\.fc1\.weight'\); 1 unexpected"
    ):
        load_model(marian_folder)


def test_settings_beside_the_config_are_optional(marian_folder):
    for name in ("generation_config.json", "tokenizer_config.json", "README.md"):
        (marian_folder / name).unlink()
    content = json.loads((marian_folder / "config.json").read_text(encoding="utf-8"))
    stored = read_marian(marian_folder, content)
    assert (stored.card, stored.config["src_language"]) == ("", None)
    assert stored.config["decoding"]["beam"] == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"positions": "sinusoidal"}, "model.positions must be sinusoidal_halves, and is sinusoidal"),
        ({"norm_first": True}, "model.norm_first must be False, and is True"),
    ],
)
def test_what_no_marian_model_does_is_not_written_as_one(make_marian, tmp_path, changes, message):
    with pytest.raises(ModelError, match=message):
        write_marian(make_marian(**changes), tmp_path / "theirs")
    assert not (tmp_path / "theirs").exists()


def test_a_vocabulary_of_ours_is_none_of_marians(make_marian, tmp_path):
    stored = make_marian()
    own = type(stored)({**stored.config, "tokenizer": "own"}, stored.weights, stored.tokenizers)
    with pytest.raises(ModelError, match="tokenizer must be marian, and is own"):
        write_marian(own, tmp_path / "theirs")
