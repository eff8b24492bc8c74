"""A recipe that is over in a moment, and what listens to its run."""

import json
import os
import random

import pytest

from manyheads.recipes.load import check_recipe
from manyheads.training.events import Started
from manyheads.training.loop import train
from manyheads.training.run import make_run, open_run

LETTERS = "abcdefgh"
PAIRS = [
    (f"{first} {second} {third}", f"{third} {second} {first}")
    for first in LETTERS
    for second in LETTERS[::3]
    for third in LETTERS[::2]
    if first != third
]
"""84 pairs of three letters and the same three reversed."""

RECIPE = {
    "threads": 1,
    "precision": "float32",
    "corpus": {"valid_share": 0.05, "test_share": 0.0},
    "tokenizer": {"vocab_size": 269},
    "model": {
        "d_model": 10,
        "d_ff": 14,
        "num_heads": 2,
        "num_encoder_layers": 1,
        "num_decoder_layers": 1,
        "dropout": 0.0,
        "max_length": 16,
    },
    "training": {"updates": 6, "batch_tokens": 80, "learning_rate": 0.01, "warmup": 0, "log_every": 2},
    "validation": {"every": 3, "metric": "loss", "max_sentences": 2},
    "decoding": {"beam": 1},
}


@pytest.fixture(autouse=True)
def _power_stays_on(monkeypatch):
    """Spare the disk: what a power cut would do is tested where files are written."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture
def pairs_file(tmp_path):
    """Write pairs as a TSV file."""

    def write(pairs=PAIRS, name="pairs.tsv"):
        path = tmp_path / name
        path.write_text("".join(f"{src}\t{tgt}\n" for src, tgt in pairs), encoding="utf-8", newline="\n")
        return path

    return write


@pytest.fixture
def make_recipe(pairs_file):
    """Make the recipe, with some keys changed: `{"training.updates": 3}`."""

    def make(changes=()):
        tree = json.loads(json.dumps(RECIPE)) | {"data": str(pairs_file())}
        for key, value in dict(changes).items():
            section, _, name = key.rpartition(".")
            (tree.setdefault(section, {}) if section else tree)[name] = value
        return check_recipe(tree, where="test")

    return make


class Heard(list):
    """Listens to a run and keeps what it hears; may do something at an event."""

    def __init__(self, then=None):
        super().__init__()
        self._then = then

    def __call__(self, event):
        self.append(event)
        if self._then:
            self._then(event)

    def of(self, kind):
        return [event for event in self if isinstance(event, kind)]


@pytest.fixture
def go(make_recipe, tmp_path):
    """Run a recipe in a folder; give the run, how it ended, and what was heard of it."""

    def run_it(changes=(), *, folder="run", resume=False, then=None, listeners=()):
        run = open_run(make_recipe(changes), tmp_path / folder, resume=resume)
        heard = Heard(then)
        everyone = [*listeners, heard]
        for listener in everyone:
            listener(Started(tuple(run.lines()), run.progress.update, run.recipe.training.updates))
        return run, train(run, everyone), heard

    return run_it


ENCODER = {
    "threads": 1,
    "precision": "float32",
    # Of the three kinds the one that comes out the same each time.
    "tokenizer": {"kind": "bpe", "vocab_size": 300},
    "model": {
        "d_model": 12,
        "d_ff": 20,
        "num_heads": 3,
        "num_layers": 2,
        "max_length": 32,
        "dropout": 0.0,
        "attention_dropout": 0.0,
    },
    "training": {"updates": 4, "batch_tokens": 64, "learning_rate": 0.01, "warmup": 0, "log_every": 2},
    "validation": {"every": 2},
}
OF_TASK = {
    "classification": {"corpus": {"label": 1}},
    "regression": {"corpus": {"pair": 1, "label": 2}},
    "embedding": {"corpus": {"pair": 1, "label": 2}, "embedding": {"highest": 9.0, "positive": 6.0}},
    "tagging": {},
    "masked": {},
}


def toy_texts(count=60):
    """Draw texts of three to seven words of which one is `good` or `bad`."""
    drawn = random.Random(7)  # noqa: S311 - a toy
    for _ in range(count):
        words = [drawn.choice(("red", "green", "one", "two", "three")) for _ in range(drawn.randint(2, 6))]
        words.insert(drawn.randint(0, len(words)), drawn.choice(("good", "bad")))
        yield words


@pytest.fixture
def toy_file(tmp_path):
    """Write a toy corpus of a task: labels yes and no, counts of words, tags, or documents of four lines."""

    def write(task, name="toy", count=60):
        rows = {
            "classification": lambda words, _: f"{' '.join(words)}\t{'yes' if 'good' in words else 'no'}\n",
            "regression": lambda words, _: f"{' '.join(words)}\t{words[0]} {words[-1]}\t{len(words)}\n",
            "tagging": lambda words, _: (
                "".join(f"{word}\t{'B-q' if word in ('good', 'bad') else 'O'}\n" for word in words) + "\n"
            ),
            "masked": lambda words, number: " ".join(words) + ("\n\n" if number % 4 == 3 else "\n"),
        }
        rows["embedding"] = rows["regression"]
        path = tmp_path / f"{name}.{task}.{'txt' if task == 'masked' else 'tsv'}"
        lines = [rows[task](words, number) for number, words in enumerate(toy_texts(count))]
        path.write_text("".join(lines), encoding="utf-8", newline="\n")
        return path

    return write


@pytest.fixture
def make_encoder_recipe(toy_file):
    """Make a recipe for an encoder's task on a toy corpus, with some keys changed."""

    def make(task, changes=()):
        tree = json.loads(json.dumps(ENCODER))
        for section, keys in OF_TASK[task].items():
            tree.setdefault(section, {}).update(keys)
        tree |= {"task": task, "data": str(toy_file(task))}
        for key, value in dict(changes).items():
            section, _, name = key.rpartition(".")
            (tree.setdefault(section, {}) if section else tree)[name] = value
        return check_recipe(tree, where="test")

    return make


@pytest.fixture
def encoder_task(make_encoder_recipe, tmp_path):
    """Prepare a toy task that has learned nothing yet."""

    def make(task, changes=(), folder="run"):
        return make_run(make_encoder_recipe(task, changes), tmp_path / folder).task

    return make


@pytest.fixture
def go_encoder(make_encoder_recipe, tmp_path):
    """Run a toy recipe for an encoder; give the run, how it ended, and what was heard of it."""

    def run_it(task, changes=(), *, folder="run", resume=False, then=None):
        run = open_run(make_encoder_recipe(task, changes), tmp_path / folder, resume=resume)
        heard = Heard(then)
        return run, train(run, [heard]), heard

    return run_it
