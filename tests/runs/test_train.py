"""`manyheads train`: what it prints, what it leaves, and what it says to each mistake."""

import json
import os
import signal
import tempfile
from pathlib import Path

import pytest

from manyheads.checkpoint import atomic
from manyheads.training.step import Stepper

pytestmark = pytest.mark.runs

LETTERS = "abcdefgh"
RECIPE = """
data = "pairs.tsv"
threads = 1
precision = "float32"
[corpus]
valid_share = 0.05
test_share = 0.0
[tokenizer]
vocab_size = 269
[model]
d_model = 10
d_ff = 14
num_heads = 2
num_encoder_layers = 1
num_decoder_layers = 1
dropout = 0.0
max_length = 16
[training]
updates = 4
batch_tokens = 80
log_every = 2
[validation]
every = 2
metric = "loss"
max_sentences = 2
[decoding]
beam = 1
max_length_factor = 1.0
max_length_extra = 1
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with a recipe and 64 pairs, in which the command runs."""
    pairs = [(f"{one} {other} x", f"x {other} {one}") for one in LETTERS for other in LETTERS]
    (tmp_path / "pairs.tsv").write_text("".join(f"{src}\t{tgt}\n" for src, tgt in pairs), encoding="utf-8")
    (tmp_path / "toy.toml").write_text(RECIPE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def train(run, place):
    return lambda *words: run("train", "toy.toml", *words)


def left(place):
    return sorted(path.name for path in place.iterdir())


def test_a_recipe_becomes_a_model_folder_under_runs(train, run, place):
    ran = train()
    assert (ran.code, ran.err) == (0, "")
    assert {path.name for path in (place / "runs" / "toy").iterdir()} == {
        *("config.json", "model.safetensors", "tokenizer.json", "README.md"),
        *("log.jsonl", "curve.svg", "split.json", "training"),
    }
    translated = run("translate", "--model", "runs/toy", "a b x")
    assert (translated.code, len(translated.lines)) == (0, 1)


def test_without_a_terminal_plain_lines_tell_the_run(train):
    lines = train().lines
    assert lines[0] == "64 pairs read, 64 kept; removed: none"
    assert any(line.startswith("update 2  epoch ") for line in lines)
    assert any(line.startswith("validation: loss ") for line in lines)
    assert lines[-2] == "all 4 updates are taken"


def test_the_log_holds_every_line_to_the_end(train, place):
    """Updates 2 and 4 are logged and validated; the model is written in between."""
    train()
    records = (place / "runs" / "toy" / "log.jsonl").read_text(encoding="utf-8").split("\n")[:-1]
    assert [json.loads(record)["update"] for record in records] == [2, 2, 4, 4]


def test_keys_are_changed_on_the_command_line(train, place):
    ran = train("training.updates=2", "model.d_ff=16", "title=Mine", "--output", "here")
    assert ran.code == 0
    assert json.loads((place / "here" / "config.json").read_text(encoding="utf-8"))["model"]["d_ff"] == 16
    assert "# Mine\n" in (place / "here" / "README.md").read_text(encoding="utf-8")


def test_a_dry_run_says_everything_and_leaves_nothing(train, place):
    before = left(place)
    ran = train("--dry-run")
    assert (ran.code, ran.err) == (0, "")
    text = ran.out
    assert "64 pairs read, 64 kept" in text
    assert "train: 60 pairs, 60 distinct sources" in text
    assert "model: 1+1 layers, d_model 10" in text
    assert "matrices: tokens " in text
    assert " parameters: " in text
    assert "MB with gradients and Adam's moments" in text
    assert ran.lines[-1].startswith("4 updates of ")
    assert "(mean of 5): about 0:00:0" in ran.lines[-1]
    assert ran.lines[-1].endswith(" without validation")
    assert left(place) == before


def test_a_dry_run_goes_on_with_nothing(train, place):
    before = left(place)
    ran = train("--dry-run", "--resume")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        "manyheads: error: --dry-run tries out a new run, and --resume goes on with one: "
        "give one of the two\n"
    )
    assert left(place) == before


def test_a_dry_run_minds_no_file_that_cannot_be_removed(train, tmp_path, monkeypatch):
    """Windows removes no file that is mapped into memory, as the token ids are."""
    unlink, refused = os.unlink, set()

    def refuse(path, **options):
        if Path(path).name == "train.arrow":
            refused.add(path)
            raise PermissionError(13, "in use", path)
        unlink(path, **options)

    (tmp_path / "aside").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "aside"))
    monkeypatch.setattr(os, "unlink", refuse)
    ran = train("--dry-run")
    assert (ran.code, ran.err) == (0, "")
    assert refused


def test_a_stopped_run_says_how_to_go_on_and_does(train, place, monkeypatch):
    taken = Stepper.take

    def stop_at_three(self, update, batches):
        if update == 3:
            os.kill(os.getpid(), signal.SIGINT)
        return taken(self, update, batches)

    monkeypatch.setattr(Stepper, "take", stop_at_three)
    ran = train()
    assert ran.code == 130
    assert ran.err == (
        "manyheads: stopped after update 3 of 4; all of it is saved in runs/toy: "
        "go on with the same command and --resume\n"
    )
    assert (place / "runs" / "toy" / "curve.svg").exists()
    monkeypatch.undo()
    monkeypatch.chdir(place)
    resumed = train("--resume")
    assert resumed.code == 0
    assert "going on after update 3" in resumed.lines


