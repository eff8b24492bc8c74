import io
import sys

import pytest

from manyheads.cli.progress import progress_bar


@pytest.mark.parametrize(("terminal", "wanted"), [(False, True), (True, False)])
def test_nothing_is_shown_without_a_terminal_or_where_it_is_not_wanted(monkeypatch, terminal, wanted):
    stream = io.StringIO()
    stream.isatty = lambda: terminal
    monkeypatch.setattr(sys, "stderr", stream)
    with progress_bar(3, wanted=wanted) as advance:
        advance(2)
    assert stream.getvalue() == ""


def test_a_terminal_shows_how_many_are_done(monkeypatch):
    stream = io.StringIO()
    stream.isatty = lambda: True
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    with progress_bar(3) as advance:
        advance(2)
        advance(1)
    assert "3/3 texts" in stream.getvalue()
