"""Memory that is free again is given back after each few thousand texts."""

import pytest


@pytest.mark.usefixtures("three_at_once")
def test_it_is_asked_after_every_chunk(run, make_folder, monkeypatch):
    """Seven lines in chunks of three."""
    make_folder()
    asked = []
    monkeypatch.setattr("manyheads.cli.encoders.give_back_memory", lambda: asked.append(1))
    assert len(run("embed", "--model", "toy", stdin=b"a dog\n" * 7).lines) == 7
    assert len(asked) == 3
