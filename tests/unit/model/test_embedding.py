"""Token vectors and positions, by hand."""

import math

import pytest
import torch
from torch import nn

from manyheads.batches.packed import pack
from manyheads.model.embedding import Embedding, sinusoids


def test_sinusoids_are_the_papers():
    """d_model 4: rates 1 and 10000^(-2/4) = 0.01; even columns sines, odd ones cosines."""
    table = sinusoids(3, 4)
    wanted = [[math.sin(p), math.cos(p), math.sin(p * 0.01), math.cos(p * 0.01)] for p in (0, 1, 2)]
    torch.testing.assert_close(table, torch.tensor(wanted))
    assert table[0].tolist() == [0, 1, 0, 1]


def test_a_far_entry_of_the_sinusoids():
    """Position 50, columns 10 and 11 of 512: the rate is 10000^(-10/512)."""
    angle = 50 * 10_000 ** (-10 / 512)
    entry = sinusoids(51, 512)[50, 10:12]
    assert entry.tolist() == pytest.approx([math.sin(angle), math.cos(angle)], abs=1e-6)


def test_halves_are_the_same_waves_with_the_sines_first():
    """d_model 4: sin(p), sin(p / 100), then cos(p), cos(p / 100)."""
    wanted = [[math.sin(p), math.sin(p * 0.01), math.cos(p), math.cos(p * 0.01)] for p in (0, 1, 2)]
    torch.testing.assert_close(sinusoids(3, 4, halves=True), torch.tensor(wanted))


def embedding(positions="sinusoidal", dropout=0.0, **more):
    return Embedding(tokens=nn.Embedding(11, 4), positions=positions, max_length=7, dropout=dropout, **more)


def test_a_token_is_scaled_and_its_position_added():
    """sqrt(4) = 2 times the token's vector."""
    part = embedding()
    vectors = part(torch.tensor([5, 5, 10]), torch.tensor([0, 6, 0]))
    wanted = 2 * part.tokens.weight[[5, 5, 10]] + sinusoids(7, 4)[[0, 6, 0]]
    torch.testing.assert_close(vectors, wanted)


def test_a_token_stays_as_it_is_where_nothing_is_scaled():
    part = embedding("sinusoidal_halves", scaled=False)
    vectors = part(torch.tensor([5, 10]), torch.tensor([6, 0]))
    wanted = part.tokens.weight[[5, 10]] + sinusoids(7, 4, halves=True)[[6, 0]]
    torch.testing.assert_close(vectors, wanted)


def test_learned_positions_are_looked_up_and_learned():
    part = embedding("learned")
    part(torch.tensor([3, 4]), torch.tensor([2, 6])).sum().backward()
    assert part.positions.weight.grad.sum(dim=1).tolist() == [0, 0, 4, 0, 0, 0, 4]
    vectors = part(torch.tensor([3]), torch.tensor([2]))
    torch.testing.assert_close(vectors[0], 2 * part.tokens.weight[3] + part.positions.weight[2])


def test_sinusoids_are_neither_learned_nor_stored():
    part = embedding()
    assert [name for name, _ in part.named_parameters()] == ["tokens.weight"]
    assert list(part.state_dict()) == ["tokens.weight"]


def test_numbers_are_dropped_in_training_alone():
    part, ids = embedding(dropout=0.5), torch.full((50,), 3)
    assert (part(ids, ids) == 0).any()
    assert not (part.eval()(ids, ids) == 0).any()


def test_every_sequence_begins_at_the_first_position():
    part = embedding("learned")
    wanted = part(torch.tensor([3, 4, 5, 3]), torch.tensor([0, 1, 2, 0]))
    assert torch.equal(part.embed(pack([[3, 4, 5], [3]])), wanted)
