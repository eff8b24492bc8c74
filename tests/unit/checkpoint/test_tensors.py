import errno
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import SafetensorError

from manyheads.checkpoint.atomic import replace_files
from manyheads.checkpoint.tensors import (
    check_weights,
    load_metadata,
    load_tensors,
    save_tensors,
    tensors_file,
)
from manyheads.errors import ModelError, RunError

LIMIT = 100_000


@pytest.fixture
def files_limited() -> Iterator[None]:
    """Let no file grow beyond a limit, as a quota would."""
    resource = pytest.importorskip("resource", reason="Windows has no limit on the size of a file")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def bits(tensor: torch.Tensor) -> bytes:
    return tensor.contiguous().view(torch.uint8).numpy().tobytes() if tensor.ndim else bits(tensor[None])


def example() -> dict[str, torch.Tensor]:
    return {"a": torch.arange(15.0).reshape(3, 5), "b": torch.tensor([1.5, -2.0]).bfloat16()}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    save_tensors(path, example(), metadata={"step": "7"})
    return path


def damage(path: Path, content: bytes) -> Path:
    """Write damaged content to another file: the first one may still be mapped."""
    damaged = path.with_name("damaged")
    damaged.unlink(missing_ok=True)
    damaged.write_bytes(content)
    return damaged


def test_tensors_come_back_bit_for_bit(tmp_path: Path):
    """The bits of a NaN and of minus nought count too; 32640 is 0x7f80, infinity in bfloat16."""
    tensors = {
        "float32": torch.tensor([[float("nan"), -0.0], [float("inf"), 1e-45]]),
        "bfloat16": torch.tensor([32640, 32641, 16256], dtype=torch.int16).view(torch.bfloat16),
        "float16": torch.tensor([6e-8, 65504.0]).half(),
        "int64": torch.tensor([2**62 + 1, -1]),
        "uint8": torch.arange(5, dtype=torch.uint8),
        "bool": torch.tensor([True, False, True]),
        "single": torch.tensor(3.0),
        "empty": torch.zeros(0, 7),
    }
    save_tensors(tmp_path / "t", tensors)
    back = load_tensors(tmp_path / "t")
    assert set(back) == set(tensors)
    for name, tensor in tensors.items():
        assert (back[name].dtype, back[name].shape) == (tensor.dtype, tensor.shape)
        assert bits(back[name]) == bits(tensor)


def test_parameters_views_and_transposed_tensors_are_stored_by_value(tmp_path: Path):
    whole = torch.arange(12.0)
    tensors = {
        "parameter": torch.nn.Parameter(torch.ones(2)),
        "transposed": torch.arange(6.0).reshape(2, 3).T,
        "left": whole[:5],
        "right": whole[5:],
    }
    save_tensors(tmp_path / "t", tensors)
    back = load_tensors(tmp_path / "t")
    assert back["transposed"].tolist() == [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]]
    assert back["left"].tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert back["right"].tolist() == [5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0]
    assert not back["parameter"].requires_grad


def test_metadata_comes_back(path: Path, tmp_path: Path):
    assert load_metadata(path) == {"step": "7"}
    save_tensors(tmp_path / "plain", example())
    assert load_metadata(tmp_path / "plain") == {}


def test_a_file_can_be_read_while_it_is_replaced(path: Path):
    mapped = load_tensors(path)
    save_tensors(path, {"a": torch.zeros(3, 5)})
    assert mapped["a"].tolist()[2] == [10.0, 11.0, 12.0, 13.0, 14.0]
    assert load_tensors(path)["a"].sum() == 0


def test_tensors_can_be_one_of_several_files(tmp_path: Path):
    replace_files(tmp_path, {"t": tensors_file(example(), metadata={"k": "v"}), "step": b"7"})
    assert load_metadata(tmp_path / "t") == {"k": "v"}
    assert load_tensors(tmp_path / "t")["a"].shape == (3, 5)


