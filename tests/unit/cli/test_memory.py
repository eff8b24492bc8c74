"""Memory that is free again is given back after each few thousand texts."""

import ctypes
import sys
from types import SimpleNamespace

import pytest

from manyheads.cli.memory import give_back_memory


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


@pytest.mark.usefixtures("three_at_once")
def test_it_is_asked_after_every_chunk(run, make_folder, monkeypatch):
    """Seven lines in chunks of three."""
    make_folder()
    asked = []
    monkeypatch.setattr("manyheads.cli.encoders.give_back_memory", lambda: asked.append(1))
    assert len(run("embed", "--model", "toy", stdin=b"a dog\n" * 7).lines) == 7
    assert len(asked) == 3
