"""What every test of training takes for granted."""

import pytest


@pytest.fixture(autouse=True)
def _spared(power_stays_on):
    """No test here waits for the disk."""
