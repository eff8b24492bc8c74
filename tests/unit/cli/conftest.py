"""A model folder that has learnt nothing, and the command line run in this process."""

import io
import sys
from dataclasses import dataclass

import pytest

from manyheads.checkpoint.parameters import parameters_of
from manyheads.checkpoint.store import StoredModel, save_model
from manyheads.cli import main
from manyheads.recipes.schema import Decoding


@dataclass(frozen=True)
class Ran:
    """What a command left."""

    code: int
    out: str
    err: str

    @property
    def lines(self):
        return self.out.split("\n")[:-1]


@pytest.fixture
def translator(make_translator):
    """Search greedily, which is quick; a source may have 60 tokens."""
    translator = make_translator()
    translator.config = translator.config.model_copy(update={"decoding": Decoding(beam=1)})
    return translator


@pytest.fixture
def folder(tmp_path, translator, tokenizer, monkeypatch):
    """Save the translator as `toy`, in the folder in which the command runs."""
    config = translator.config.model_dump(mode="json")
    save_model(tmp_path / "toy", StoredModel(config, parameters_of(translator.model), {"shared": tokenizer}))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(capsys, monkeypatch):
    """Run a command as `manyheads` does, with bytes on its standard input."""

    def run(*words, stdin=b"", typed=False):
        stream = io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")
        stream.isatty = lambda: typed
        monkeypatch.setattr(sys, "stdin", stream)
        code = main([str(word) for word in words])
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return run


@pytest.fixture
def translate(run, folder):
    """Translate with the model of `folder`."""
    return lambda *words, **more: run("translate", "--model", "toy", *words, **more)


LABELS = {"classification": ("no", "perhaps", "yes"), "tagging": ("O", "B-thing", "I-thing")}


@pytest.fixture
def make_folder(tmp_path, make_runner, monkeypatch):
    """Save an encoder for a task as `toy`, in the folder in which the command runs; give its runner."""

    def make(task="embedding", **words):
        words = {"labels": LABELS.get(task, ())} | words
        runner = make_runner(task, **words)
        config = runner.config.model_dump(mode="json")
        save_model(
            tmp_path / "toy", StoredModel(config, parameters_of(runner.model), {"text": runner.tokenizer})
        )
        monkeypatch.chdir(tmp_path)
        return runner

    return make


@pytest.fixture
def three_at_once(monkeypatch):
    """Read three lines at a time instead of thousands."""
    monkeypatch.setattr("manyheads.text.lines.ROWS_PER_CHUNK", 3)
    monkeypatch.setattr("manyheads.text.columns.ROWS_PER_CHUNK", 3)
    monkeypatch.setattr("manyheads.cli.files._LINES_AT_ONCE", 3)
