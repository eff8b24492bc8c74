"""One layer of each stack against torch's own, padded there and packed here."""

from functools import partial

import pytest
import torch
from torch import nn

from manyheads.batches.packed import Layout, Lengths
from manyheads.model.attention import Attention
from manyheads.model.feedforward import FeedForward
from manyheads.model.layer import DecoderLayer, EncoderLayer, Residual

pytestmark = pytest.mark.parity
SRC, TGT = Lengths((3, 11, 11, 1)), Lengths((5, 2, 2, 7))
CAUSAL = torch.ones(7, 7, dtype=torch.bool).triu(1)


def parts(kind, norm_first, activation):
    return {
        "attention": Attention(d_model=42, num_heads=3, dropout=0.0, kind=kind, layer=0),
        "feedforward": FeedForward(d_model=42, d_ff=37, activation=activation),
        "residual": partial(Residual, d_model=42, dropout=0.0, norm_first=norm_first),
    }


def sizes(norm_first, activation):
    bend = {"relu": "relu", "gelu": "gelu", "silu": nn.functional.silu}[activation]
    plain = {"d_model": 42, "nhead": 3, "dim_feedforward": 37, "dropout": 0.0, "batch_first": True}
    return plain | {"norm_first": norm_first, "activation": bend}


def shaken(module):
    """Draw norms and biases too: ones and zeros would hide a mix-up."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    return module


@pytest.fixture
def compare(copied, unpads, same_gradients):
    def run(ours, theirs, run_ours, run_theirs, lengths):
        theirs, pairs = copied(theirs, ours)
        for training in (False, True):
            ours.train(training)
            theirs.train(training)
            output, wanted = run_ours(), unpads(run_theirs(), lengths)
            torch.testing.assert_close(output, wanted, rtol=0, atol=1e-5)
        toward = torch.randn_like(output)
        (output * toward).sum().backward()
        (wanted * toward).sum().backward()
        same_gradients(pairs)

    return run


@pytest.mark.parametrize("norm_first", [False, True])
@pytest.mark.parametrize("activation", ["relu", "gelu", "silu"])
def test_an_encoder_layer_is_torchs_in_evaluation_and_in_training(norm_first, activation, pads, compare):
    ours = shaken(EncoderLayer(**parts("encoder", norm_first, activation)))
    theirs = nn.TransformerEncoderLayer(**sizes(norm_first, activation))
    hidden = torch.randn(SRC.total, 42)
    padded, padding = pads(hidden, SRC)
    compare(
        ours,
        theirs,
        lambda: ours(hidden, Layout(SRC, SRC)),
        lambda: theirs(padded, src_key_padding_mask=padding),
        SRC,
    )


@pytest.mark.parametrize("norm_first", [False, True])
@pytest.mark.parametrize("activation", ["relu", "gelu", "silu"])
def test_a_decoder_layer_is_torchs_in_evaluation_and_in_training(norm_first, activation, pads, compare):
    cross = Attention(d_model=42, num_heads=3, dropout=0.0, kind="cross", layer=0)
    ours = shaken(DecoderLayer(cross_attention=cross, **parts("decoder", norm_first, activation)))
    theirs = nn.TransformerDecoderLayer(**sizes(norm_first, activation))
    hidden, memory = torch.randn(TGT.total, 42), torch.randn(SRC.total, 42)
    (tgt, _), (src, padding) = pads(hidden, TGT), pads(memory, SRC)
    compare(
        ours,
        theirs,
        lambda: ours(hidden, memory, Layout(TGT, TGT), Layout(TGT, SRC)),
        lambda: theirs(tgt, src, tgt_mask=CAUSAL, memory_key_padding_mask=padding),
        TGT,
    )
