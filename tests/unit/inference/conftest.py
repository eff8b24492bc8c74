"""What tests of code in C share."""

import pytest

from manyheads.inference import native, native_stack


@pytest.fixture
def fresh():
    """Forget what was compiled, before and afterwards."""
    caches = (native.library, native_stack.code)
    for each in caches:
        each.cache_clear()
    yield
    for each in caches:
        each.cache_clear()
