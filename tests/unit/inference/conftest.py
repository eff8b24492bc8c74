"""What tests of code in C share."""

import pytest

from manyheads.inference import native, native_stack, trial


@pytest.fixture
def fresh():
    """Forget what was compiled, before and afterwards."""
    caches = (native.library, native_stack.code, native_stack.is_right, trial.try_both)
    for each in caches:
        each.cache_clear()
    yield
    for each in caches:
        each.cache_clear()
