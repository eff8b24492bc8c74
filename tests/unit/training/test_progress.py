"""How far a run is, what is kept of it, and going on as if it had never stopped."""

from dataclasses import replace
from functools import partial

import pytest
import torch

from manyheads.batches.translation import pack_pairs
from manyheads.checkpoint.parameters import parameters_of
from manyheads.errors import ModelError
from manyheads.recipes.schema import Training
from manyheads.text.tokenizer import OUR_PAIR
from manyheads.training.device import Placement
from manyheads.training.optimizer import build_optimizer
from manyheads.training.progress import (
    Progress,
    Tried,
    average,
    load_progress,
    restore,
    save_progress,
)
from manyheads.training.step import Stepper, Sums
from manyheads.training.task import Verdict
from manyheads.training.translation_loss import translation_loss

START = Progress(precision="float32", threads=1)
CPU = Placement(torch.device("cpu"), "float32", "for the test")


def tried(*scores, average, of_best):
    progress = START
    for update, score in enumerate(scores, start=1):
        progress = replace(progress, update=update).tried(score, average=average, of_best=of_best)
    return progress


def test_the_best_is_remembered_and_validations_since_are_counted():
    progress = tried(3.0, 7.0, 5.0, 6.0, average=0, of_best=False)
    assert (progress.best, progress.stale) == (Tried(2, 7.0), 2)


def test_an_equal_score_is_no_better():
    progress = tried(7.0, 7.0, average=0, of_best=False)
    assert (progress.best, progress.stale) == (Tried(1, 7.0), 1)


def test_the_last_models_are_kept_for_the_average():
    assert [model.update for model in tried(9.0, 1.0, 2.0, 3.0, average=2, of_best=False).kept] == [3, 4]
    assert [model.update for model in tried(9.0, 1.0, average=3, of_best=False).kept] == [1, 2]


def test_the_best_models_are_kept_oldest_first_the_later_one_among_equals():
    """Of 5, 8, 5, 2 the best two are the second and, of the equal ones, the third."""
    kept = tried(5.0, 8.0, 5.0, 2.0, average=2, of_best=True).kept
    assert kept == (Tried(2, 8.0), Tried(3, 5.0))


@pytest.mark.parametrize("of_best", [False, True])
def test_nothing_is_kept_where_nothing_will_be_averaged(of_best):
    assert tried(5.0, 8.0, average=0, of_best=of_best).kept == ()


def test_progress_comes_back_from_json():
    for progress in (
        START,
        replace(tried(5.0, 8.0, 6.0, average=2, of_best=True), window=Sums(1.5, 2.0, 3, 4)),
        replace(START, verdict=Verdict(1.25, {"accuracy": 0.5, "macro_f1": 0.25}, "n:4")),
    ):
        assert Progress.from_json(progress.to_json()) == progress


def test_the_average_is_the_mean_of_each_parameter():
    models = [
        {"a": torch.tensor([1.0, 2.0]), "b": torch.tensor(0.0)},
        {"a": torch.tensor([3.0, 6.0]), "b": torch.tensor(1.0)},
    ]
    mean = average(models)
    assert {name: tensor.tolist() for name, tensor in mean.items()} == {"a": [2.0, 4.0], "b": 0.5}
    assert mean["a"].dtype == torch.float32


def test_a_small_number_is_not_lost_beside_a_large_one():
    """In float32 2^24 + 1 is 2^24; in float64 (2^24 + 1 + 1) / 3 rounds once, at the end."""
    models = [{"a": torch.tensor([number])} for number in (2.0**24, 1.0, 1.0)]
    assert average(models)["a"].item() == torch.tensor((2.0**24 + 2) / 3).item()


@pytest.fixture
def make_stepper(make_model):
    def make(seed=1):
        model = make_model(seed=seed, tie_embeddings="all", dropout=0.3).train()
        config = Training(warmup=2, learning_rate=0.01)
        return Stepper(
            model, build_optimizer(model, config), config, CPU, 5, partial(translation_loss, model)
        )

    return make


@pytest.fixture
def batches(draw_ids):
    return [
        pack_pairs(draw_ids((3, 5, 5), seed=n), draw_ids((2, 7, 7), seed=n + 100), OUR_PAIR) for n in range(6)
    ]


def test_a_resumed_run_gives_the_losses_and_weights_of_one_that_never_stopped(
    make_stepper, batches, tmp_path
):
    whole = make_stepper()
    for update in range(1, 4):
        whole.take(update, [batches[update - 1]])
    save_progress(tmp_path / "training", replace(START, update=3), whole)
    losses = [whole.take(update, [batches[update - 1]]) for update in range(4, 7)]

    resumed = make_stepper(seed=2)
    assert load_progress(tmp_path / "training") == replace(START, update=3)
    restore(tmp_path / "training", resumed)
    torch.manual_seed(77)
    assert [resumed.take(update, [batches[update - 1]]) for update in range(4, 7)] == losses
    weights = parameters_of(resumed.model)
    assert all(torch.equal(weights[name], tensor) for name, tensor in parameters_of(whole.model).items())


def test_what_is_restored_is_no_longer_tied_to_the_file(make_stepper, batches, tmp_path):
    """Going on and saving again over the same file gives the later numbers."""
    stepper = make_stepper()
    stepper.take(1, [batches[0]])
    save_progress(tmp_path, replace(START, update=1), stepper)
    restored = make_stepper(seed=2)
    restore(tmp_path, restored)
    restored.take(2, [batches[1]])
    save_progress(tmp_path, replace(START, update=2), restored)
    again = make_stepper(seed=3)
    restore(tmp_path, again)
    weights = parameters_of(again.model)
    assert all(torch.equal(weights[name], tensor) for name, tensor in parameters_of(restored.model).items())
    assert load_progress(tmp_path) == replace(START, update=2)


def test_a_run_that_saved_nothing_has_no_progress(tmp_path):
    assert load_progress(tmp_path) is None
    assert load_progress(tmp_path / "nowhere") is None


@pytest.mark.parametrize("content", ["", "{", "[]", '{"update": 3}', "null", '{"window": {"x": 1}}'])
def test_a_damaged_file_is_named(content, tmp_path):
    path = tmp_path / "progress.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ModelError, match="must say how far the run is, but cannot be read") as told:
        load_progress(tmp_path)
    assert str(path) in str(told.value)


def test_a_file_that_is_no_text_is_named(tmp_path):
    (tmp_path / "progress.json").write_bytes(b"\xff\xfe")
    with pytest.raises(ModelError, match="cannot be read"):
        load_progress(tmp_path)
