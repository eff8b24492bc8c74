"""One update: what it goes over, what it changes, and what it refuses."""

import math
from functools import partial

import pytest
import torch

from manyheads.batches.translation import pack_pairs
from manyheads.errors import RunError
from manyheads.recipes.schema import Training
from manyheads.text.tokenizer import OUR_PAIR
from manyheads.training.device import Placement
from manyheads.training.optimizer import build_optimizer
from manyheads.training.step import Stepper, Sums, seed_update
from manyheads.training.translation_loss import translation_loss

CPU = Placement(torch.device("cpu"), "float32", "for the test")


@pytest.fixture
def batch(draw_ids):
    return pack_pairs(draw_ids((3, 5, 5)), draw_ids((2, 7, 7), seed=2), OUR_PAIR)


def stepper(model, placement=CPU, seed=1, **changes):
    config = Training(**({"warmup": 0, "learning_rate": 0.01, "schedule": "constant"} | changes))
    loss = partial(translation_loss, model)
    return Stepper(model.train(), build_optimizer(model, config), config, placement, seed, loss)


def parameters(model):
    return torch.cat([parameter.detach().flatten().clone() for parameter in model.parameters()])


def test_sums_add_up():
    total = Sums(1.0, 2.0, 3, 4) + Sums(0.5, 0.25, 10, 20)
    assert total == Sums(1.5, 2.25, 13, 24)
    assert Sums() + total == total


def test_an_update_tells_what_it_went_over(make_model, batch):
    """Labels 3 + 8 + 8, sources 4 + 6 + 6 tokens; the loss is that before the update."""
    model = make_model()
    loss = translation_loss(model, batch, 0.1)
    sums = stepper(model, label_smoothing=0.1).take(1, [batch])
    assert (sums.labels, sums.tokens) == (19, 19 + 16)
    assert sums.smoothed == pytest.approx(loss.smoothed.item(), rel=1e-5)
    assert sums.plain == pytest.approx(loss.plain.item(), rel=1e-5)


def test_updates_make_the_loss_smaller(make_model, batch):
    taking = stepper(make_model(dropout=0.1))
    losses = [taking.take(update, [batch]).plain for update in range(1, 13)]
    assert losses[-1] < 0.8 * losses[0]


def test_the_learning_rate_is_that_of_the_update(make_model, batch):
    taking = stepper(make_model(), warmup=10, learning_rate=0.5)
    taking.take(3, [batch])
    assert [group["lr"] for group in taking.optimizer.param_groups] == pytest.approx([0.15, 0.15])


def test_a_group_that_learns_faster_gets_its_multiple(make_model, batch):
    taking = stepper(make_model(), warmup=10, learning_rate=0.5)
    taking.optimizer.param_groups[1]["rate"] = 4.0
    taking.take(3, [batch])
    assert [group["lr"] for group in taking.optimizer.param_groups] == pytest.approx([0.15, 0.6])


def test_no_gradient_is_left_behind(make_model, batch):
    model = make_model()
    stepper(model).take(1, [batch])
    assert all(parameter.grad is None for parameter in model.parameters())


def test_a_long_gradient_is_clipped_to_its_norm(make_model, batch):
    model, norms = make_model(), []
    taking = stepper(model, clip_norm=0.125)

    def measure(*_):
        norms.append(math.sqrt(sum(p.grad.square().sum().item() for p in model.parameters())))

    taking.optimizer.register_step_pre_hook(measure)
    taking.take(1, [batch])
    assert norms == [pytest.approx(0.125, rel=1e-4)]


def test_dropout_is_a_function_of_seed_and_update(make_model, batch):
    losses = []
    for seed, update in ((1, 4), (1, 4), (1, 5), (2, 4)):
        torch.manual_seed(99)
        losses.append(stepper(make_model(dropout=0.3), seed=seed).take(update, [batch]).plain)
    assert losses[0] == losses[1]
    assert len(set(losses)) == 3


def test_seed_and_update_do_not_run_into_each_other():
    """Seed 1 with update 2 and seed 2 with update 1, say, begin different streams."""
    draws = set()
    for seed in range(4):
        for update in range(4):
            seed_update(seed, update)
            draws.add(torch.rand(1).item())
    assert len(draws) == 16


@pytest.mark.parametrize("broken", [math.nan, math.inf])
def test_a_loss_that_is_no_number_stops_the_run_and_changes_nothing(broken, make_model, batch):
    model = make_model()
    taking = stepper(model)
    taking.take(1, [batch])
    with torch.no_grad():
        model.encoder.layers[0].feedforward.narrow.bias[3] = broken
    before = parameters(model)
    with pytest.raises(
        RunError, match="the loss must stay a number, but at update 7 loss or gradient is not"
    ):
        taking.take(7, [batch])
    assert torch.equal(parameters(model).nan_to_num(7.0), before.nan_to_num(7.0))
    assert all(parameter.grad is None for parameter in model.parameters())


def test_a_gradient_that_is_no_number_stops_the_run_too(make_model, batch):
    """The loss is finite; the gradient is broken on its way back."""
    model = make_model()
    model.output.weight.register_hook(lambda gradient: gradient * math.nan)
    before = parameters(model)
    with pytest.raises(RunError, match="update 2"):
        stepper(model, clip_norm=0.0).take(2, [batch])
    assert torch.equal(parameters(model), before)


def test_in_bfloat16_parameters_stay_float32_and_the_loss_close(make_model, batch):
    low = Placement(torch.device("cpu"), "bfloat16", "for the test")
    model = make_model()
    exact = stepper(make_model()).take(1, [batch]).plain
    assert stepper(model, placement=low).take(1, [batch]).plain == pytest.approx(exact, rel=0.01)
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
