"""The numbers that a model starts with."""

import math

import pytest
import torch
from torch.nn import functional as F

from manyheads.batches.packed import pack
from manyheads.batches.translation import pack_pairs
from manyheads.model.build import build_transformer
from manyheads.model.initialize import initialize, initialize_encoder
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

    Without it, the loss is ln(vocab) + v / 2 again.
    """
    model = fresh(sizes, tie_embeddings=tie, norm_first=norm_first)
    with torch.no_grad():
        logits = model(batch.src, batch.tgt)
    read = batch.tgt.token_ids[:, None]
    assert 1 < logits.gather(1, read).mean() < 4
    others = logits.scatter(1, read, -torch.inf)[batch.labels != batch.tgt.token_ids]
    loss = F.cross_entropy(others, batch.labels[batch.labels != batch.tgt.token_ids]).item()
    variance = others[others.isfinite()].var().item()
    assert variance == pytest.approx(96 * 4 / (997 + 96), rel=0.1)
    assert loss == pytest.approx(math.log(997) + variance / 2, rel=0.05)


def test_token_vectors_are_smaller_the_more_there_are(sizes):
    """Twice Xavier's variance is 4 / (rows + columns): 4 / 1093 here, and 4 / 197 with 101 words."""
    for vocab in (997, 101):
        weight = fresh(sizes, vocab=vocab).encoder.embedding.tokens.weight
        assert weight.std().item() == pytest.approx(math.sqrt(4 / (vocab + 96)), rel=0.02)
        assert weight.mean().item() == pytest.approx(0, abs=0.003)


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
    """61 positions of 96 numbers."""
    model = fresh(sizes, positions="learned")
    deviation = model.decoder.embedding.positions.weight.std().item()
    assert deviation == pytest.approx(math.sqrt(4 / (61 + 96)), rel=0.05)


@pytest.fixture(scope="module")
def encoder(make_encoder):
    with torch.random.fork_rng():
        torch.manual_seed(3)
        model = make_encoder(head="masked", next_sentence=True, d_model=96, d_ff=128, share_layers=True)
        initialize_encoder(model)
    return model


def test_an_encoders_matrices_are_normal_and_cut_off_at_two_standard_deviations(encoder):
    """Cut off at two standard deviations of 0.02, a normal's own is 0.88 times as large: 0.0176."""
    matrices = {name: values for name, values in encoder.named_parameters() if values.ndim == 2}
    assert len(matrices) == 3 + 6 + 1 + 1 + 1
    for matrix in matrices.values():
        assert matrix.abs().max().item() <= 0.04
        assert matrix.mean().item() == pytest.approx(0, abs=0.003)
        assert matrix.std().item() == pytest.approx(0.0176, rel=0.15)


def test_an_encoders_biases_begin_at_zero_and_its_norms_at_one(encoder):
    vectors = {name: values for name, values in encoder.named_parameters() if values.ndim == 1}
    assert all((values == name.endswith("norm.weight")).all() for name, values in vectors.items())


def test_an_encoder_that_knows_nothing_finds_every_word_as_likely(encoder):
    """Logits of mean 0 and variance v: the loss is ln(53) + v / 2, and v is small here."""
    batch = pack([[3, 4, 5, 6], [7, 8]])
    with torch.no_grad():
        logits = encoder(batch)
    loss = F.cross_entropy(logits, torch.tensor([50, 51, 52, 49, 48, 47])).item()
    assert loss == pytest.approx(math.log(53) + logits.var().item() / 2, rel=0.05)
