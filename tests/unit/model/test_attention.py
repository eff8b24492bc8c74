"""Attention by hand, and its three ways to the same numbers."""

import math

import pytest
import torch

from manyheads.batches.packed import Layout, Lengths
from manyheads.model import attention as module
from manyheads.model.attend import (
    attend_by_products,
    attend_by_steps,
    attend_fused,
    lower_right,
    products_are_faster,
    steps_are_faster,
)
from manyheads.model.attention import Attention, side_by_side
from manyheads.model.cache import MemoryKeys
from manyheads.model.tap import Tap, observe


def attention(kind="encoder", dropout=0.0):
    return Attention(d_model=15, num_heads=3, dropout=dropout, kind=kind, layer=0)


def drawn(sequences, length):
    """Three heads of five."""
    return torch.randn(sequences, 3, length, 5)


def test_a_causal_mask_ends_at_the_last_key():
    """Two queries at the end of four keys, then three of three.

    1 1 1 0      1 0 0
    1 1 1 1      1 1 0
                 1 1 1
    """
    cpu = torch.device("cpu")
    assert lower_right(2, 4, cpu).int().tolist() == [[1, 1, 1, 0], [1, 1, 1, 1]]
    assert lower_right(3, 3, cpu).int().tolist() == [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
    assert lower_right(1, 5, cpu).tolist() == [[True] * 5]


def test_one_head_attends_as_worked_out_by_hand():
    """Query (0, 2), keys (1, 0) and (0, 1): scores 0 and 2, over sqrt(2): 0 and 1.414.

    Weights e^0 and e^1.414 over their sum: 0.1956 and 0.8044. Values 10 and 20: 0.1956 * 10 + 0.8044 * 20.
    """
    query = torch.tensor([[[[0.0, 2.0]]]])
    key = torch.tensor([[[[1.0, 0.0], [0.0, 1.0]]]])
    value = torch.tensor([[[[10.0, 1.0], [20.0, 1.0]]]])
    share = math.exp(math.sqrt(2)) / (1 + math.exp(math.sqrt(2)))
    wanted = torch.tensor([[[[10 + 10 * share, 1.0]]]])
    torch.testing.assert_close(attend_by_steps(query, key, value, tap=Tap(attention())), wanted)
    torch.testing.assert_close(attend_fused(query, key, value), wanted)


def test_a_masked_key_is_not_looked_at_however_much_it_offers():
    """Both keys would be looked at alike; the mask leaves the first: its value alone is carried away."""
    query, key = torch.ones(1, 1, 1, 2), torch.ones(1, 1, 2, 2)
    value = torch.tensor([[[[10.0, 1.0], [1e30, -1e30]]]])
    may_look = torch.tensor([[True, False]])
    for context in (
        attend_by_steps(query, key, value, may_look=may_look, tap=Tap(attention())),
        attend_fused(query, key, value, may_look=may_look),
    ):
        assert context.tolist() == [[[[10.0, 1.0]]]]


@pytest.mark.parametrize("mask", [None, "causal", "padding"])
def test_the_kernel_gives_what_the_steps_give(mask):
    query, key, value = drawn(2, 7), drawn(2, 7), drawn(2, 7)
    may_look = {
        None: None,
        "causal": lower_right(7, 7, query.device),
        "padding": (torch.arange(7) < torch.tensor([[7], [4]]))[:, None, None, :],
    }[mask]
    steps = attend_by_steps(query, key, value, may_look=may_look, tap=Tap(attention()))
    torch.testing.assert_close(attend_fused(query, key, value, may_look=may_look), steps, rtol=0, atol=1e-5)
    if mask == "causal":
        torch.testing.assert_close(attend_fused(query, key, value, causal=True), steps, rtol=0, atol=1e-5)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.bfloat16, 2e-2)])
@pytest.mark.parametrize("length", [1, 7, 16, 40, 41, 256])
def test_products_give_what_the_steps_give(length, dtype, tolerance):
    """From 16 to 40 tokens softmax works on a float32 copy."""
    block = torch.randn(2, length, 3, 3, 5).to(dtype)
    query, key, value = block.permute(2, 0, 3, 1, 4)
    found = attend_by_products(query, key, value)
    assert found.dtype == dtype
    steps = attend_by_steps(query, key, value, tap=Tap(attention()))
    torch.testing.assert_close(found, steps, rtol=tolerance, atol=tolerance)


def test_products_are_taken_in_bfloat16_on_short_sequences_alone():
    query = torch.zeros(1, 1, 256, 2, dtype=torch.bfloat16)
    assert products_are_faster(query, query)
    assert not products_are_faster(query.float(), query.float())
    assert not products_are_faster(query, query[:, :, :255])
    assert not products_are_faster(query[:, :, :1], query[:, :, :1])
    longer = torch.zeros(1, 1, 257, 2, dtype=torch.bfloat16)
    assert not products_are_faster(longer, longer)
    assert not products_are_faster(query.requires_grad_(), query)
    assert not products_are_faster(query.to("meta"), query)


