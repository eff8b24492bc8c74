"""Parts of `torch.nn` that are given our weights, and padded batches for them."""

import pytest
import torch
from torch import nn


@pytest.fixture
def pads():
    """Pad packed vectors, and say where padding is: `True` on padding, the opposite of our own masks."""

    def pad(packed, lengths):
        rows = list(packed.split(lengths.values))
        padded = nn.utils.rnn.pad_sequence(rows, batch_first=True)
        columns = torch.arange(padded.shape[1])
        return padded, columns >= torch.tensor(lengths.values)[:, None]

    return pad


@pytest.fixture
def unpads():
    """Take the real rows of a padded batch, one after another."""

    def unpad(padded, lengths):
        return torch.cat([row[:length] for row, length in zip(padded, lengths.values, strict=True)])

    return unpad


def _pair_attention(theirs, ours):
    projections = (ours.query, ours.key, ours.value)
    yield theirs.in_proj_weight, [linear.weight for linear in projections]
    yield theirs.in_proj_bias, [linear.bias for linear in projections]
    yield theirs.out_proj.weight, [ours.output.weight]
    yield theirs.out_proj.bias, [ours.output.bias]


def _pair_linear(theirs, ours):
    yield theirs.weight, [ours.weight]
    yield theirs.bias, [ours.bias]


def _pair_layer(theirs, ours):
    yield from _pair_attention(theirs.self_attn, ours.attention)
    yield from _pair_linear(theirs.norm1, ours.attention_residual.norm)
    yield from _pair_linear(theirs.linear1, ours.feedforward.widen)
    yield from _pair_linear(theirs.linear2, ours.feedforward.narrow)
    last = theirs.norm2
    if hasattr(theirs, "multihead_attn"):
        yield from _pair_attention(theirs.multihead_attn, ours.cross_attention)
        yield from _pair_linear(theirs.norm2, ours.cross_attention_residual.norm)
        last = theirs.norm3
    yield from _pair_linear(last, ours.feedforward_residual.norm)


def _pair_stack(theirs, ours):
    for layer, own in zip(theirs.layers, ours.layers, strict=True):
        yield from _pair_layer(layer, own)
    if theirs.norm is not None:
        yield from _pair_linear(theirs.norm, ours.final_norm)


def _pair_transformer(theirs, ours):
    yield from _pair_stack(theirs.encoder, ours.encoder)
    yield from _pair_stack(theirs.decoder, ours.decoder)


_PAIRING = {
    nn.MultiheadAttention: _pair_attention,
    nn.TransformerEncoderLayer: _pair_layer,
    nn.TransformerDecoderLayer: _pair_layer,
    nn.Transformer: _pair_transformer,
}


@pytest.fixture
def copied():
    """Give a part of `torch.nn` our weights; every one of its parameters is paired with ours, once."""

    def copy(theirs, ours):
        pairs = list(_PAIRING[type(theirs)](theirs, ours))
        assert {id(parameter) for parameter, _ in pairs} == {
            id(parameter) for parameter in theirs.parameters()
        }
        with torch.no_grad():
            for parameter, own in pairs:
                parameter.copy_(torch.cat([part.detach() for part in own]))
        return theirs, pairs

    return copy


@pytest.fixture
def same_gradients():
    """Compare the gradient of every parameter that was paired."""

    def compare(pairs):
        assert pairs
        for parameter, own in pairs:
            gradient = torch.cat([part.grad for part in own])
            torch.testing.assert_close(gradient, parameter.grad, rtol=0, atol=1e-4)
            assert gradient.abs().max() > 0 or parameter.grad.abs().max() < 1e-6

    return compare
