"""The border between a run and its task."""

import pytest

from manyheads.training.task import Batches, Task, Verdict


def test_more_is_better_of_scores_and_less_of_the_loss():
    verdict = Verdict(2.5, {"bleu": 30.0, "chrf": 50.0})
    assert (verdict.worth("bleu"), verdict.worth("chrf"), verdict.worth("loss")) == (30.0, 50.0, -2.5)


@pytest.mark.parametrize("task", ["classification", "regression", "embedding", "tagging", "masked"])
def test_every_encoders_task_is_a_task(encoder_task, task):
    made = encoder_task(task)
    assert isinstance(made, Task)
    assert isinstance(made.batches, Batches)


def test_translation_is_a_task(make_recipe, tmp_path):
    from manyheads.training.run import make_run

    task = make_run(make_recipe(), tmp_path).task
    assert isinstance(task, Task)
    assert (task.unit, task.metric) == ("nats a token", "loss")
