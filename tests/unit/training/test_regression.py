"""Numbers of texts: squared errors as shares of the variance, and correlations."""

import numpy as np
import pytest
import torch

from manyheads.errors import InputError
from manyheads.training.regression import correlations


def test_a_model_begins_at_the_mean(encoder_task):
    """Whoever always says the mean errs by the variance: a loss of about 1."""
    task = encoder_task("regression")
    numbers = task.objective.corpus.parts.train.labels
    assert task.model.head.output.bias.item() == pytest.approx(np.mean(numbers), abs=1e-5)
    batches = [task.batches.batch(position) for position in range(task.batches.per_epoch)]
    losses = [task.loss(batch, 0.0) for batch in batches]
    mean = sum(loss.plain.item() for loss in losses) / sum(len(batch.labels) for batch in batches)
    assert mean == pytest.approx(1.0, abs=0.1)


def test_the_loss_is_the_squared_error_by_the_variance(encoder_task):
    task = encoder_task("regression")
    batch = task.batches.batch(0)
    with torch.no_grad():
        said = task.model.eval()(batch.texts)[:, 0]
        loss = task.loss(batch, 0.0)
    by_hand = ((said - batch.labels) ** 2).sum().item() / task.objective.variance
    assert loss.smoothed.item() == pytest.approx(by_hand, rel=1e-5)
    assert task.objective.variance == pytest.approx(np.var(task.objective.corpus.parts.train.labels))


def test_a_task_says_where_its_numbers_lie(encoder_task):
    task = encoder_task("regression")
    assert task.corpus_lines()[-1].startswith("numbers: 3 to 7, ")
    assert (task.metric, task.begun.config.labels) == ("spearman", ())
    assert set(task.try_model().scores) == {"spearman", "pearson"}


def test_numbers_that_are_all_the_same_have_no_correlation():
    assert correlations([1.0, 1.0], [1.0, 2.0]) == {"spearman": 0.0, "pearson": 0.0}
    assert correlations([1.0], [2.0]) == {"spearman": 0.0, "pearson": 0.0}
    assert correlations([1.0, 2.0, 9.0], [3.0, 4.0, 5.0])["spearman"] == pytest.approx(1.0)


def test_a_label_that_is_no_number_is_named(encoder_task, tmp_path):
    (tmp_path / "bad.tsv").write_text("one\ttwo\t3\nred\tgreen\tfour\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"must be a number here, but line 2 of .*bad\.tsv has 'four'"):
        encoder_task("regression", {"data": str(tmp_path / "bad.tsv")})
