"""The likeliest tokens against a full stable sort."""

import pytest
import torch

from manyheads.inference.likeliest import likeliest


def expected(log_probs, count):
    values, ids = log_probs.sort(dim=1, descending=True, stable=True)
    return values[:, :count], ids[:, :count]


@pytest.mark.parametrize("vocab", [1, 7, 64, 191, 192, 1009])
@pytest.mark.parametrize("count", [1, 2, 13])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_likeliest_are_those_of_a_full_stable_sort(vocab, count, dtype):
    """Small vocabularies are ranked whole, larger ones by chunks with a rest; in bfloat16 many are equal."""
    logits = torch.randn(5, vocab, generator=torch.Generator().manual_seed(vocab)).to(dtype)
    log_probs = logits.log_softmax(dim=1, dtype=torch.float32)
    for given, wanted in zip(likeliest(log_probs, count), expected(log_probs, count), strict=True):
        assert torch.equal(given, wanted)


def test_among_equals_the_smaller_id_comes_first():
    log_probs = torch.full((1, 500), -3.0)
    log_probs[0, 499] = -2.0
    assert likeliest(log_probs, 4)[1].tolist() == [[499, 0, 1, 2]]


def test_neighbouring_numbers_are_told_apart_even_at_the_end_of_a_large_vocabulary():
    """The last id carries the most weight against it; one step of float32 must outweigh that."""
    log_probs = torch.full((1, 250_000), -9.999)
    log_probs[0, -1] = torch.nextafter(log_probs[0, -1], torch.tensor(0.0))
    assert likeliest(log_probs, 2)[1].tolist() == [[249_999, 0]]


def test_what_is_impossible_or_no_number_is_kept_in_sight():
    log_probs = torch.tensor([[-torch.inf, -1.0, -torch.inf], [-1.0, torch.nan, -2.0]])
    values, ids = likeliest(log_probs, 2)
    assert ids[0, 0] == 1
    assert values[0, 1] == -torch.inf
    assert values[1, 0].isnan()