@pytest.mark.parametrize(
    "view",
    [torch.Tensor.t, lambda whole: whole[2], lambda whole: whole.view(15)[14:]],
    ids=["transposed", "a row", "the last of it"],
)
def test_tensors_that_share_memory_are_refused_by_name(tmp_path: Path, view):
    whole = torch.ones(3, 5)
    with pytest.raises(ModelError) as caught:
        save_tensors(tmp_path / "t", {"embedding": whole, "other": torch.ones(2), "output": view(whole)})
    assert str(caught.value) == (
        "the tensors 'embedding' and 'output' share memory and would be stored twice; "
        "give one of them, or a clone"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told_by_the_number_that_the_library_hides_in_its_sentence(
    path: Path, monkeypatch: pytest.MonkeyPatch
):
    """15 float32 and 2 bfloat16 are 64 bytes, rounded up to 1 MB."""
    before = path.read_bytes()

    def fail(*_: object, **__: object) -> None:
        raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")

    monkeypatch.setattr(safetensors.torch, "save_file", fail)
    with pytest.raises(RunError) as caught:
        save_tensors(path, example())
    assert isinstance(caught.value.__cause__, OSError)
    assert caught.value.__cause__.errno == errno.ENOSPC
    assert str(caught.value) == (
        f"no space left while writing {path}; what was there before is unchanged; "
        "free at least 1 MB on that disk and try again"
    )
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_an_error_of_the_library_that_is_not_the_systems_is_passed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def fail(*_: object, **__: object) -> None:
        raise SafetensorError("no such type")

    monkeypatch.setattr(safetensors.torch, "save_file", fail)
    with pytest.raises(SafetensorError, match="no such type"):
        save_tensors(tmp_path / "t", example())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("files_limited")
def test_a_real_limit_of_the_system_leaves_the_old_file(path: Path):
    before = path.read_bytes()
    with pytest.raises(RunError) as caught:
        save_tensors(path, {"a": torch.ones(LIMIT)})
    assert str(caught.value) == (
        f"{path} could not be written: File too large; what was there before is unchanged; "
        "mend that or give another place"
    )
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_does_not_exist_is_told(tmp_path: Path):
    for read in (load_tensors, load_metadata):
        with pytest.raises(ModelError) as caught:
            read(tmp_path / "none")
        assert str(caught.value) == (
            f"{tmp_path / 'none'} does not exist; take the whole folder again from where it was made"
        )


def test_a_file_cut_off_anywhere_is_told(path: Path):
    content = path.read_bytes()
    for length in range(len(content)):
        with pytest.raises(ModelError) as caught:
            load_tensors(damage(path, content[:length]))
        start = f"{path.with_name('damaged')} is no whole safetensors file, it is cut off or was changed ("
        assert str(caught.value).startswith(start)
        assert str(caught.value).endswith("); take it again from where it was made")
    assert "header too small" in refusal(damage(path, b""))
    assert "invalid header length" in refusal(damage(path, content[:40]))
    assert "incomplete metadata" in refusal(damage(path, content[:-1]))


def refusal(path: Path) -> str:
    with pytest.raises(ModelError) as caught:
        load_tensors(path)
    return str(caught.value)


def with_header(header: object, values: bytes) -> bytes:
    written = json.dumps(header).encode()
    return len(written).to_bytes(8, "little") + written + values


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}, "invalid shape, data type"),
        ({"a": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}}, "invalid offset for tensor"),
        ({"a": {"dtype": "F16", "shape": [2], "data_offsets": [0, 8]}}, "invalid shape, data type"),
        ({"a": {"dtype": "PICKLE", "shape": [2], "data_offsets": [0, 8]}}, "unknown variant `PICKLE`"),
        ({"a": {"dtype": "F32", "shape": [-2], "data_offsets": [0, 8]}}, "invalid JSON in header"),
        ({"a": {"dtype": "F32", "shape": [2**40, 2**40], "data_offsets": [0, 8]}}, "overflow"),
        ({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}, "incomplete metadata"),
        (["a"], "invalid JSON in header"),
    ],
)
def test_a_tampered_header_is_told(path: Path, header: object, told: str):
    assert told in refusal(damage(path, with_header(header, bytes(8))))


def test_a_header_longer_than_any_memory_is_told(path: Path):
    damaged = damage(path, b"\xff" * 8 + path.read_bytes()[8:])
    assert "header too large" in refusal(damaged)


@pytest.mark.property
@settings(max_examples=150, deadline=None)
@given(position=st.integers(min_value=0, max_value=160), value=st.integers(min_value=0, max_value=255))
def test_a_changed_byte_of_the_header_is_told_or_gives_tensors(
    tmp_path_factory: pytest.TempPathFactory, position: int, value: int
):
    """A letter of a name can change without harm to the file: `check_weights` finds that."""
    content = safetensors.torch.save(example(), metadata={"step": "7"})
    header_end = 8 + int.from_bytes(content[:8], "little")
    position %= header_end
    damaged = damage(
        tmp_path_factory.getbasetemp() / "whole",
        content[:position] + bytes([value]) + content[position + 1 :],
    )
    try:
        sizes = sorted(tensor.numel() for tensor in load_tensors(damaged).values())
    except ModelError:
        sizes = [2, 15]
    assert sizes == [2, 15]


def test_weights_that_fit_are_let_through():
    check_weights({"a": torch.Size([3, 5]), "b": (2,)}, example(), Path("runs/m"))


def test_all_that_does_not_fit_is_told_at_once():
    """Five are missing, of which three are shown; the transposed one has 15 numbers as well."""
    expected = {"a": (5, 3), "b": (2,), "c": (), **{f"layer.{index}": (1,) for index in range(5)}}
    given_ = {
        "a": torch.ones(3, 5),
        "b": torch.ones(2, dtype=torch.int8),
        "c": torch.ones(1),
        "d": torch.ones(1),
    }
    with pytest.raises(ModelError) as caught:
        check_weights(expected, given_, Path("runs/m"))
    assert str(caught.value) == (
        "the weights in runs/m do not fit the config: 5 missing ('layer.0', 'layer.1', 'layer.2', ...); "
        "1 unexpected ('d'); 2 of another shape ('a' is 3x5 and should be 5x3, "
        "'c' is 1 and should be a single number); "
        "1 of another type than floating point ('b' is torch.int8); "
        "take config.json and the weights from the same model"
    )
    assert caught.value.exit_code == 2
