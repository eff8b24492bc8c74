"""Validation: the loss of all pairs, and BLEU by the function that `manyheads evaluate` uses."""

import math

import numpy as np
import pytest
import torch

from manyheads.batches.translation import pack_pairs
from manyheads.evaluation.translator import evaluate_translator
from manyheads.inference.load import load
from manyheads.text.tokenizer import OUR_PAIR
from manyheads.training.events import Validated
from manyheads.training.run import make_run
from manyheads.training.translation_loss import translation_loss


@pytest.fixture
def run(make_recipe, tmp_path):
    return make_run(make_recipe({"corpus.valid_share": 0.2, "model.dropout": 0.5}), tmp_path / "run")


def test_the_loss_is_the_mean_over_the_labels_of_all_pairs(run):
    """By hand: every pair alone, in evaluation mode, sums added up and divided by their labels."""
    model, pairs = run.stepper.model.eval(), run.task.prepared.valid
    singles = [pack_pairs(*pairs.take(np.array([row])), OUR_PAIR) for row in range(len(pairs))]
    with torch.no_grad():
        alone = [translation_loss(model, single, 0.0) for single in singles]
    labels = sum(int(length) + 1 for length in pairs.tgt_lengths)
    by_hand = sum(loss.plain.item() for loss in alone) / labels
    assert run.task.validator.loss() == pytest.approx(by_hand, rel=1e-5)


def test_dropout_is_off_while_a_model_is_tried(run):
    run.stepper.model.train()
    assert run.task.validator.loss() == run.task.validator.loss()
    assert run.task.validator.bleu() == run.task.validator.bleu()


def test_an_untrained_model_knows_about_nothing(run):
    """ln(vocab_size) and half the variance of its logits, which is below one: within a tenth."""
    expected = math.log(run.task.translator.config.tgt_vocab_size) + 0.5
    assert run.task.validator.loss() == pytest.approx(expected, rel=0.1)


def test_only_so_many_sentences_are_translated_but_the_loss_is_of_all(run):
    assert len(run.task.prepared.valid) > 2
    assert (
        len(run.task.validator.src) == len(run.task.validator.tgt) == len(run.task.validator.bleu()[2]) == 2
    )


def test_bleu_is_what_evaluate_finds_for_the_folder(go, tmp_path):
    """Read back from its folder and evaluated on the same pairs, the model scores the same."""
    run, _, heard = go({"training.updates": 30, "validation.every": 30, "decoding.beam": 3})
    again = evaluate_translator(load(tmp_path / "run"), run.task.validator.src, run.task.validator.tgt)
    tried = heard.of(Validated)[-1]
    assert (tried.verdict.scores["bleu"], tried.verdict.signature) == (
        again.scores.bleu.value,
        again.scores.bleu.signature,
    )
    assert tried.verdict.sample == (
        ("source", run.task.validator.src[0]),
        ("model", again.hypotheses[0]),
        ("reference", run.task.validator.tgt[0]),
    )


def test_training_goes_on_in_training_mode(go):
    run, _, _ = go({"model.dropout": 0.5, "training.updates": 2, "validation.every": 1})
    assert run.stepper.model.training


def test_without_pairs_there_is_nothing_to_validate(make_recipe, tmp_path):
    run = make_run(make_recipe({"corpus.valid_share": 0.0}), tmp_path / "run")
    assert not run.task.validator
    assert run.task.try_model() is None
