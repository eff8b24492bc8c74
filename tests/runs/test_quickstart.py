"""`manyheads quickstart`, on a small recipe: what it prints, what it leaves, whose folder it removes."""

import os
import re
import shlex
import signal
from pathlib import Path

import pytest

from manyheads.recipes import load
from manyheads.training.run import TRAINING
from manyheads.training.step import Stepper

pytestmark = pytest.mark.runs

LETTERS = "abcdefgh"
RECIPE = """
data = "pairs.tsv"
threads = 1
precision = "float32"
[corpus]
valid_share = 0.05
test_share = 0.05
[tokenizer]
vocab_size = 269
[model]
d_model = 10
d_ff = 14
num_heads = 2
num_encoder_layers = 1
num_decoder_layers = 1
dropout = 0.0
max_length = 64
[training]
updates = 4
batch_tokens = 80
[validation]
every = 2
metric = "loss"
max_sentences = 2
[decoding]
beam = 1
max_length_factor = 1.0
max_length_extra = 1
"""
TAKEN = (
    "manyheads: error: {} must be free, or hold an earlier quickstart, but has no quickstart.txt in it; "
    "give another --output, or remove it\n"
)


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """A folder with 64 pairs, in which `numbers` is a recipe for them."""
    pairs = [(f"{one} {other} x", f"x {other} {one}") for one in LETTERS for other in LETTERS]
    (tmp_path / "pairs.tsv").write_text("".join(f"{src}\t{tgt}\n" for src, tgt in pairs), encoding="utf-8")
    (tmp_path / "toy.toml").write_text(RECIPE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    toy = load.load_recipe("toy.toml")
    monkeypatch.setattr(load, "load_recipe", lambda name, _overrides=(): {"numbers": toy}[name])
    return tmp_path


@pytest.fixture
def stopped(monkeypatch):
    """Press Ctrl-C in the third update."""
    taken = Stepper.take

    def stop_at_three(self, update, batches):
        if update == 3:
            os.kill(os.getpid(), signal.SIGINT)
        return taken(self, update, batches)

    monkeypatch.setattr(Stepper, "take", stop_at_three)


def test_it_trains_shows_and_scores(run, place):
    """Of 64 pairs 5 % each, rounded up to 4, are for validation and test; 56 are learned from."""
    ran = run("quickstart")
    assert (ran.code, ran.err) == (0, "")
    assert ran.lines[0].startswith("English number words to German ones, learned from 56 pairs: ")
    assert re.search(r"exact match on unseen numbers: \d+\.\d%\nquickstart took \d+ seconds\n$", ran.out)
    left = {path.name for path in (place / "runs" / "quickstart").iterdir()}
    assert {"config.json", "look.html", "quickstart.txt"} <= left


def test_the_next_one_makes_its_folder_anew(run, place):
    assert run("quickstart", "--output", "here").code == 0
    (place / "here" / "old.txt").touch()
    assert run("quickstart", "--output", "here").code == 0
    assert not (place / "here" / "old.txt").exists()


def test_a_stopped_one_names_a_command_that_goes_on(run, stopped):
    ran = run("quickstart", "--output", "my runs/first")
    assert ran.code == 130
    assert ran.err == (
        "manyheads: stopped after update 3 of 4; all of it is saved in my runs/first: "
        'go on with `manyheads train numbers --output "my runs/first" --resume`\n'
    )
    resumed = run(*shlex.split(re.search(r"`manyheads (.*)`", ran.err)[1]))
    assert resumed.code == 0
    assert "going on after update 3" in resumed.lines


def test_a_run_of_somebody_s_own_is_left_alone(run, place):
    assert run("train", "numbers", "--output", "mine").code == 0
    before = sorted(path.name for path in (place / "mine").iterdir())
    ran = run("quickstart", "--output", "mine")
    assert (ran.code, ran.err) == (2, TAKEN.format("mine"))
    assert sorted(path.name for path in (place / "mine").iterdir()) == before


def test_a_file_in_its_place_is_told(run, place):
    (place / "taken").touch()
    ran = run("quickstart", "--output", "taken")
    assert ran.code == 2
    assert ran.err == "manyheads: error: taken must be a folder, but is a file; give another --output\n"


def test_an_interrupt_before_the_first_update_leaves_the_folder_free(run, place, monkeypatch):
    def interrupt(_recipe, folder: Path):
        (folder / TRAINING).mkdir(parents=True)
        (folder / TRAINING / "recipe.toml").touch()
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("manyheads.training.run.open_run", interrupt)
        assert run("quickstart", "--output", "here").code == 130
    assert list((place / "here").iterdir()) == []
