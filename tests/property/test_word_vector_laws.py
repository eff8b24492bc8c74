"""Laws of thresholds and of mean cosines."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyheads.experiments.contextual import cosine_matrix, mean_cosine
from manyheads.experiments.wic import choose_threshold

pytestmark = pytest.mark.property

ANSWERED = st.lists(st.tuples(st.integers(-4, 4), st.booleans()), min_size=1, max_size=30)


@given(ANSWERED)
def test_no_other_threshold_leaves_more_answers_right(answered):
    cosines = np.array([cosine / 4 for cosine, _ in answered])
    same = np.array([answer for _, answer in answered])

    def right(threshold):
        return int(((cosines >= threshold) == same).sum())

    tried = [*np.arange(-1.125, 1.2, 0.25)]
    assert right(choose_threshold(cosines, same)) == max(map(right, tried))


@given(st.integers(2, 9), st.integers(1, 5), st.integers(0, 99))
def test_a_mean_cosine_is_the_mean_of_the_matrix_without_its_diagonal(count, width, seed):
    layers = np.random.default_rng(seed).normal(size=(3, count, width))
    for vectors, mean in zip(layers, mean_cosine(layers), strict=True):
        others = cosine_matrix(vectors)[~np.eye(count, dtype=bool)]
        assert mean == pytest.approx(others.mean(), abs=1e-8)
