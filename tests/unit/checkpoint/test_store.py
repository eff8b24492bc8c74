import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from manyheads.checkpoint.store import StoredModel, check_weights, load_model, save_model
from manyheads.errors import ModelError, RunError
from manyheads.text.tokenizer import Tokenizer

HOLDS = (
    "a model folder holds config.json, model.safetensors and tokenizer.json "
    "(or tokenizer.src.json and tokenizer.tgt.json)"
)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.train(["one two"], kind="bpe", vocab_size=264, normalization="nfc")


@pytest.fixture
def stored(tokenizer: Tokenizer) -> StoredModel:
    return StoredModel(
        config={"task": "translation", "src_lang": "ü"},
        weights={"a": torch.arange(15.0).reshape(3, 5), "b": torch.tensor([float("nan"), 1.5]).bfloat16()},
        tokenizers={"shared": tokenizer},
        card="# é\n",
        extra={"log.jsonl": b"{}\r\n", "curve.svg": b"\xff"},
    )


@pytest.fixture
def folder(tmp_path: Path, stored: StoredModel) -> Path:
    folder = tmp_path / "runs" / "numbers"
    save_model(folder, stored)
    return folder


def refusal(folder: Path) -> str:
    with pytest.raises(ModelError) as caught:
        load_model(folder)
    assert caught.value.exit_code == 2
    return str(caught.value)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def change(stored: StoredModel, **fields: Any) -> StoredModel:
    parts = {name: getattr(stored, name) for name in ("config", "weights", "tokenizers", "card", "extra")}
    return StoredModel(**parts | fields)


def test_a_model_comes_back_as_it_was(folder: Path, stored: StoredModel):
    back = load_model(folder)
    assert back.config == {"format": "manyheads", "format_version": 1, "task": "translation", "src_lang": "ü"}
    assert (back.card, back.extra) == (stored.card, stored.extra)
    assert back.tokenizers["shared"].to_json() == stored.tokenizers["shared"].to_json()
    assert {name: tensor.dtype for name, tensor in back.weights.items()} == {
        "a": torch.float32,
        "b": torch.bfloat16,
    }
    for name, tensor in stored.weights.items():
        assert back.weights[name].view(torch.uint8).equal(tensor.view(torch.uint8))


def test_a_folder_holds_the_files_of_the_design_and_nothing_else(folder: Path):
    assert sorted(contents(folder)) == [
        "README.md",
        "config.json",
        "curve.svg",
        "log.jsonl",
        "model.safetensors",
        "tokenizer.json",
    ]
    assert (folder / "config.json").read_bytes() == (
        '{\n  "format": "manyheads",\n  "format_version": 1,\n'
        '  "task": "translation",\n  "src_lang": "ü"\n}\n'.encode()
    )


def test_what_is_loaded_and_saved_again_has_the_same_bytes(folder: Path, tmp_path: Path):
    save_model(tmp_path / "again", load_model(folder))
    assert contents(tmp_path / "again") == contents(folder)
    save_model(folder, load_model(folder))
    assert contents(tmp_path / "again") == contents(folder)


def test_two_tokenizers_are_kept_apart(tmp_path: Path, stored: StoredModel, tokenizer: Tokenizer):
    other = Tokenizer.train(["drei vier"], kind="bpe", vocab_size=263, normalization="nfc")
    save_model(tmp_path / "m", change(stored, tokenizers={"src": tokenizer, "tgt": other}))
    back = load_model(tmp_path / "m").tokenizers
    assert {key: each.to_json() for key, each in back.items()} == {
        "src": tokenizer.to_json(),
        "tgt": other.to_json(),
    }


def test_a_folder_without_its_card_and_extra_files_still_loads(folder: Path):
    for name in ("README.md", "log.jsonl", "curve.svg"):
        (folder / name).unlink()
    assert (load_model(folder).card, load_model(folder).extra) == ("", {})


def test_hidden_large_and_nested_files_are_left_where_they_are(folder: Path):
    (folder / ".gitattributes").write_bytes(b"x")
    (folder / "training").mkdir()
    (folder / "training" / "state.json").write_bytes(b"x")
    (folder / "split.json").write_bytes(b"{}")
    with (folder / "large.bin").open("wb") as file:
        file.truncate(16 * 1024 * 1024 + 1)
    assert sorted(load_model(folder).extra) == ["curve.svg", "log.jsonl", "split.json"]
    save_model(folder, load_model(folder))
    assert (folder / "training" / "state.json").read_bytes() == b"x"


