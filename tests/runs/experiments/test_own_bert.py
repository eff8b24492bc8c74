"""A BERT trained on a text: written down, stopped, taken up."""

from dataclasses import replace

import pytest

from manyheads.experiments import own_run
from manyheads.experiments.context_material import QUICK, made_up_material
from manyheads.experiments.own_bert import train_bert, write_text
from manyheads.training.loop import RunStopped
from manyheads.training.loop import train as real_train

pytestmark = pytest.mark.runs

DOCUMENTS = made_up_material().train
FEW = (*QUICK.bert, "training.updates=3", "validation.every=3", "training.save_every=1")


def test_documents_are_written_as_people_write_with_an_empty_line_between(tmp_path):
    write_text([[["One", "."], ["Two", ",", "three", "."]], [["Four", "?"]]], tmp_path / "some.txt")
    assert (tmp_path / "some.txt").read_text(encoding="utf-8") == "One.\nTwo, three.\n\nFour?\n"


def test_a_stopped_training_says_how_to_go_on_and_goes_on(tmp_path, monkeypatch):
    said = []

    def stop_after_one(run, listeners):
        run.stepper.take(1, [run.task.batches.batch(0)])
        run.progress = replace(run.progress, update=1)
        run.save()
        raise RunStopped("stopped")

    def go():
        return train_bert(DOCUMENTS[4:], DOCUMENTS[:4], tmp_path / "bert", FEW, said.append)

    monkeypatch.setattr(own_run, "train", stop_after_one)
    with pytest.raises(RunStopped, match="stopped after update 1; all of it is saved: the same command"):
        go()
    monkeypatch.setattr(own_run, "train", real_train)
    found = go()
    assert (found["updates"], found["resumed"]) == (3, True)
    assert 0 <= found["masked_accuracy"] <= 1
    assert said == []
    assert (tmp_path / "bert" / "config.json").is_file()
