"""A process that is killed again and again while it saves leaves a whole model every time."""

import subprocess
import sys
from pathlib import Path

import pytest

from manyheads.text.tokenizer import Tokenizer

pytestmark = pytest.mark.learning

# A child saves one version after the other until it is killed; all parts of a folder carry its number.
KILLS = """
import os, random, signal, sys, time
from pathlib import Path
import torch
from manyheads.checkpoint.store import StoredModel, load_model, save_model
from manyheads.text.tokenizer import Tokenizer

os.fsync = lambda number: None  # matters to a loss of power alone, and is slow
torch.set_num_threads(1)
folder, tokenizer = Path(sys.argv[1]), Tokenizer.load(sys.argv[2])

def save(number):
    weights = {name: torch.full((50, 1000), float(number)) for name in "ab"}
    card, extra = str(number), {"log.jsonl": str(number).encode()}
    save_model(folder, StoredModel({"number": number}, weights, {"shared": tokenizer}, card, extra))

number, chance, last = 0, random.Random(3), time.monotonic() + 1.5
saved = set()
while time.monotonic() < last:
    child = os.fork()
    if child == 0:
        while True:
            number += 1
            save(number)
    time.sleep(chance.uniform(0.005, 0.06))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    if not folder.exists():
        continue
    stored = load_model(folder)
    number = stored.config["number"]
    assert {float(value) for tensor in stored.weights.values() for value in tensor.unique()} == {number}
    assert (stored.card, stored.extra) == (str(number), {"log.jsonl": str(number).encode()})
    saved.add(number)
save(0)
left = [path.name for path in (*folder.parent.iterdir(), *folder.iterdir()) if path.name.startswith(".")]
print(len(saved), left)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL and no fork")
def test_a_process_killed_while_it_saves_never_leaves_a_model_of_two_halves(tmp_path: Path):
    tokenizer = Tokenizer.train(["one two"], kind="bpe", vocab_size=264, normalization="nfc")
    tokenizer.save(tmp_path / "tokenizer.json")
    command = [sys.executable, "-c", KILLS, str(tmp_path / "runs" / "m"), str(tmp_path / "tokenizer.json")]
    done = subprocess.run(command, capture_output=True, check=False, timeout=60, encoding="utf-8")  # noqa: S603
    assert done.returncode == 0, done.stderr
    versions, left = done.stdout.split(maxsplit=1)
    assert int(versions) >= 5
    assert left.strip() == "[]"
