"""One head that compares by a small network: by hand, with padding, and under observation."""

import math

import pytest
import torch

from manyheads.batches.packed import Lengths
from manyheads.model.additive_attention import AdditiveAttention, Source
from manyheads.model.tap import POINTS, attentions, observe


def build(memory, lengths, keys=True):
    memory = torch.tensor(memory, dtype=torch.float32)
    return Source.build(memory, memory if keys else None, Lengths(lengths))


def test_scores_are_a_small_networks_of_state_and_key():
    """W = U = identity, v = (1, 1).

    The score of state (1, 0) for key (0, 2) is tanh(1) + tanh(2) = 1.72562, for key (-1, 0) it is
    tanh(0) + tanh(0) = 0. softmax: e^1.72562 = 5.61599, so 5.61599 / 6.61599 = 0.848851
    and 0.151149; the context is 0.848851 (0, 2) + 0.151149 (-1, 0).
    """
    attention = AdditiveAttention(d_model=2)
    attention.query.weight.data = torch.eye(2)
    attention.score.weight.data = torch.ones(1, 2)
    context = attention(torch.tensor([[[1.0, 0.0]]]), build([[0, 2], [-1, 0]], (2,)))
    share = math.exp(math.tanh(1) + math.tanh(2)) / (1 + math.exp(math.tanh(1) + math.tanh(2)))
    assert share == pytest.approx(0.848851, abs=1e-6)
    assert context.tolist()[0] == pytest.approx([share - 1, 2 * share], abs=1e-6)


def test_padding_gets_nothing():
    attention, source = AdditiveAttention(d_model=4), build(torch.randn(5, 4).tolist(), (2, 3))
    weights = {}
    with observe(attention, lambda site, tensor: weights.update({site.point: tensor.clone()})):
        attention(torch.randn(2, 3, 4), source)
    assert weights["weights"].shape == (2, 1, 3, 3)
    assert torch.all(weights["weights"][0, :, :, 2] == 0)
    torch.testing.assert_close(weights["weights"].sum(dim=-1), torch.ones(2, 1, 3))


def test_the_summary_is_where_both_readings_ended():
    """Sentence 0 is tokens 0 and 1: forwards it ends at 1 (first half 3), backwards at 0 (second half 2)."""
    source = build([[1, 2], [3, 4], [5, 6]], (2, 1), keys=False)
    assert source.summary.tolist() == [[3, 2], [5, 6]]
    assert source.keys is None
    assert source.may_look.tolist() == [[True, True], [True, False]]


def test_it_passes_the_taps_points_in_order_as_cross_attention():
    attention, seen = AdditiveAttention(d_model=2), []
    assert attentions(attention) == [attention]

    def see(site, tensor):
        seen.append((site.kind, site.layer, site.point, site.first_query, tuple(tensor.shape)))

    with observe(attention, see):
        attention(torch.randn(1, 3, 2), build([[1, 2], [3, 4], [5, 6], [7, 8]], (4,)), step=5)
    assert [point for _, _, point, _, _ in seen] == list(POINTS)
    assert {(kind, layer, query) for kind, layer, _, query, _ in seen} == {("cross", 0, 5)}
    assert [shape for *_, shape in seen] == [
        (1, 1, 3, 2),
        (1, 1, 4, 2),
        (1, 1, 4, 2),
        (1, 1, 3, 4),
        (1, 1, 3, 4),
        (1, 1, 3, 2),
        (3, 2),
    ]


def test_a_source_without_keys_cannot_be_looked_at():
    with pytest.raises(ValueError, match="needs keys"):
        AdditiveAttention(d_model=2)(torch.randn(1, 1, 2), build([[1, 2]], (1,), keys=False))
