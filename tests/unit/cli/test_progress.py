import io
import sys

import pytest
import torch

from manyheads.cli.progress import progress_bar
from manyheads.inference.precision import Prepared

HOW = Prepared(torch.device("cpu"), "bfloat16", "it is 2.0x as fast here", tried=True)
USUAL = Prepared(torch.device("cpu"), "float32", "it is as fast here", tried=True)


def put_stderr(monkeypatch, *, terminal):
    stream = io.StringIO()
    stream.isatty = lambda: terminal
    monkeypatch.setattr(sys, "stderr", stream)
    return stream


@pytest.mark.parametrize(("terminal", "wanted"), [(False, True), (True, False)])
def test_nothing_is_shown_without_a_terminal_or_where_it_is_not_wanted(monkeypatch, terminal, wanted):
    stream = put_stderr(monkeypatch, terminal=terminal)
    with progress_bar(3, USUAL, wanted=wanted) as advance:
        advance(2)
    assert stream.getvalue() == ""


def test_a_terminal_shows_how_it_is_computed_and_how_many_are_done(monkeypatch):
    stream = put_stderr(monkeypatch, terminal=True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    with progress_bar(3, HOW) as advance:
        advance(2)
        advance(1)
    assert stream.getvalue().startswith("manyheads: cpu, bfloat16 (it is 2.0x as fast here)\n")
    assert "3/3 texts" in stream.getvalue()


def test_another_precision_than_float32_is_said_in_every_terminal(monkeypatch):
    stream = put_stderr(monkeypatch, terminal=True)
    with progress_bar(1, HOW, wanted=False) as advance:
        advance(1)
    assert stream.getvalue() == "manyheads: cpu, bfloat16 (it is 2.0x as fast here)\n"
