"""Labels of texts: the loss, the weights, what is said of unknown labels, and what is scored."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from manyheads.errors import InputError
from manyheads.training.classification import balanced_weights, label_loss, label_rows, told_labels


def test_the_loss_is_the_one_worked_out_by_hand():
    """Logits 0 and ln 3: probabilities 1/4 and 3/4; labels 0 and 1: ln 4 and ln 4/3, weighted by 2 and 1."""
    logits = torch.tensor([[0.0, math.log(3)], [0.0, math.log(3)]])
    loss = label_loss(logits, torch.tensor([0, 1]), weights=torch.tensor([2.0, 1.0]), smoothing=0.0)
    assert loss.plain.item() == pytest.approx(math.log(4) + math.log(4 / 3))
    assert loss.smoothed.item() == pytest.approx(2 * math.log(4) + math.log(4 / 3))


def test_several_labels_are_told_each_by_itself():
    """Two yes-or-no questions: ln 2 for the logit 0, softplus(-1) for a yes with the logit 1; their mean."""
    loss = label_loss(torch.tensor([[0.0, 1.0]]), torch.tensor([[0.0, 1.0]]), weights=None, smoothing=0.0)
    by_hand = (math.log(2) + F.softplus(torch.tensor(-1.0)).item()) / 2
    assert loss.plain.item() == pytest.approx(by_hand)
    assert loss.smoothed.item() == pytest.approx(by_hand)


def test_labels_become_rows():
    assert label_rows([("b",), ("a",)], ("a", "b"), several=False).tolist() == [1, 0]
    assert label_rows([("b", "a"), ()], ("a", "b"), several=True).tolist() == [[1, 1], [0, 0]]


def test_labels_are_read_off_scores():
    logits = torch.tensor([[0.5, 2.0], [-1.0, -2.0]])
    assert told_labels(logits, ("a", "b"), several=False) == [("b",), ("a",)]
    assert told_labels(logits, ("a", "b"), several=True) == [("a", "b"), ()]


def test_balanced_weights_let_rare_labels_count_as_much():
    """Three a and one b: 4 / (2 x 3) and 4 / (2 x 1); over the texts they are 1 on average."""
    labels = [("a",), ("a",), ("b",), ("a",)]
    weights = balanced_weights(labels, ("a", "b"))
    assert weights.tolist() == pytest.approx([2 / 3, 2.0])
    assert np.mean([weights["ab".index(label)] for (label,) in labels]) == pytest.approx(1.0)


def test_a_task_says_its_texts_and_labels(encoder_task):
    task = encoder_task("classification", {"labels.class_weights": "balanced"})
    lines = task.corpus_lines()
    assert lines[0].startswith("train: 57 texts, ")
    assert lines[1].startswith("valid: 3 texts, ")
    assert lines[2].startswith("labels: no (")
    assert task.begun.config.labels == ("no", "yes")
    assert (task.unit, task.metric) == ("nats a text", "accuracy")
    assert task.objective.weights is not None


def test_an_untrained_model_knows_about_nothing(encoder_task):
    """Scores of a drawn head are near zero: ln 2."""
    verdict = encoder_task("classification").try_model()
    assert verdict.loss == pytest.approx(math.log(2), abs=0.05)
    assert set(verdict.scores) == {"accuracy", "macro_f1"}
    assert [name for name, _ in verdict.sample] == ["text", "model", "label"]


def test_the_validation_loss_is_that_of_the_batches(encoder_task):
    task = encoder_task("classification", {"corpus.valid": "toy.classification.tsv"} | same_folder())
    task.model.eval()
    batches = [task.batches.batch(position) for position in range(task.batches.per_epoch)]
    with torch.no_grad():
        summed = sum(task.loss(batch, 0.0).plain.item() for batch in batches)
    counted = sum(len(batch.labels) for batch in batches)
    assert task.try_model().loss == pytest.approx(summed / counted, rel=1e-5)


def same_folder():
    return {"corpus.train": "toy.classification.tsv", "data": "."}


@pytest.fixture(autouse=True)
def _in_the_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_a_label_that_was_not_learned_is_named_with_its_place(encoder_task, toy_file, tmp_path):
    toy_file("classification")
    (tmp_path / "dev.tsv").write_text("one good\tyes\ntwo bad\tnope\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        encoder_task("classification", same_folder() | {"corpus.valid": "dev.tsv"})
    assert str(error.value) == (
        "a label must be one of those learned from ('no', 'yes'), but line 2 of dev.tsv has 'nope'; "
        "did you mean 'no'?"
    )


def test_several_labels_a_text_are_learned_and_scored(encoder_task, tmp_path):
    rows = ["red one\tr,o\n", "red two\tr\n", "two two\t\n", "one one\to\n"] * 5
    (tmp_path / "several.tsv").write_text("".join(rows), encoding="utf-8")
    changes = {"data": "several.tsv", "labels.several": True, "corpus.valid_share": 0.2}
    task = encoder_task("classification", changes)
    assert (task.begun.config.labels, task.begun.config.several_labels) == (("o", "r"), True)
    assert task.metric == "f1"
    assert set(task.try_model().scores) == {"f1", "macro_f1", "accuracy"}


def test_pairs_of_texts_have_segments(encoder_task, tmp_path):
    (tmp_path / "pairs.tsv").write_text("one two\tred\tyes\ntwo\tone red\tno\n" * 9, encoding="utf-8")
    task = encoder_task("classification", {"data": "pairs.tsv", "corpus.pair": 1, "corpus.label": 2})
    assert task.corpus_lines()[0].startswith("train: 17 pairs, ")
    assert set(task.batches.batch(0).texts.segment_ids.tolist()) == {0, 1}
