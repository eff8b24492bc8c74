"""One attention against `nn.MultiheadAttention`: packed here; padded there, and `True` means may not look."""

import pytest
import torch
from torch import nn

from manyheads.batches.packed import Layout, Lengths
from manyheads.model.attention import Attention
from manyheads.model.tap import observe, record_attention

pytestmark = pytest.mark.parity
QUERY, KEY = Lengths((5, 2, 2, 7)), Lengths((3, 11, 11, 1))


def attention(kind):
    return Attention(d_model=42, num_heads=3, dropout=0.0, kind=kind, layer=0)


def causal(length):
    """Draw `nn.MultiheadAttention`'s mask: the upper triangle may not be looked at."""
    return torch.ones(length, length, dtype=torch.bool).triu(1)


@pytest.mark.parametrize("kind", ["encoder", "decoder", "cross"])
@pytest.mark.parametrize("mode", ["fused", "steps", "training"])
def test_each_kind_attends_as_torch_does(kind, mode, pads, unpads, copied, same_gradients):
    ours = attention(kind).train(mode == "training")
    theirs, pairs = copied(nn.MultiheadAttention(42, 3, batch_first=True).train(ours.training), ours)
    key_lengths = KEY if kind == "cross" else QUERY
    hidden = torch.randn(QUERY.total, 42)
    memory = torch.randn(KEY.total, 42) if kind == "cross" else hidden

    def run_ours():
        if mode != "steps":
            return ours(hidden, memory, Layout(QUERY, key_lengths))
        with observe(ours, lambda _site, _tensor: None):
            return ours(hidden, memory, Layout(QUERY, key_lengths))

    queries, _ = pads(hidden, QUERY)
    keys, padding = pads(memory, key_lengths)
    masks = {"key_padding_mask": padding, "attn_mask": causal(7) if kind == "decoder" else None}
    if mode == "training":
        output = run_ours()
        padded, _ = theirs(queries, keys, keys, **masks)
        toward = torch.randn_like(output)
        (output * toward).sum().backward()
        (unpads(padded, QUERY) * toward).sum().backward()
        same_gradients(pairs)
    else:
        with torch.no_grad():
            output = run_ours()
            padded, _ = theirs(queries, keys, keys, **masks)
    torch.testing.assert_close(output, unpads(padded, QUERY), rtol=0, atol=1e-5)


@pytest.mark.parametrize("kind", ["encoder", "decoder", "cross"])
def test_the_recorded_weights_of_each_head_are_torchs(kind, pads, copied):
    ours = attention(kind).eval()
    theirs, _ = copied(nn.MultiheadAttention(42, 3, batch_first=True).eval(), ours)
    key_lengths = KEY if kind == "cross" else QUERY
    hidden = torch.randn(QUERY.total, 42)
    memory = torch.randn(KEY.total, 42) if kind == "cross" else hidden
    with record_attention(ours) as maps:
        ours(hidden, memory, Layout(QUERY, key_lengths))
    queries, _ = pads(hidden, QUERY)
    keys, padding = pads(memory, key_lengths)
    mask = causal(7) if kind == "decoder" else None
    _, weights = theirs(
        queries, keys, keys, key_padding_mask=padding, attn_mask=mask, average_attn_weights=False
    )
    for sequence, (rows, columns) in enumerate(zip(QUERY.values, key_lengths.values, strict=True)):
        torch.testing.assert_close(
            maps[kind][0][sequence], weights[sequence, :, :rows, :columns], rtol=0, atol=1e-6
        )
