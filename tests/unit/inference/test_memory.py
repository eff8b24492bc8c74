"""Memory that is not needed is given back to the system, and nothing is lost."""

import ctypes
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import save_file

from manyheads.checkpoint.tensors import load_tensors
from manyheads.inference.memory import give_back_memory, let_go


@pytest.mark.parametrize(("platform", "calls"), [("linux", [0]), ("win32", []), ("darwin", [])])
def test_the_c_library_is_asked_where_it_can_be(monkeypatch, platform, calls):
    seen = []
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(ctypes, "CDLL", lambda _: SimpleNamespace(malloc_trim=seen.append))
    give_back_memory()
    assert seen == calls


def test_another_c_library_has_nothing_to_ask(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(ctypes, "CDLL", lambda _: SimpleNamespace())
    give_back_memory()


def test_a_weight_that_is_let_go_is_the_same_when_it_is_read_again(tmp_path):
    """Mapped to its file it leaves memory, 32 MB of it; one of the process's own stays as it is."""
    drawn = torch.rand(8 * 1024 * 1024, generator=torch.Generator().manual_seed(1))
    save_file({"some": drawn}, tmp_path / "weights.safetensors")
    mapped = load_tensors(tmp_path / "weights.safetensors")["some"]
    before = mapped_megabytes()
    assert torch.equal(mapped, drawn)
    if sys.platform == "linux":
        assert mapped_megabytes() > before + 30
    let_go(mapped)
    assert mapped_megabytes() < before + 2
    assert torch.equal(mapped, drawn)
    own = drawn.clone()
    let_go(own)
    assert torch.equal(own, drawn)


def mapped_megabytes():
    """How much of this process's memory is mapped to files, where Linux tells."""
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="utf-8").splitlines() if status.exists() else []
    return sum(int(line.split()[1]) // 1024 for line in lines if line.startswith(("RssFile", "RssShmem")))


def test_where_nobody_says_what_is_mapped_nothing_is_let_go(monkeypatch):
    def refuse(_):
        raise PermissionError

    monkeypatch.setattr(Path, "read_bytes", refuse)
    own = torch.ones(100_000)
    let_go(own)
    assert own.sum() == 100_000


def test_a_weight_smaller_than_a_page_is_no_trouble():
    let_go(torch.ones(3))
    let_go(torch.ones(0))
