"""Small networks learn what needs sound attention: to copy, to reverse, one batch by heart."""

import gzip
import os
import random
import subprocess
import sys
from importlib.resources import files

import pytest

from manyheads.batches.translation import TranslationBatches
from manyheads.inference.load import load
from manyheads.recipes.load import load_recipe
from manyheads.training.run import make_run

pytestmark = pytest.mark.learning

# One thread; and what libraries open without an encoding is not what these processes are asked about.
ALONE = {"OMP_NUM_THREADS": "1", "PYTHONWARNDEFAULTENCODING": ""}


def trained(folder, *changes, recipe="reverse"):
    """Train with a toy recipe in a process of its own, without the tests' checks of every shape."""
    words = ["-m", "manyheads", "train", recipe, "threads=1", "precision=float32", *changes]
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, *words, "--output", str(folder)],
        env=os.environ | ALONE,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return load(folder)


def exact(translator, sources, references):
    """Count the share of the answers that are right to the letter."""
    answers = [translation.text for translation in translator.translate(sources)]
    return sum(answer == right for answer, right in zip(answers, references, strict=True)) / len(references)


def shipped_sources():
    shipped = gzip.decompress((files("manyheads.recipes") / "reverse.tsv.gz").read_bytes()).decode("utf-8")
    return [line.split("\t")[0] for line in shipped.split("\n")[:-1]]


def unseen(count=300, seed=7):
    """Draw sequences of three to ten letters that are not among the shipped ones."""
    known = set(shipped_sources())
    rng = random.Random(seed)  # noqa: S311 - a sample, not a secret
    drawn = (" ".join(rng.choices("abcdefghij", k=rng.randint(3, 10))) for _ in range(10 * count))
    return [text for text in dict.fromkeys(drawn) if text not in known][:count]


def test_it_learns_to_reverse(tmp_path):
    """The shipped recipe as it is; each place has to look at the one as far from the other end."""
    translator = trained(tmp_path / "reverse")
    sources = unseen()
    assert len(sources) == 300
    assert exact(translator, sources, [" ".join(reversed(text.split())) for text in sources]) > 0.99


def pairs_to_copy(folder):
    path = folder / "copy.tsv"
    path.write_text("".join(f"{text}\t{text}\n" for text in shipped_sources()), encoding="utf-8")
    return (f"data={path}", "corpus.drop_same=false")


def test_it_learns_to_copy(tmp_path):
    shorter = ("training.updates=1000", "training.warmup=100", "validation.every=1000")
    translator = trained(tmp_path / "copy", *pairs_to_copy(tmp_path), *shorter)
    held_out = unseen()
    assert exact(translator, held_out, held_out) > 0.99


def test_a_recurrent_network_with_attention_learns_to_reverse(tmp_path):
    """The shipped recipe as it is."""
    translator = trained(tmp_path / "reverse", recipe="reverse-recurrent")
    sources = unseen()
    assert exact(translator, sources, [" ".join(reversed(text.split())) for text in sources]) > 0.99


def test_a_recurrent_network_with_attention_learns_to_copy(tmp_path):
    translator = trained(tmp_path / "copy", *pairs_to_copy(tmp_path), recipe="reverse-recurrent")
    held_out = unseen()
    assert exact(translator, held_out, held_out) > 0.99


def test_it_learns_one_batch_by_heart(tmp_path):
    """About 30 pairs again and again: nothing of them is left to guess."""
    recipe = load_recipe("reverse", ["threads=1", "precision=float32", "training.schedule='constant'"])
    run = make_run(recipe, tmp_path)
    batch = TranslationBatches(
        run.task.prepared.train, budget=512, seed=1, special=run.task.translator.special
    ).batch(0)
    first = run.stepper.take(1, [batch])
    for update in range(2, 250):
        last = run.stepper.take(update, [batch])
    assert first.plain / first.labels > 4
    assert last.plain / last.labels < 0.01
