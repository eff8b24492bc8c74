"""Which heads a model can do without: importance against finite differences, costs and curves by hand."""

import pytest
import torch
from torch.nn import functional as F

from manyheads.batches.translation import pack_pairs
from manyheads.errors import InputError
from manyheads.experiments.pruning import (
    cost_of_each,
    even_out_layers,
    head_importance,
    head_name,
    heads_of,
    pruning_curve,
    pruning_order,
)
from manyheads.model.tap import observe, switch_off
from manyheads.text.tokenizer import OUR_PAIR
from manyheads.training.translation_loss import translation_loss

A, B, C = ("encoder", 0, 0), ("encoder", 0, 1), ("cross", 1, 0)


@pytest.fixture
def model(make_model):
    return make_model(num_encoder_layers=1, num_decoder_layers=2)


@pytest.fixture
def batches(draw_ids):
    return [
        pack_pairs(draw_ids((3, 5), seed=seed), draw_ids((4, 2), seed=seed + 5), OUR_PAIR) for seed in (1, 2)
    ]


def loss_of(model, batch):
    return F.cross_entropy(model(batch.src, batch.tgt).double(), batch.labels)


def test_all_heads_are_listed_attention_by_attention(model):
    places = [("encoder", 0), ("decoder", 0), ("cross", 0), ("decoder", 1), ("cross", 1)]
    assert heads_of(model) == [(*place, head) for place in places for head in range(3)]
    assert head_name(C) == "cross.1.0"


def test_importance_is_the_mean_size_of_the_slope_found_by_finite_differences(make_model, batches):
    """A head's context times 1 + h and 1 - h; |difference / 2h| for each of two batches, and their mean.

    In float64, and with a bend that is smooth: else differences are not fine enough.
    """
    model = make_model(num_encoder_layers=1, num_decoder_layers=2, activation="gelu").double()

    def stretched(which, factor):
        def stretch(site, tensor):
            if (site.kind, site.layer, site.point) != (*which[:2], "context"):
                return None
            factors = torch.ones(3, dtype=torch.float64)
            factors[which[2]] = factor
            return tensor * factors[:, None, None]

        return stretch

    def slope(head, batch, step=0.005):
        ends = []
        for factor in (1 + step, 1 - step):
            with torch.no_grad(), observe(model, stretched(head, factor)):
                ends.append(loss_of(model, batch).item())
        return abs(ends[0] - ends[1]) / (2 * step)

    importance = head_importance(model, [lambda batch=batch: loss_of(model, batch) for batch in batches])
    assert list(importance) == heads_of(model)
    wanted = {head: sum(slope(head, batch) for batch in batches) / 2 for head in heads_of(model)}
    assert importance == pytest.approx(wanted, rel=1e-3, abs=1e-4)
    assert max(importance.values()) > 0.01


def test_importance_works_with_the_loss_of_training_and_leaves_gradients_alone(model, batches):
    """`translation_loss` sums over the labels, of which there are (4 + 1) + (2 + 1)."""
    with torch.no_grad():
        summed = head_importance(model, [lambda: translation_loss(model, batches[0], 0.0).smoothed])
    mean = head_importance(model, [lambda: loss_of(model, batches[0])])
    assert summed == pytest.approx({head: 8 * value for head, value in mean.items()}, rel=1e-3, abs=1e-4)
    assert all(parameter.grad is None for parameter in model.parameters())


def test_heads_that_no_loss_meets_have_no_importance(model, batches):
    importance = head_importance(model, [lambda: model.encode(batches[0].src).square().mean()])
    assert {kind for (kind, _, _), value in importance.items() if value > 0} == {"encoder"}


def test_importance_needs_a_loss(model):
    with pytest.raises(InputError) as told:
        head_importance(model, [])
    assert str(told.value) == "the importance of heads needs at least one loss, but none was given"


def test_layers_are_evened_out_by_their_norm():
    """The encoder's layer has norm sqrt(3² + 4²) = 5; the cross layer has no importance, and keeps it."""
    assert even_out_layers({A: 3.0, B: 4.0, C: 0.0}) == {A: 0.6, B: 0.8, C: 0.0}


def test_what_matters_least_goes_first():
    assert pruning_order({A: 0.5, B: 0.1, C: 0.3}) == [B, C, A]
    assert pruning_order({A: 0.5, B: 0.1, C: 0.1}) == [B, C, A]


def test_the_cost_of_a_head_is_the_rise_without_it():
    scores = {(): 2.0, (A,): 2.5, (B,): 1.75}
    assert cost_of_each([A, B], lambda heads: scores[tuple(heads)]) == {A: 0.5, B: -0.25}


def test_the_cost_of_a_real_head_is_what_switching_it_off_does(model, batches):
    def score(heads):
        with torch.no_grad(), switch_off(model, heads=heads):
            return loss_of(model, batches[0]).item()

    (cost,) = cost_of_each([C], score).values()
    assert cost == score([C]) - score([])
    assert cost != 0


def test_heads_that_are_off_stay_off():
    asked = []
    curve = pruning_curve([B, C, A], lambda heads: asked.append(list(heads)) or 10.0 + len(heads))
    assert asked == [[], [B], [B, C], [B, C, A]]
    assert curve == [
        {"off": 0, "share": 0.0, "score": 10.0},
        {"off": 1, "share": 1 / 3, "score": 11.0},
        {"off": 2, "share": 2 / 3, "score": 12.0},
        {"off": 3, "share": 1.0, "score": 13.0},
    ]


@pytest.mark.parametrize(
    ("steps", "counts"), [(2, [0, 4, 7]), (1, [0, 7]), (100, list(range(8))), (None, list(range(8)))]
)
def test_a_curve_may_be_taken_at_a_few_steps(steps, counts):
    """Of 7 heads in 2 steps: 3.5 is rounded to the even 4."""
    order = [("encoder", 0, head) for head in range(7)]
    assert [point["off"] for point in pruning_curve(order, len, steps=steps)] == counts


@pytest.mark.parametrize(("order", "steps"), [([], 3), ([A], 0)])
def test_a_curve_needs_heads_and_steps(order, steps):
    with pytest.raises(InputError) as told:
        pruning_curve(order, len, steps=steps)
    assert str(told.value) == (
        f"a curve needs heads to switch off and a step at least, but there are {len(order)} heads and "
        f"{steps} steps"
    )
