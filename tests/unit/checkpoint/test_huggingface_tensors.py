"""Tensors of a folder: safetensors or a pickle, whole or in shards; nothing in them is run."""

import json
import pickle
import re
import warnings
from pathlib import Path

import pytest
import torch

from manyheads.checkpoint.huggingface_tensors import read_huggingface_tensors
from manyheads.checkpoint.tensors import save_tensors
from manyheads.errors import ManyheadsWarning, ModelError

RAN = []
WARNS = pytest.warns(
    ManyheadsWarning, match=r"pytorch_model\.bin is a pickle, of which tensors alone are read"
)


def example():
    return {"a.weight": torch.arange(15.0).reshape(3, 5), "a.bias": torch.tensor([2.0, 3.0])}


def same(tensors):
    assert tensors.keys() == example().keys()
    assert all(tensor.equal(example()[name]) for name, tensor in tensors.items())


def refusal(folder):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ManyheadsWarning)
        with pytest.raises(ModelError) as caught:
            read_huggingface_tensors(folder)
    return str(caught.value)


def shards(folder, name, **files):
    weight_map = {tensor: file for file, tensors in files.items() for tensor in tensors}
    (folder / f"{name}.index.json").write_text(json.dumps({"weight_map": weight_map}), encoding="utf-8")


class Evil:
    def __reduce__(self):
        return RAN.append, ("ran",)


def test_safetensors_come_before_a_pickle(tmp_path):
    save_tensors(tmp_path / "model.safetensors", example())
    (tmp_path / "pytorch_model.bin").write_bytes(b"never opened")
    same(read_huggingface_tensors(tmp_path))


def test_shards_are_put_together(tmp_path):
    save_tensors(tmp_path / "model-1.safetensors", {"a.weight": example()["a.weight"]})
    save_tensors(tmp_path / "model-2.safetensors", {"a.bias": example()["a.bias"]})
    names = {"model-1.safetensors": ["a.weight"], "model-2.safetensors": ["a.bias"]}
    shards(tmp_path, "model.safetensors", **names)
    same(read_huggingface_tensors(tmp_path))


@pytest.mark.parametrize("zipped", [True, False])
def test_a_pickle_of_tensors_is_read_with_a_warning(tmp_path, zipped):
    torch.save(example(), tmp_path / "pytorch_model.bin", _use_new_zipfile_serialization=zipped)
    with WARNS:
        same(read_huggingface_tensors(tmp_path))


def test_a_pickle_in_shards_is_read_with_a_warning(tmp_path):
    torch.save(example(), tmp_path / "pytorch_model-1.bin")
    shards(tmp_path, "pytorch_model.bin", **{"pytorch_model-1.bin": example()})
    with pytest.warns(ManyheadsWarning, match=r"pytorch_model-1\.bin is a pickle"):
        same(read_huggingface_tensors(tmp_path))


@pytest.mark.parametrize("zipped", [True, False])
def test_nothing_in_a_pickle_is_run(tmp_path, zipped):
    path = tmp_path / "pytorch_model.bin"
    if zipped:
        torch.save({"a": Evil()}, path)
    else:
        path.write_bytes(pickle.dumps({"a": Evil()}, protocol=2))
    assert refusal(tmp_path).startswith(
        f"{path} is no whole file of tensors, or holds more than tensors, which is"
    )
    assert RAN == []


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ([torch.ones(2)], "a list"),
        ({"a": 1.5}, "a float"),
        ({3: torch.ones(2)}, "a int"),
        ({"a": None}, "a NoneType"),
    ],
)
def test_what_is_no_tensors_by_their_names_is_told(tmp_path, content, told):
    torch.save(content, tmp_path / "pytorch_model.bin")
    assert refusal(tmp_path) == (
        f"{tmp_path / 'pytorch_model.bin'} must hold tensors by their names, and holds {told}; "
        "take a version with safetensors"
    )


def test_a_pickle_that_is_cut_off_is_told(tmp_path):
    path = tmp_path / "pytorch_model.bin"
    torch.save(example(), path)
    path.write_bytes(path.read_bytes()[:-99])
    assert re.match(re.escape(str(path)) + " is no whole file of tensors, or holds more", refusal(tmp_path))


def test_a_folder_without_weights_is_told(tmp_path):
    assert refusal(tmp_path) == (
        f"{tmp_path} has no weights, neither model.safetensors nor pytorch_model.bin nor shards of them "
        "with their index.json; take the whole folder again from where it was made"
    )


@pytest.mark.parametrize("name", ["model-2.safetensors", "pytorch_model-2.bin"])
def test_a_shard_that_is_missing_is_named(tmp_path: Path, name):
    shards(tmp_path, re.sub(r"-2", "", name), **{name: ["a"]})
    assert refusal(tmp_path) == (
        f"{tmp_path / name} does not exist; take the whole folder again from where it was made"
    )


@pytest.mark.parametrize("index", [b"{}", b'{"weight_map": []}', b'{"weight_map": {}}'])
def test_an_index_without_a_map_is_told(tmp_path, index):
    path = tmp_path / "model.safetensors.index.json"
    path.write_bytes(index)
    assert refusal(tmp_path) == f"{path} must say in weight_map which file holds which tensor, and does not"


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", 7])
def test_an_index_cannot_name_files_elsewhere(tmp_path, name):
    path = tmp_path / "model.safetensors.index.json"
    path.write_text(json.dumps({"weight_map": {"a": name}}), encoding="utf-8")
    assert refusal(tmp_path) == (
        f"{path} must name files of its own folder, and names {json.dumps(name)}; "
        "take it again from where it was made"
    )
