"""Linear maps in C: bytes exactly, bfloat16 and float32 to their last places, for any number of rows."""

from functools import partial

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from manyheads.inference import native
from manyheads.inference.native_maps import in_tiles, to_bytes
from manyheads.inference.native_stack import apply_map, begin_packing, code

pytestmark = pytest.mark.skipif(native.library("translator") is None, reason="C needs a compiler")


def apply(kind, linear, rows, **options):
    packing = begin_packing(kind)
    given = rows.clone()
    found = apply_map(packing.map(linear), given, **options)
    torch.testing.assert_close(given, rows, rtol=0, atol=0, equal_nan=True, msg="rows are as they were")
    return found


def draw(rows, inputs, outputs, seed, *, bias=True):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return nn.Linear(inputs, outputs, bias=bias).requires_grad_(requires_grad=False), torch.randn(
            rows, inputs
        )


sizes = {
    "rows": st.integers(1, 60),
    "inputs": st.integers(1, 9).map(lambda number: 16 * number),
    "outputs": st.integers(1, 100),
    "seed": st.integers(0, 2**31),
}


@settings(max_examples=40, deadline=None)
@given(**sizes, bias=st.booleans())
def test_float32_is_pytorchs_product(rows, inputs, outputs, seed, bias):
    linear, numbers = draw(rows, inputs, outputs, seed, bias=bias)
    torch.testing.assert_close(apply("float32", linear, numbers), linear(numbers), rtol=1e-5, atol=1e-5)


@settings(max_examples=40, deadline=None)
@given(**sizes)
def test_bfloat16_rounds_both_sides_and_adds_up_in_float32(rows, inputs, outputs, seed):
    linear, numbers = draw(rows, inputs, outputs, seed)
    wanted = numbers.bfloat16().float() @ linear.weight.bfloat16().float().T + linear.bias
    torch.testing.assert_close(apply("bfloat16", linear, numbers), wanted, rtol=1e-4, atol=1e-4)


def in_bytes(numbers):
    """What a row is in int8, in plain steps: its largest number apart, the rest in even steps."""
    rounded = []
    for row in numbers:
        apart = torch.zeros_like(row)
        place = int(row.abs().argmax())
        rest = row.index_fill(0, torch.tensor([place]), 0.0)
        if row[place].abs() > 1.2 * rest.abs().max():
            apart[place] = row[place]
        else:
            rest = row
        zero = (rest.max() + rest.min()) / 2
        scale = (rest.max() - zero) / code().row_steps()
        rounded.append(((rest - zero) / scale).round() * scale + zero + apart)
    return torch.stack(rounded)


