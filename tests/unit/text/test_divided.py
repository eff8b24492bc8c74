from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyheads.text.divided import line_ranges


def test_neighbouring_numbers_become_one_range():
    assert line_ranges(np.array([2, 3, 5, 7, 8, 9, 13])) == [[2, 3], [5, 5], [7, 9], [13, 13]]
    assert line_ranges(np.array([], np.int64)) == []


@pytest.mark.property
@given(st.sets(st.integers(1, 60)))
def test_ranges_hold_their_numbers_and_cannot_be_joined(numbers):
    ranges = line_ranges(np.array(sorted(numbers), np.int64))
    assert {number for first, last in ranges for number in range(first, last + 1)} == numbers
    assert all(after[0] - before[1] > 1 for before, after in pairwise(ranges))