def test_in_bfloat16_products_take_the_kernel_s_place_where_everybody_may_look(monkeypatch):
    ran = []
    inner = module.attend_by_products
    monkeypatch.setattr(
        module, "attend_by_products", lambda *args: (ran.append(len(args[0])), inner(*args))[1]
    )
    lengths = Lengths((7, 2, 2))
    hidden = torch.randn(11, 15).bfloat16()
    for kind in ("encoder", "decoder"):
        part = attention(kind).to(torch.bfloat16)
        with torch.no_grad():
            found = part(hidden, hidden, Layout(lengths, lengths))
            with observe(part, lambda _site, _tensor: None):
                steps = part(hidden, hidden, Layout(lengths, lengths))
        torch.testing.assert_close(found, steps, rtol=2e-2, atol=2e-2)
    assert ran == [1, 2]


def test_steps_are_taken_in_training_on_short_sequences_alone():
    """128 * 128 is the last product of lengths for which the steps are taken."""
    learning = torch.zeros(1, 1, 128, 2, requires_grad=True)
    keys = torch.zeros(1, 1, 128, 2)
    assert steps_are_faster(learning, keys)
    assert not steps_are_faster(learning, torch.zeros(1, 1, 129, 2))
    assert not steps_are_faster(learning.detach(), keys)
    assert not steps_are_faster(learning.to("meta"), keys)


@pytest.mark.parametrize("kind", ["encoder", "decoder", "cross"])
def test_kernel_steps_and_training_give_the_same_numbers(kind, monkeypatch):
    """Which of the two ran is counted, or the test would compare one with itself."""
    ran = []
    for name in ("attend_by_steps", "attend_fused"):
        inner = getattr(module, name)
        monkeypatch.setattr(
            module,
            name,
            lambda *args, name=name, inner=inner, **kw: (ran.append(name), inner(*args, **kw))[1],
        )
    part, lengths = attention(kind), Lengths((7, 2, 2))
    keys = Lengths((3, 11, 11)) if kind == "cross" else lengths
    hidden = torch.randn(lengths.total, 15)
    memory = torch.randn(keys.total, 15) if kind == "cross" else hidden
    training = part(hidden, memory, Layout(lengths, keys))
    with torch.no_grad():
        fused = part(hidden, memory, Layout(lengths, keys))
        with observe(part, lambda _site, _tensor: None):
            steps = part(hidden, memory, Layout(lengths, keys))
    assert ran == ["attend_by_steps"] * 2 + ["attend_fused"] * 2 + ["attend_by_steps"] * 2
    torch.testing.assert_close(fused, steps, rtol=0, atol=1e-5)
    torch.testing.assert_close(fused, training, rtol=0, atol=1e-5)


def test_long_sequences_train_through_the_kernel_with_the_same_gradients():
    """129 tokens are over the border; the same tokens as steps: an observer looks."""
    part, layout = attention("decoder"), Layout(Lengths((129,)), Lengths((129,)))
    hidden, toward = torch.randn(129, 15), torch.randn(129, 15)
    gradients = []
    for looked_at in (False, True):
        part.zero_grad()
        if looked_at:
            with observe(part, lambda _site, _tensor: None):
                output = part(hidden, hidden, layout)
        else:
            output = part(hidden, hidden, layout)
        (output * toward).sum().backward()
        gradients.append([parameter.grad.clone() for parameter in part.parameters()])
    for fused, steps in zip(*gradients, strict=True):
        torch.testing.assert_close(fused, steps, rtol=0, atol=1e-4)


def test_heads_are_cut_and_put_side_by_side_again():
    """Token 4 of the packed batch is token 1 of sequence 1; its second head holds the numbers 5 to 9."""
    packed = torch.arange(6 * 15).float().view(6, 15)
    heads = attention().split(packed, 2)
    assert heads.shape == (2, 3, 3, 5)
    assert heads[1, 1, 1].tolist() == packed[4, 5:10].tolist()
    assert heads.data_ptr() == packed.data_ptr()
    assert torch.equal(side_by_side(heads), packed)


def test_weights_are_dropped_in_training_alone():
    part, hidden = attention(dropout=0.5), torch.randn(7, 15)
    layout = Layout(Lengths((7,)), Lengths((7,)))
    assert not torch.equal(part(hidden, hidden, layout), part(hidden, hidden, layout))
    part.eval()
    assert torch.equal(part(hidden, hidden, layout), part(hidden, hidden, layout))


def test_a_sentences_hypotheses_look_across_at_one_memory():
    """Two sentences of 3 and 5 tokens with two hypotheses each: as if each were a target of one token."""
    part = attention("cross").eval()
    lengths, hidden = Lengths((3, 5)), torch.randn(4, 15)
    memory = torch.randn(lengths.total, 15)
    keys = MemoryKeys.build([part.keys_of(memory)], lengths, 3)
    doubled = torch.cat([memory[:3], memory[:3], memory[3:], memory[3:]])
    layout = Layout(Lengths((1, 1, 1, 1)), Lengths((3, 3, 5, 5)))
    with torch.no_grad():
        wanted = part(hidden, doubled, layout)
        torch.testing.assert_close(part.step_across(hidden, keys), wanted, rtol=0, atol=1e-5)