@settings(max_examples=40, deadline=None)
@given(**sizes, outlier=st.sampled_from([0.0, 3.0, -40.0]), second=st.sampled_from([None, 0, 1]))
def test_int8_is_the_product_of_what_was_rounded(rows, inputs, outputs, seed, outlier, second):
    """With no number far from the others, one, or two, in the same lane of the processor's vectors or not."""
    linear, numbers = draw(rows, inputs, outputs, seed)
    numbers[::2, inputs // 2] += outlier
    if second is not None:
        numbers[::3, second] -= outlier
    whole, scales = to_bytes(linear.weight, code().pair_steps())
    assert whole.abs().max() <= 127
    assert whole.int().unflatten(1, (-1, 2)).sum(dim=2).abs().max() <= code().pair_steps() + 1
    wanted = in_bytes(numbers) @ (whole * scales[:, None]).T + linear.bias
    # A number that lies between two steps may fall to either.
    step = numbers.abs().amax(dim=1).max() / code().row_steps() * linear.weight.abs().max()
    torch.testing.assert_close(apply("int8", linear, numbers), wanted, rtol=1e-4, atol=float(step) + 1e-4)
    far = (apply("int8", linear, numbers) - wanted).abs() > 1e-3
    assert far.float().mean() < 0.05


@pytest.mark.parametrize("neighbours", [1, 2, 4])
@pytest.mark.parametrize("kind", ["float32", "bfloat16", "int8"])
def test_the_largest_bytes_do_not_overflow(kind, neighbours):
    """Rows and weights at both ends, over 2,048 inputs: 16 bits would hold no more than two products."""
    linear = nn.Linear(2048, 40, bias=False).requires_grad_(requires_grad=False)
    signs = torch.tensor([1.0, -1.0]).repeat_interleave(neighbours).repeat(1024 // neighbours)
    linear.weight.copy_(signs.expand(40, 2048))
    numbers = torch.stack([signs, -signs, torch.ones(2048)])
    wanted = torch.tensor([2048.0, -2048.0, 0.0])[:, None].expand(3, 40)
    torch.testing.assert_close(apply(kind, linear, numbers), wanted, rtol=1e-6, atol=1e-3)


@pytest.mark.parametrize("kind", ["float32", "bfloat16", "int8"])
def test_rows_of_zeros_give_the_bias(kind):
    linear, _ = draw(1, 32, 5, seed=1)
    torch.testing.assert_close(apply(kind, linear, torch.zeros(3, 32)), linear.bias.expand(3, 5))


@pytest.mark.parametrize("large", [5e-38, 1.0])
def test_numbers_too_small_for_an_inverse_are_the_middle_of_their_row(large):
    """A range of some 1e-39 has no inverse in float32; beside a large number that stands apart, neither."""
    linear, _ = draw(1, 32, 5, seed=1)
    numbers = torch.full((1, 32), 4.9e-38 if large < 1 else 2e-38)
    numbers[0, 3] = large
    torch.testing.assert_close(apply("int8", linear, numbers), linear(numbers), rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize("ulps", range(191, 300, 12))
def test_the_ends_of_a_row_that_is_nearly_constant_stay_where_they_are(ulps):
    """The middle of an odd number of last places is beside the middle, so that one end is farther away."""
    linear, _ = draw(1, 32, 40, seed=1)
    numbers = 1 + torch.finfo(torch.float32).eps * torch.linspace(0, ulps, 32).round()[None]
    whole, scales = to_bytes(linear.weight, code().pair_steps())
    wanted = numbers.double() @ (whole * scales[:, None]).double().T + linear.bias
    spread = float(numbers.max() - numbers.min())
    found = apply("int8", linear, numbers).double()
    torch.testing.assert_close(found, wanted, rtol=0, atol=0.03 * spread + 1e-6)


@pytest.mark.parametrize("kind", ["float32", "bfloat16", "int8"])
def test_two_threads_give_what_one_gives(kind):
    linear, numbers = draw(300, 64, 77, seed=2)
    assert torch.equal(apply(kind, linear, numbers, threads=2), apply(kind, linear, numbers))


BENDS = {
    "relu": F.relu,
    "gelu": F.gelu,
    "gelu_tanh": partial(F.gelu, approximate="tanh"),
    "silu": F.silu,
    "tanh": torch.tanh,
}


@pytest.mark.parametrize("bend", BENDS)
def test_what_bends_a_number_is_pytorchs_function_wherever_it_lies(bend):
    """From -200 to 200, closely around 0, at the ends of what float32 holds, and what is no number."""
    near = torch.linspace(-13, 13, 4001)
    numbers = torch.cat([near, near * 16, near * 1e-6, torch.tensor([0.0, 1e30, -1e30])])
    identity = nn.Linear(16, 16, bias=False).requires_grad_(requires_grad=False)
    identity.weight.copy_(torch.eye(16))
    rows = F.pad(numbers, (0, -len(numbers) % 16)).reshape(-1, 16)
    rows = torch.cat([rows, torch.full((1, 16), torch.nan)])
    found = apply("float32", identity, rows, bend=bend)
    torch.testing.assert_close(found, BENDS[bend](rows), rtol=3e-6, atol=6e-7, equal_nan=True)


def test_a_tile_has_the_same_32_bits_of_all_its_outputs_side_by_side():
    """Four outputs of eight int8 in tiles of two: first the first four numbers of outputs 0 and 1."""
    weight = torch.arange(32, dtype=torch.int8).reshape(4, 8)
    tiles = in_tiles(weight, 2).view(torch.int8).reshape(2, 2, 2, 4)
    assert tiles[0].tolist() == [
        [[0, 1, 2, 3], [8, 9, 10, 11]],
        [[4, 5, 6, 7], [12, 13, 14, 15]],
    ]