def test_a_second_run_does_not_overwrite_the_first(train):
    train()
    ran = train()
    assert ran.code == 2
    assert ran.err == (
        "manyheads: error: runs/toy must be free for a new run, but is not empty; "
        "add --resume, or give another --output\n"
    )


def test_a_resume_without_a_run_is_told(train, place):
    ran = train("--resume")
    assert ran.code == 2
    assert ran.err == (
        "manyheads: error: --resume needs a run in runs/toy, but there is none; "
        "leave --resume out to begin one\n"
    )
    assert "runs" not in left(place)


def test_a_resume_with_another_recipe_is_told(train):
    train()
    ran = train("--resume", "training.learning_rate=0.5", "training.updates=9")
    assert ran.code == 2
    assert "yet training.learning_rate was 0.001, is 0.5; give the values back" in ran.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["model.d_modle=8"], "unknown key 'model.d_modle', did you mean 'model.d_model'?"),
        (["d_model=8"], "unknown key 'd_model', did you mean 'model.d_model'?"),
        (["model.d_model=9"], "d_model must be a multiple of num_heads, but 9 / 2 is not whole"),
        (["training.updates=none"], "training.updates = 'none': "),
        (["training.updates"], "an override has the form key=value, but 'training.updates' was given"),
        (["data=missing.tsv"], "missing.tsv"),
        (["data=."], "data=. is a folder, so the recipe must name the files in it"),
        (['corpus.train=["a.en", "a.de"]'], "data=pairs.tsv is a file, but the recipe looks for"),
        (["corpus.src=en", "corpus.tgt=de"], "pairs.tsv"),
        (["init=nowhere"], "nowhere"),
    ],
)
def test_a_mistake_is_one_line_and_leaves_nothing(train, place, words, told):
    before = left(place)
    ran = train(*words)
    assert ran.code == 2
    assert ran.err.startswith("manyheads: error: ")
    assert ran.err.count("\n") == 1
    assert told in ran.err
    assert "bug" not in ran.err
    assert [name for name in left(place) if name != "runs"] == before
    assert not (place / "runs" / "toy").exists()


def test_all_mistakes_of_a_recipe_are_told_at_once(train):
    ran = train("model.d_modle=8", "training.warmpu=3")
    assert "has 2 mistakes: " in ran.err
    assert "model.d_modle" in ran.err
    assert "did you mean 'training.warmup'?" in ran.err


def test_an_unknown_recipe_is_told_with_those_that_there_are(run, place):
    ran = run("train", "numbrs")
    assert ran.code == 2
    assert "'numbrs' is neither; did you mean 'numbers'?" in ran.err
    assert "translate-base" in ran.err


def test_sides_of_unequal_length_are_told_with_their_lengths(train, place):
    (place / "a.en").write_text("one\ntwo\nthree\n", encoding="utf-8")
    (place / "a.de").write_text("eins\nzwei\n", encoding="utf-8")
    ran = train("data=.", 'corpus.train=["a.en", "a.de"]')
    assert ran.code == 2
    assert "a.en" in ran.err
    assert "a.de" in ran.err
    assert " 3 " in ran.err
    assert " 2" in ran.err


@pytest.mark.parametrize(
    ("content", "told"), [(b"", "empty"), (b"a\tb\n\xff\xfe\tc\n", "UTF-8"), (b"a\tb\nc\n", "pairs.tsv")]
)
def test_files_that_hold_no_pairs_are_told(train, place, content, told):
    (place / "pairs.tsv").write_bytes(content)
    ran = train()
    assert ran.code == 2
    assert told in ran.err
    assert "pairs.tsv" in ran.err


def test_a_loss_that_is_no_number_ends_in_one_line(train, place):
    """Adam's steps are as long as the learning rate; at 1e30 the second forward pass overflows."""
    ran = train("training.learning_rate=1e30", "training.warmup=0", "training.clip_norm=1e30")
    assert ran.code == 1
    assert ran.err.startswith("manyheads: error: the loss must stay a number, but at update ")
    assert "lower training.learning_rate or raise training.warmup" in ran.err


def test_a_full_disk_ends_in_one_line_that_names_what_failed_first(train, place, monkeypatch):
    """Nothing can be written from the first progress on, the curve neither: only the first is told."""
    put, full = atomic._put, []

    def fill_up(path, content):
        if full or path.name.startswith("progress"):
            full.append(path)
            raise OSError(28, "No space left on device")
        put(path, content)

    monkeypatch.setattr(atomic, "_put", fill_up)
    ran = train()
    assert ran.code == 1
    assert ran.err.startswith(
        "manyheads: error: no space left while writing runs/toy/training; what was there"
    )
    assert ran.err.count("\n") == 1


def test_a_large_seed_is_told_in_the_recipes_words(train):
    ran = train(f"seed={2**40}")
    assert ran.code == 2
    assert "seed = 1099511627776: " in ran.err
