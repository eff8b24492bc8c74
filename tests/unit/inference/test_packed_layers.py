"""Packed linear maps against plain ones, by themselves and in an encoder's layers."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from manyheads.batches.packed import pack
from manyheads.inference import packed_linear
from manyheads.inference.embed import Encoder
from manyheads.inference.packed_layers import PackedAttention, pack_layers
from manyheads.inference.packed_linear import PackedLinear, can_pack, fusable
from manyheads.model.activation import ACTIVATIONS
from manyheads.model.tap import record_attention, switch_off

TEXTS = ["a dog runs", "one man", "the dog sees a man in the park", "two men", "a"]
BATCH = pack([[3, 9, 8], [7, 5, 4], [11, 12, 13, 14, 15]])
needs_operators = pytest.mark.skipif(
    not torch.backends.mkldnn.is_available(), reason="this build of PyTorch is without oneDNN"
)


def packed(runner):
    assert pack_layers(runner.model.bert)
    return runner


@pytest.fixture
def fresh_probe():
    can_pack.cache_clear()
    yield
    can_pack.cache_clear()


@needs_operators
def test_this_torch_has_the_operators_and_they_calculate_what_they_should():
    """Private operators: when a new version changes them, the plain path is taken, and this test tells."""
    assert can_pack(torch.float32)


@needs_operators
@pytest.mark.parametrize("bend", [None, "relu", "gelu", "gelu_tanh"])
@pytest.mark.parametrize("rows", [1, 5, 2100])
def test_packed_maps_give_what_plain_ones_do_side_by_side(rows, bend):
    first, second = nn.Linear(12, 17), nn.Linear(12, 5)
    numbers = torch.randn(rows, 12)
    with torch.no_grad():
        plain = torch.cat([first(numbers), second(numbers)], dim=1)
        plain = ACTIVATIONS[bend](plain) if bend else plain
        found = PackedLinear(first, second, bend=bend)(numbers)
    torch.testing.assert_close(found, plain, rtol=1e-5, atol=1e-5)


def test_other_bends_stand_behind_the_map():
    assert [bend for bend in ACTIVATIONS if not fusable(bend)] == ["silu", "tanh"]


@needs_operators
@pytest.mark.parametrize("activation", ["gelu", "relu", "silu"])
def test_vectors_are_those_of_the_plain_layers(make_runner, activation):
    sizes = {"activation": activation}
    plain = Encoder(make_runner(sizes=sizes)).embed(TEXTS)
    np.testing.assert_allclose(Encoder(packed(make_runner(sizes=sizes))).embed(TEXTS), plain, atol=1e-5)


@pytest.mark.skipif(not can_pack(torch.bfloat16), reason="oneDNN has no bfloat16 for this processor")
def test_vectors_in_bfloat16_have_nearly_the_direction_of_the_exact_ones(make_runner):
    exact = Encoder(make_runner()).embed(TEXTS, normalize=True)
    rough = Encoder(packed(make_runner(precision="bfloat16"))).embed(TEXTS, normalize=True)
    assert (exact * rough).sum(axis=1).min() > 0.99
    assert np.abs(exact - rough).max() > 1e-6


@needs_operators
def test_those_who_look_see_the_same_weights_and_heads_can_be_switched_off(make_runner):
    seen, without = [], []
    for runner in (make_runner(), packed(make_runner())):
        with torch.inference_mode():
            with record_attention(runner.model) as maps:
                runner.model.bert(BATCH)
            seen.append(maps["encoder"])
            with switch_off(runner.model, heads=[("encoder", 1, 2)]):
                without.append(runner.model.bert(BATCH))
            assert not torch.allclose(without[-1], runner.model.bert(BATCH), atol=1e-3)
    for plain, ours in zip(*seen, strict=True):
        for one, other in zip(plain, ours, strict=True):
            torch.testing.assert_close(other, one, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(without[1], without[0], rtol=1e-5, atol=1e-5)


@needs_operators
def test_layers_with_one_s_weights_share_the_packed_ones_and_stay_layers_of_their_own(make_runner):
    layers = packed(make_runner(sizes={"share_layers": True})).model.bert.encoder.layers
    assert layers[0].attention.inward is layers[1].attention.inward
    assert layers[0].feedforward.widen is layers[1].feedforward.widen
    assert [layer.attention.layer for layer in layers] == [0, 1]


@needs_operators
def test_packed_attention_is_of_tokens_at_each_other(make_runner):
    attention = packed(make_runner()).model.bert.encoder.layers[0].attention
    assert isinstance(attention, PackedAttention)
    with pytest.raises(ValueError, match="of tokens at each other"):
        attention.queries_keys_values(torch.ones(3, 12), torch.ones(3, 12))


@pytest.mark.usefixtures("fresh_probe")
@pytest.mark.parametrize("fault", ["missing", "wrong"])
def test_without_right_operators_the_plain_layers_stay(make_runner, monkeypatch, fault):
    class Faulty(nn.Module):
        def __init__(self, *maps, bend):
            super().__init__()
            if fault == "missing":
                raise AttributeError("'_OpNamespace' 'mkldnn' object has no attribute '_linear_pointwise'")
            self.maps = maps

        def forward(self, rows):
            return F.gelu(torch.cat([each(rows) for each in self.maps], dim=1)) + 0.1

    monkeypatch.setattr(packed_linear, "PackedLinear", Faulty)
    runner = make_runner()
    before = list(runner.model.modules())
    assert not pack_layers(runner.model.bert)
    assert list(runner.model.modules()) == before
