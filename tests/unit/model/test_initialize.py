"""The numbers that a model starts with."""

import math

import pytest
import torch
from torch.nn import functional as F

from manyheads.batches.translation import pack_pairs
from manyheads.model.build import build_transformer
from manyheads.model.initialize import initialize
from manyheads.text.tokenizer import OUR_PAIR
from manyheads.training.translation_loss import translation_loss


def fresh(sizes, vocab=997, **changes):
    wide = {"d_model": 96, "d_ff": 128, "num_heads": 4} | changes
    model = build_transformer(sizes(**wide), src_vocab_size=vocab, tgt_vocab_size=vocab)
    initialize(model)
    return model


@pytest.fixture
def batch(draw_ids):
    return pack_pairs(draw_ids([11] * 60, vocab=997), draw_ids([11] * 60, vocab=997, seed=2), OUR_PAIR)


@pytest.mark.parametrize("norm_first", [False, True])
def test_the_first_loss_is_that_of_a_model_that_knows_nothing(norm_first, sizes, batch):
    """Logits of mean 0 and variance v, unrelated to the labels: E[log sum exp] = ln(vocab) + v / 2."""
    model = fresh(sizes, tie_embeddings="none", norm_first=norm_first)
    with torch.no_grad():
        loss = translation_loss(model, batch, 0.0).plain.item() / len(batch.labels)
        variance = model(batch.src, batch.tgt).var(dim=1).mean().item()
    assert loss == pytest.approx(math.log(997) + variance / 2, rel=0.05)


@pytest.mark.parametrize("tie", ["all", "output"])
@pytest.mark.parametrize("norm_first", [False, True])
def test_a_tied_model_knows_nothing_either_but_the_token_that_it_reads(tie, norm_first, sizes, batch):
    """Where embedding and output are one matrix the token just read scores high: it points at itself.

    Without it, the loss is ln(vocab) + v / 2 again, with logits of variance one.
    """
    model = fresh(sizes, tie_embeddings=tie, norm_first=norm_first)
    with torch.no_grad():
        logits = model(batch.src, batch.tgt)
    read = batch.tgt.token_ids[:, None]
    assert logits.gather(1, read).mean() > 4
    others = logits.scatter(1, read, -torch.inf)[batch.labels != batch.tgt.token_ids]
    loss = F.cross_entropy(others, batch.labels[batch.labels != batch.tgt.token_ids]).item()
    variance = others[others.isfinite()].var().item()
    assert variance == pytest.approx(1, rel=0.1)
    assert loss == pytest.approx(math.log(997) + variance / 2, rel=0.05)


def test_token_vectors_enter_with_variance_one(sizes):
    weight = fresh(sizes).encoder.embedding.tokens.weight
    assert weight.std().item() == pytest.approx(1 / math.sqrt(96), rel=0.02)
    assert weight.mean().item() == pytest.approx(0, abs=0.002)


def test_biases_are_zero_and_norms_do_nothing(sizes):
    for name, parameter in fresh(sizes).named_parameters():
        if name.endswith("bias"):
            assert not parameter.any(), name
        elif parameter.ndim == 1:
            assert bool((parameter == 1).all()), name


def test_the_same_seed_draws_the_same_numbers(sizes):
    models = []
    for seed in (5, 5, 6):
        torch.manual_seed(seed)
        models.append(torch.cat([parameter.flatten() for parameter in fresh(sizes).parameters()]))
    assert torch.equal(models[0], models[1])
    assert not torch.equal(models[0], models[2])


def test_learned_positions_are_drawn_like_tokens(sizes):
    model = fresh(sizes, positions="learned")
    assert model.decoder.embedding.positions.weight.std().item() == pytest.approx(1 / math.sqrt(96), rel=0.05)


def test_the_logits_of_a_fresh_model_have_variance_one(sizes):
    """The last norm gives each of the 96 numbers variance one, each weight has 1/96."""
    model = fresh(sizes, tie_embeddings="output")
    hidden = F.layer_norm(torch.randn(500, 96), (96,))
    assert model.project(hidden).var().item() == pytest.approx(1, rel=0.1)