def test_a_save_that_fails_leaves_the_model_that_was_there(
    folder: Path, stored: StoredModel, monkeypatch: pytest.MonkeyPatch
):
    """500,000 float32 are 2 MB, and with the small files they need a third."""

    def fill_up(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    before = contents(folder)
    monkeypatch.setattr(os, "fsync", fill_up)
    with pytest.raises(RunError) as caught:
        save_model(folder, change(stored, weights={"a": torch.ones(500_000)}, card="other"))
    assert str(caught.value) == (
        f"no space left while writing {folder}; what was there before is unchanged; "
        "free at least 3 MB on that disk and try again"
    )
    assert contents(folder) == before


def test_tokenizers_that_make_no_model_are_told(tmp_path: Path, stored: StoredModel, tokenizer: Tokenizer):
    for tokenizers, given in (({}, "none"), ({"tgt": tokenizer, "shared": tokenizer}, "shared, tgt")):
        with pytest.raises(ModelError) as caught:
            save_model(tmp_path / "m", change(stored, tokenizers=tokenizers))
        assert str(caught.value) == (
            f"a model has the tokenizer 'shared' or 'text', or 'src' and 'tgt'; it was given {given}"
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["config.json", "tokenizer.tgt.json", "a/b", "..", ".hidden", ""])
def test_an_extra_file_keeps_to_its_place(tmp_path: Path, stored: StoredModel, name: str):
    with pytest.raises(ModelError) as caught:
        save_model(tmp_path / "m", change(stored, extra={name: b""}))
    assert str(caught.value) == (
        f"an extra file of a model folder needs a plain name of its own, '{name}' is none"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_model_is_not_written_over_a_file(tmp_path: Path, stored: StoredModel):
    (tmp_path / "m").write_bytes(b"mine")
    with pytest.raises(ModelError) as caught:
        save_model(tmp_path / "m", stored)
    assert str(caught.value) == (
        f"{tmp_path / 'm'} is a file, and a model is written into a folder; give another place"
    )
    assert (tmp_path / "m").read_bytes() == b"mine"


def test_a_model_is_not_mixed_with_one_of_another_kind(
    folder: Path, stored: StoredModel, tokenizer: Tokenizer
):
    before = contents(folder)
    with pytest.raises(ModelError) as caught:
        save_model(folder, change(stored, tokenizers={"src": tokenizer, "tgt": tokenizer}))
    assert str(caught.value) == (
        f"{folder} holds another kind of model (tokenizer.json has no place in this one); give another folder"
    )
    assert contents(folder) == before


def test_tied_weights_are_told(tmp_path: Path, stored: StoredModel):
    tied = torch.ones(2, 3)
    with pytest.raises(ModelError, match=r"^the tensors 'a' and 'b' share memory"):
        save_model(tmp_path / "m", change(stored, weights={"a": tied, "b": tied}))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_does_not_exist_is_told_with_what_was_probably_meant(folder: Path):
    runs = folder.parent
    (runs / "numbres").touch()
    assert (
        refusal(runs / "nunbers") == f"there is no model folder {runs / 'nunbers'}; did you mean 'numbers'?"
    )
    assert refusal(runs / "x") == f"there is no model folder {runs / 'x'}; give the path of one"


def test_a_file_in_place_of_a_folder_is_told(folder: Path):
    path = folder / "model.safetensors"
    assert refusal(path) == f"{path} is a file, and a model is a folder; {HOLDS}"


@pytest.mark.parametrize(
    ("there", "told"),
    [
        ([], "config.json and no model.safetensors and no tokenizer.json"),
        (["config.json", "tokenizer.json"], "model.safetensors"),
        (["config.json", "model.safetensors"], "tokenizer.json"),
        (["config.json", "model.safetensors", "tokenizer.src.json"], "tokenizer.tgt.json"),
        (["tokenizer.tgt.json"], "config.json and no model.safetensors and no tokenizer.src.json"),
    ],
)
def test_what_a_folder_lacks_is_told(tmp_path: Path, there: list[str], told: str):
    for name in there:
        (tmp_path / name).touch()
    assert refusal(tmp_path) == f"{tmp_path} is no whole model folder, it has no {told}; {HOLDS}"


def test_tokenizers_of_two_kinds_are_told(folder: Path):
    (folder / "tokenizer.src.json").touch()
    assert refusal(folder) == (
        f"{folder} holds tokenizer.json and tokenizer.src.json; "
        "keep the tokenizers that belong to its model alone"
    )


@pytest.mark.parametrize(
    ("config", "told"),
    [
        (
            b'{"format": "manyheads",\n  "task" 1}',
            "is no valid JSON: Expecting ':' delimiter at line 2, column 10",
        ),
        (b"", "is no valid JSON: Expecting value at line 1, column 1"),
        (b"[" * 100_000, "is no config: maximum recursion depth exceeded"),
        (b'{"n": ' + b"1" * 5000 + b"}", "is no config: Exceeds the limit"),
        (b"[1]", "must hold a JSON object, and holds a list"),
        (b'{"a": 1,\n "b": "\xfc"}', "must be UTF-8, and byte 16 (line 2) is not; save it as UTF-8"),
        (b'{"task": "tagging"}', 'must say "format": "manyheads", and says null; give a folder that'),
        (b'{"format": "x"}', 'must say "format": "manyheads", and says "x"; give a folder that'),
        (b'{"format": "manyheads"}', "format_version must be a whole number from 1 on, and is null"),
        (b'{"format": "manyheads", "format_version": true}', "from 1 on, and is true"),
        (b'{"format": "manyheads", "format_version": "1"}', 'from 1 on, and is "1"'),
        (b'{"format": "manyheads", "format_version": 0}', "from 1 on, and is 0"),
        (
            b'{"format": "manyheads", "format_version": 3}',
            "was written by a newer manyheads (format_version 3, this one reads up to 1); update with pip",
        ),
    ],
)
def test_a_config_that_cannot_be_read_is_told(folder: Path, config: bytes, told: str):
    (folder / "config.json").write_bytes(config)
    assert refusal(folder).startswith(str(folder / "config.json"))
    assert told in refusal(folder)


def damage_weights(path: Path) -> None:
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content[:-3])


def damage_tokenizer(path: Path) -> None:
    path.write_text("{", encoding="utf-8")


def damage_card(path: Path) -> None:
    path.write_bytes(b"a\xff")


@pytest.mark.parametrize(
    ("name", "damage", "told"),
    [
        ("model.safetensors", damage_weights, "is no whole safetensors file, it is cut off or was changed"),
        ("tokenizer.json", damage_tokenizer, "not a tokenizer"),
        ("README.md", damage_card, "must be UTF-8, and byte 1 (line 1) is not; save it as UTF-8"),
    ],
)
def test_a_damaged_part_is_named(folder: Path, name: str, damage: Callable[[Path], None], told: str):
    damage(folder / name)
    assert refusal(folder).startswith(str(folder / name))
    assert told in refusal(folder)


def test_a_part_that_may_not_be_read_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch):
    def forbid(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", forbid)
    assert refusal(folder) == (
        f"{folder} cannot be read: Permission denied ({folder / 'config.json'}); mend that"
    )


def test_weights_of_another_model_do_not_fit(folder: Path):
    weights = load_model(folder).weights
    check_weights({"a": (3, 5), "b": (2,)}, weights, folder)
    with pytest.raises(ModelError, match=r"1 of another shape \('a' is 3x5 and should be 7x5\)"):
        check_weights({"a": (7, 5), "b": (2,)}, weights, folder)


def test_nothing_of_a_folder_is_executed(folder: Path):
    """A pickle under the name of the weights is refused: its first bytes are no length of a header."""
    (folder / "model.safetensors").unlink()
    torch.save({"a": torch.ones(2)}, folder / "model.safetensors")
    assert "is no whole safetensors file" in refusal(folder)


def test_the_config_is_plain_json(folder: Path):
    assert json.loads((folder / "config.json").read_text(encoding="utf-8"))["format_version"] == 1
