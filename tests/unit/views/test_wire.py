import base64
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyheads.views.wire import deflated, packed, quantise, restore


@pytest.mark.parametrize("weight", np.linspace(0, 1, 23).tolist())
def test_no_weight_is_off_by_more_than_four_thousandths(weight):
    """The step of the square root is 1/255, so the error is at most about sqrt(w) / 255."""
    stored = quantise(np.array([weight], np.float32))
    assert abs(restore(stored)[0] - weight) <= 0.004


@given(st.integers(2, 512), st.integers(0, 2**31), st.sampled_from([0.05, 0.3, 1.0, 30.0]))
def test_rows_of_any_length_and_sharpness_sum_to_one_within_two_hundredths(length, seed, shape):
    weights = np.random.default_rng(seed).gamma(shape, size=(1, 1, length)).astype(np.float32) + 1e-9
    weights /= weights.sum(-1, keepdims=True)
    assert abs(restore(quantise(weights)).sum() - 1) <= 0.02


def test_a_block_is_deflated_bytes_with_heads_first():
    weights = np.array([[[0.0, 1.0]], [[0.25, 0.75]]], np.float32)
    assert list(zlib.decompress(deflated(weights))) == [0, 255, 128, 221]


@pytest.mark.parametrize(("precision", "width"), [("float16", 2), ("float32", 4)])
def test_numbers_travel_little_endian_with_their_shape(precision, width):
    told = packed(np.array([[1.5, -2.0, 0.25]]), precision)
    stored = zlib.decompress(base64.b64decode(told["data"]))
    assert (told["dtype"], told["shape"], len(stored)) == (precision, [1, 3], 3 * width)
    numbers = np.frombuffer(stored, np.uint8).reshape(width, 3).T.tobytes()  # the lowest bytes come first
    assert np.frombuffer(numbers, f"<f{width}").tolist() == [1.5, -2.0, 0.25]
