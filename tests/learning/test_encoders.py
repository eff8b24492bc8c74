"""A small encoder learns what needs words, neighbours and both sides; killed and resumed, it is the same."""

import json
import os
import random
import signal
import subprocess
import sys

import pytest

pytestmark = pytest.mark.learning

# One thread; and what libraries open without an encoding is not what these processes are asked about.
ALONE = {"OMP_NUM_THREADS": "1", "PYTHONWARNDEFAULTENCODING": ""}
SHARED = 'threads = 1\nprecision = "float32"\n'
SMALL = """
[tokenizer]
kind = "bpe"
vocab_size = 320
[model]
d_model = 32
d_ff = 64
num_heads = 2
num_layers = 2
dropout = 0.0
attention_dropout = 0.0
max_length = 32
[training]
batch_tokens = 512
learning_rate = 3e-3
warmup = 20
log_every = 10
"""
COLOURS = ("red", "green", "blue", "white", "black")
KINDS = (
    ("cat", "meows", "fish"),
    ("dog", "barks", "meat"),
    ("cow", "moos", "grass"),
    ("duck", "quacks", "bread"),
    ("sheep", "bleats", "hay"),
)


def start(folder, recipe, *options):
    """Start a real `manyheads train` in a process of its own."""
    path = folder.parent / f"{folder.name}.toml"
    path.write_text(recipe, encoding="utf-8")
    words = ["-m", "manyheads", "train", str(path), "--output", str(folder), *options]
    return subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=os.environ | ALONE,
    )


def learn(folder, recipe, *options):
    """Train to the end and give what the last validation found."""
    run = start(folder, recipe, *options)
    _, errors = run.communicate(timeout=300)
    assert (run.returncode, errors) == (0, "")
    lines = (folder / "log.jsonl").read_text(encoding="utf-8").split("\n")[:-1]
    records = [json.loads(line) for line in lines]
    return [record for record in records if "valid_loss" in record][-1]


def write(path, lines):
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")
    return path


def recipe(task, data, corpus=""):
    """Write a recipe's own keys; what all of them share follows."""
    return (
        f'task = "{task}"\ndata = "{data.as_posix()}"\n{SHARED}[corpus]\nvalid_share = 0.1\n{corpus}{SMALL}'
    )


def until(updates):
    """Say how many updates there are, with one validation at the end."""
    return f"training.updates={updates}", f"validation.every={updates}"


def test_it_learns_which_word_a_label_hangs_on(tmp_path):
    """One word of three to eight decides, wherever it stands."""
    rng = random.Random(5)  # noqa: S311 - a toy
    lines = []
    for _ in range(600):
        words = [rng.choice(COLOURS) for _ in range(rng.randint(2, 7))]
        words.insert(rng.randint(0, len(words)), rng.choice(("good", "bad")))
        lines.append(f"{' '.join(words)}\t{'yes' if 'good' in words else 'no'}")
    data = write(tmp_path / "labels.tsv", lines)
    told = learn(tmp_path / "run", recipe("classification", data, "label = 1\n"), *until(120))
    assert told["accuracy"] > 0.99


def test_it_learns_tags_that_hang_on_the_word_before(tmp_path):
    """A colour is tagged behind `in` and nowhere else: the word alone does not tell."""
    rng = random.Random(5)  # noqa: S311 - a toy
    lines = []
    for _ in range(500):
        before = ""
        for _ in range(rng.randint(4, 8)):
            word = rng.choice((*COLOURS, "in", "in"))
            lines.append(f"{word}\t{'B-colour' if before == 'in' and word != 'in' else 'O'}")
            before = word
        lines.append("")
    data = write(tmp_path / "tags.conll", lines)
    assert learn(tmp_path / "run", recipe("tagging", data), *until(200))["f1"] > 0.98


def grammar(path):
    """Write documents of a sentence each, every word of which tells the others: `the cat meows for fish`."""
    rng = random.Random(5)  # noqa: S311 - a toy
    kinds = [rng.choice(KINDS) for _ in range(400)]
    return write(path, [f"the {animal} {sound} for {food}\n" for animal, sound, food in kinds])


def test_it_learns_to_tell_hidden_words_of_a_small_grammar(tmp_path):
    """A guess would be right once in five; the words on either side tell it."""
    told = learn(tmp_path / "run", recipe("masked", grammar(tmp_path / "grammar.txt")), *until(200))
    assert told["masked_accuracy"] > 0.95


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_killed_and_resumed_it_is_never_stopped(tmp_path):
    """Masks, pairs and dropout are functions of (seed, position): every byte of the model is the same."""
    data = grammar(tmp_path / "grammar.txt")
    text = recipe("masked", data)
    options = (*until(60), "masking.next_sentence=true", "model.dropout=0.2", "training.save_every=5")
    learn(tmp_path / "whole", text, *options)
    killed = start(tmp_path / "killed", text, *options)
    assert any(line.startswith("update 20 ") for line in killed.stdout)
    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=60)
    assert killed.returncode == -signal.SIGKILL
    learn(tmp_path / "killed", text, *options, "--resume")
    for name in ("model.safetensors", "tokenizer.json", "training/progress.safetensors"):
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name
