"""Heads compared with each other, by hand."""

import math

import pytest
import torch

from manyheads.batches.packed import pack
from manyheads.errors import InputError
from manyheads.experiments.alike import (
    linear_cka,
    mean_of_pairs,
    outputs_alike,
    record_contexts,
    rows_divergence,
    weights_divergence,
)
from manyheads.model.tap import attentions


def test_heads_that_share_no_key_are_one_bit_apart_and_equal_ones_none():
    one = torch.tensor([[1.0, 0, 0], [0.5, 0.5, 0]])
    other = torch.tensor([[0.0, 0.5, 0.5], [0.5, 0.5, 0]])
    assert rows_divergence(one, other).tolist() == pytest.approx([1.0, 0.0])


def test_the_divergence_of_a_row_by_hand():
    """(1, 0) and (1/2, 1/2): the mean is (3/4, 1/4) with 2 - 3/4 log2(3) bits; the rows have 0 and 1 bit.

    2 - 3/4 log2(3) - 1/2 = 1.5 - 0.75 log2(3) = 0.3113.
    """
    divergence = rows_divergence(torch.tensor([[1.0, 0.0]]), torch.tensor([[0.5, 0.5]]))
    assert divergence.item() == pytest.approx(1.5 - 0.75 * math.log2(3))


def test_a_long_sequence_counts_by_its_rows():
    """Heads 0 and 1 are 1 bit apart in the sequence of one row, and alike in that of three rows: 1/4.

    Head 2 looks like head 0 everywhere.
    """
    first = torch.tensor([[[1.0, 0]], [[0, 1.0]], [[1.0, 0]]])
    second = torch.full((3, 3, 5), 1 / 5)
    matrix = weights_divergence([first, second])
    wanted = torch.tensor([[0, 0.25, 0], [0.25, 0, 0.25], [0, 0.25, 0]], dtype=torch.float64)
    torch.testing.assert_close(matrix, wanted)


def test_divergence_needs_a_sequence():
    with pytest.raises(InputError) as told:
        weights_divergence([])
    assert str(told.value) == "heads can be compared on at least one sequence, but none was given"


def test_cka_by_hand():
    """X = (-1, 0, 1) and Y = (-1, -1, 2), both centred: (X·Y)² / (X·X Y·Y) = 3² / (2 * 6) = 3/4."""
    one, other = torch.tensor([[-1.0], [0], [1]]), torch.tensor([[-1.0], [-1], [2]])
    assert linear_cka(one, other) == pytest.approx(0.75)


def test_cka_of_two_features_by_hand():
    """X has columns (1, -1, 0, 0) and (0, 0, 1, -1), Y has the first of them.

    |YᵀX|² = 4, |XᵀX| = sqrt(8), |YᵀY| = 2, and 4 / (2 sqrt(8)) = 1 / sqrt(2).
    """
    one = torch.tensor([[1.0, 0], [-1, 0], [0, 1], [0, -1]])
    assert linear_cka(one, one[:, :1]) == pytest.approx(1 / math.sqrt(2))


def test_what_each_vector_has_in_common_with_all_does_not_count():
    """(-1, 0, 1) plus 100 is as alike as (-1, 0, 1); features that do not vary are like nothing."""
    one, other = torch.tensor([[-1.0], [0], [1]]), torch.tensor([[-1.0], [-1], [2]])
    assert linear_cka(one + 100, other - 7) == pytest.approx(0.75)
    assert linear_cka(torch.full((3, 2), 0.1), other) == 0.0


def test_outputs_are_compared_head_by_head():
    """Head 1 is head 0 doubled, head 2 stands at a right angle to both."""
    first = torch.tensor([[1.0], [-1], [0], [0]])
    third = torch.tensor([[0.0], [0], [1], [-1]])
    matrix = outputs_alike(torch.stack([first, 2 * first, third]))
    wanted = torch.tensor([[1, 1, 0], [1, 1, 0], [0, 0, 1]], dtype=torch.float64)
    torch.testing.assert_close(matrix, wanted)
    assert mean_of_pairs(matrix) == pytest.approx(1 / 3)


def test_one_head_makes_no_pair():
    with pytest.raises(InputError) as told:
        mean_of_pairs(torch.ones(1, 1))
    assert str(told.value) == "a pair needs at least two heads, but there is 1"


def test_contexts_are_recorded_in_the_order_of_the_tokens(make_model):
    """Put side by side and projected, the contexts of all runs are what the attention gave out."""
    model = make_model()
    outputs = []
    attention = model.encoder.layers[1].attention
    assert attention in attentions(model)
    hook = attention.register_forward_hook(lambda _module, _inputs, output: outputs.append(output))
    with torch.no_grad(), record_contexts(model) as contexts:
        model.encode(pack([[3, 4, 5], [6, 7, 8], [9, 10, 11, 12]]))
    hook.remove()
    recorded = torch.cat(contexts["encoder", 1], dim=1)
    assert recorded.shape == (3, 10, 14)
    with torch.no_grad():
        projected = attention.output(recorded.transpose(0, 1).flatten(1))
    torch.testing.assert_close(projected, outputs[0])
