"""What all encoders' runs share: they learn, stop, go on, are kept, tested, and told on a card."""

import json
import os
import signal

import pytest
import torch

from manyheads.checkpoint.config import read_encoder_config
from manyheads.checkpoint.store import load_model
from manyheads.evaluation.encoder import (
    evaluate_classifier,
    evaluate_regression,
    evaluate_similarity,
    evaluate_tagger,
)
from manyheads.inference.load import load
from manyheads.text.labelled import LabelledSource, read_conll, read_labelled
from manyheads.training.events import Updated, Validated
from manyheads.training.listeners import JsonLog, read_log
from manyheads.training.loop import RunStopped, train
from manyheads.training.task import Verdict

pytestmark = pytest.mark.runs

TASKS = ["classification", "regression", "embedding", "tagging", "masked"]
CHANGES = {
    "classification": {"labels.class_weights": "balanced"},
    "regression": {},
    "embedding": {"embedding.loss": "ranking"},
    "tagging": {},
    "masked": {"masking.next_sentence": True, "masking.whole_words": True},
}


def losses(heard):
    return [event.sums.plain / event.sums.labels for event in heard.of(Updated) if event.logged]


@pytest.mark.parametrize("task", TASKS)
def test_stopped_and_resumed_is_never_stopped(go_encoder, tmp_path, task):
    """Dropout, masks and next sentences are drawn from (seed, position): the numbers are the same."""
    changes = CHANGES[task] | {"model.dropout": 0.3, "training.average": 2, "corpus.valid_share": 0.2}

    def stop(event):
        if isinstance(event, Updated) and event.update == 3:
            os.kill(os.getpid(), signal.SIGINT)

    whole, _, heard = go_encoder(task, changes, folder="whole")
    with pytest.raises(RunStopped):
        go_encoder(task, changes, folder="stopped", then=stop)
    resumed, _, heard_later = go_encoder(task, changes, folder="stopped", resume=True)
    assert losses(heard)[-1:] == losses(heard_later)
    assert resumed.progress == whole.progress
    ours, theirs = (load_model(tmp_path / name).weights for name in ("stopped", "whole"))
    assert all(torch.equal(ours[name], tensor) for name, tensor in theirs.items())


@pytest.mark.parametrize("task", TASKS)
def test_what_is_kept_is_a_model_folder_of_its_task(go_encoder, task):
    run, finished, heard = go_encoder(task, {"corpus.test_share": 0.1, "corpus.valid_share": 0.1})
    stored = load_model(run.folder)
    config = read_encoder_config(dict(stored.config), run.folder)
    assert (config.task, config.vocab_size) == (task, stored.tokenizers["text"].vocab_size)
    assert finished.lines[-1].startswith("test, ")
    assert len(heard.of(Validated)) == 2
    assert stored.card.startswith("---\n")
    assert f"- {task}\n- transformer\n" in stored.card
    assert " test " in stored.card.split("## Scores")[1]


def test_the_test_score_is_that_of_the_model_that_was_kept(go_encoder, monkeypatch):
    """Losses 1 and 2: the first model is kept; its numbers are what the test part is scored with."""
    found = iter([Verdict(1.0, {"accuracy": 0.5}), Verdict(2.0, {"accuracy": 0.5})])
    monkeypatch.setattr("manyheads.training.encoder_task.EncoderTask.try_model", lambda _: next(found))
    halves = {"corpus.test_share": 0.2, "corpus.valid_share": 0.2, "validation.metric": "loss"}
    run, finished, _ = go_encoder("classification", halves)
    kept = load_model(run.folder)
    assert "- updates: 2\n" in kept.card
    own = dict(run.task.model.named_parameters())
    assert all(torch.equal(own[name], tensor) for name, tensor in kept.weights.items())
    assert finished.tested.verdict.scores == run.task.objective.judge(run.task.model.eval(), "test").scores


def test_the_scores_are_what_evaluate_finds_for_the_folder(go_encoder, toy_file, tmp_path):
    """Read back from its folder and run as users run it, the model scores the same."""
    changes = {"data": str(tmp_path), "training.updates": 8, "validation.every": 8}
    for task, labels in (("classification", {"label": 1}), ("regression", {"pair": 1, "label": 2})):
        file = toy_file(task)
        names = {"corpus.train": file.name, "corpus.valid": file.name}
        run, _, heard = go_encoder(task, changes | names, folder=task)
        data = read_labelled(LabelledSource(file, **labels))
        evaluate = evaluate_classifier if task == "classification" else evaluate_regression
        again = evaluate(load(run.folder, precision="float32"), data).scores
        found = heard.of(Validated)[-1].verdict.scores
        assert found == pytest.approx({name: getattr(again, name) for name in found}, abs=1e-5)
    file = toy_file("tagging")
    names = {"corpus.train": file.name, "corpus.valid": file.name}
    run, _, heard = go_encoder("tagging", changes | names, folder="tagging")
    again = evaluate_tagger(load(run.folder, precision="float32"), read_conll(file), file).scores
    assert heard.of(Validated)[-1].verdict.scores["f1"] == pytest.approx(again.micro.f1)
    names = {"corpus.train": toy_file("embedding").name, "corpus.valid": toy_file("embedding").name}
    run, _, heard = go_encoder("embedding", changes | names, folder="embedding")
    data = read_labelled(LabelledSource(toy_file("embedding"), pair=1, label=2))
    again = evaluate_similarity(load(run.folder, precision="float32"), data).scores
    assert heard.of(Validated)[-1].verdict.scores["spearman"] == pytest.approx(again.spearman, abs=1e-4)


def test_the_log_ends_with_the_test_score(make_encoder_recipe, tmp_path):
    from manyheads.training.events import Started
    from manyheads.training.run import open_run

    run = open_run(make_encoder_recipe("tagging", {"corpus.test_share": 0.1}), tmp_path / "run")
    log = JsonLog(run.folder / "log.jsonl")
    log(Started((), 0, 4))
    train(run, [log])
    records = read_log(run.folder / "log.jsonl")
    assert {"valid_loss", "f1", "macro_f1", "accuracy", "best"} <= set(records[1])
    assert set(records[-1]["test"]) == {"sentences", "f1", "macro_f1", "accuracy"}
    assert json.dumps(records[-1])


def test_with_nothing_to_validate_on_the_newest_model_is_kept(go_encoder):
    run, finished, heard = go_encoder("tagging", {"corpus.valid_share": 0.0})
    assert not heard.of(Validated)
    assert finished.lines == ()
    assert "valid: none, so the newest model is kept, untried" in run.lines()
    assert "Not measured." in load_model(run.folder).card


def test_the_card_names_the_language_and_what_the_model_does(go_encoder):
    card = load_model(go_encoder("masked", {"corpus.language": "en"})[0].folder).card
    assert "language:\n- en\n" in card
    assert "A Transformer encoder that tells what stood where a mask is, trained with manyheads." in card
