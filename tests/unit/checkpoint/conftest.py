import os

import pytest


@pytest.fixture(autouse=True)
def power_stays_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Flush nothing to the disk: that matters to a loss of power alone, and takes most of the time."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
