"""The whole Transformer against `nn.Transformer` with our weights copied in.

`nn.Transformer` by itself ends both stacks in one norm more than post-norm layers have, so its stacks are
built here without.
"""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from manyheads.batches.translation import pack_pairs
from manyheads.model.embedding import sinusoids
from manyheads.text.tokenizer import OUR_PAIR
from manyheads.training.translation_loss import translation_loss

pytestmark = pytest.mark.parity
SRC_LENGTHS, TGT_LENGTHS = (3, 11, 11, 1, 7), (5, 2, 2, 7, 5)


def torch_transformer(norm_first):
    plain = {"d_model": 42, "nhead": 3, "dim_feedforward": 37, "dropout": 0.0, "batch_first": True}
    norms = [nn.LayerNorm(42) if norm_first else None for _ in range(2)]
    encoder_layer = nn.TransformerEncoderLayer(**plain, norm_first=norm_first)
    decoder_layer = nn.TransformerDecoderLayer(**plain, norm_first=norm_first)
    return nn.Transformer(
        d_model=42,
        nhead=3,
        batch_first=True,
        custom_encoder=nn.TransformerEncoder(encoder_layer, 2, norms[0], enable_nested_tensor=False),
        custom_decoder=nn.TransformerDecoder(decoder_layer, 3, norms[1]),
    )


class Padded(nn.Module):
    """What somebody would build around `nn.Transformer`, with our weights."""

    def __init__(self, model, transformer):
        super().__init__()
        self.transformer = transformer
        self.src, self.tgt = (
            nn.Embedding.from_pretrained(part.embedding.tokens.weight.detach().clone(), freeze=False)
            for part in (model.encoder, model.decoder)
        )
        self.output = nn.Parameter(model.output.weight.detach().clone())

    def embed(self, tokens, ids):
        return tokens(ids) * math.sqrt(42) + sinusoids(ids.shape[1], 42)

    def forward(self, batch, pads, unpads):
        src, src_padding = pads(batch.src.token_ids, batch.src.lengths)
        tgt, tgt_padding = pads(batch.tgt.token_ids, batch.tgt.lengths)
        hidden = self.transformer(
            self.embed(self.src, src),
            self.embed(self.tgt, tgt),
            tgt_mask=torch.ones(tgt.shape[1], tgt.shape[1], dtype=torch.bool).triu(1),
            src_key_padding_mask=src_padding,
            tgt_key_padding_mask=tgt_padding,
            memory_key_padding_mask=src_padding,
        )
        return unpads(hidden, batch.tgt.lengths) @ self.output.T


@pytest.mark.parametrize("norm_first", [False, True])
@pytest.mark.parametrize("tie", ["none", "output", "all"])
def test_the_whole_transformer_is_torchs(norm_first, tie, make_model, draw_ids, pads, unpads, copied):
    model = make_model(norm_first=norm_first, tie_embeddings=tie)
    theirs, _ = copied(torch_transformer(norm_first), model)
    padded = Padded(model, theirs).eval()
    batch = pack_pairs(draw_ids(SRC_LENGTHS), draw_ids(TGT_LENGTHS, seed=2), OUR_PAIR)
    wanted = padded(batch, pads, unpads)
    torch.testing.assert_close(model(batch.src, batch.tgt), wanted, rtol=0, atol=1e-5)
    with torch.no_grad():
        torch.testing.assert_close(model(batch.src, batch.tgt), wanted, rtol=0, atol=1e-5)


@pytest.mark.parametrize("norm_first", [False, True])
def test_every_gradient_of_training_is_torchs(
    norm_first, make_model, draw_ids, pads, unpads, copied, same_gradients
):
    """The loss too: smoothed cross-entropy in chunks here, torch's own over all logits there."""
    model = make_model(norm_first=norm_first).train()
    theirs, pairs = copied(torch_transformer(norm_first), model)
    padded = Padded(model, theirs).train()
    batch = pack_pairs(draw_ids(SRC_LENGTHS), draw_ids(TGT_LENGTHS, seed=2), OUR_PAIR)
    ours = translation_loss(model, batch, 0.1).smoothed / len(batch.labels)
    wanted = F.cross_entropy(padded(batch, pads, unpads), batch.labels, label_smoothing=0.1)
    torch.testing.assert_close(ours, wanted, rtol=0, atol=1e-5)
    ours.backward()
    wanted.backward()
    pairs += [
        (padded.src.weight, [model.encoder.embedding.tokens.weight]),
        (padded.tgt.weight, [model.decoder.embedding.tokens.weight]),
        (padded.output, [model.output.weight]),
    ]
    assert sum(len(own) for _, own in pairs) == len(list(model.parameters()))
    same_gradients(pairs)
