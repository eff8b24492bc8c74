"""A run that is stopped, politely or not, and resumed is the run that never stopped, to the last bit."""

import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest

pytestmark = [
    pytest.mark.learning,
    pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL, and no Ctrl-C for one process alone"),
]

# One thread; and what libraries open without an encoding is not what these processes are asked about.
ALONE = {"OMP_NUM_THREADS": "1", "PYTHONWARNDEFAULTENCODING": ""}
UPDATES = 120
KILLS = 5
# Intervals without a common divisor: every kind of moment is followed by every other.
RECIPE = f"""
data = "package:reverse.tsv.gz"
threads = 1
precision = "float32"
[corpus]
valid_share = 0.005
test_share = 0.005
[tokenizer]
vocab_size = 269
[model]
d_model = 16
d_ff = 24
num_heads = 2
num_encoder_layers = 1
num_decoder_layers = 1
dropout = 0.2
max_length = 32
[training]
updates = {UPDATES}
batch_tokens = 512
learning_rate = 3e-3
warmup = 20
save_every = 5
log_every = 3
average = 3
average_of = "best"
[validation]
every = 7
metric = "loss"
max_sentences = 5
[decoding]
beam = 2
"""


class Started:
    """A real `manyheads train` in a process of its own, whose lines are read as they come."""

    def __init__(self, folder, *options):
        recipe = folder.parent / "toy.toml"
        recipe.write_text(RECIPE, encoding="utf-8")
        words = ["-m", "manyheads", "train", str(recipe), "--output", str(folder), *options]
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env=os.environ | ALONE,
        )

    def follow(self, update):
        """Read until an update is logged, or the end; say which one was."""
        for line in self._process.stdout:
            if line.startswith("update "):
                reached = int(line.split()[1])
                if reached >= update:
                    return reached
        return UPDATES

    def send(self, number):
        self._process.send_signal(number)

    def end(self):
        """Wait, and give exit code and last words."""
        _, errors = self._process.communicate(timeout=120)
        return self._process.returncode, errors


def log_of(folder):
    records = [json.loads(line) for line in (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    return [{key: value for key, value in record.items() if key != "tokens_per_second"} for record in records]


def assert_the_same(resumed, whole):
    """Compare all that is left: but for speeds, which are nobody's choice, every byte."""
    for name in (
        *("model.safetensors", "config.json", "tokenizer.json", "split.json", "README.md"),
        *("training/progress.safetensors", "training/progress.json", "training/recipe.toml"),
    ):
        assert (resumed / name).read_bytes() == (whole / name).read_bytes(), name
    assert log_of(resumed) == log_of(whole)
    for folder in ("training", "training/candidates"):
        names = [sorted(path.name for path in (run / folder).iterdir()) for run in (resumed, whole)]
        assert names[0] == names[1]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The run that never stopped."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    assert Started(folder).end() == (0, "")
    return folder


def test_killed_at_five_random_moments_is_never_stopped(whole, tmp_path):
    """Each kill comes some updates after the one before and some milliseconds into what then goes on."""
    rng = random.Random(2017)  # noqa: S311 - no secret
    folder, reached, killed = tmp_path / "run", 0, 0
    for _ in range(KILLS):
        run = Started(folder, *(["--resume"] if killed else []))
        reached = run.follow(reached + rng.randint(4, 15))
        time.sleep(rng.uniform(0, 0.04))
        run.send(signal.SIGKILL)
        code, _ = run.end()
        killed += code == -signal.SIGKILL
    assert killed == KILLS
    assert Started(folder, "--resume").end() == (0, "")
    assert_the_same(folder, whole)


def test_ctrl_c_saves_and_says_how_to_go_on(whole, tmp_path):
    folder = tmp_path / "run"
    run = Started(folder)
    run.follow(40)
    run.send(signal.SIGINT)
    code, words = run.end()
    saved = json.loads((folder / "training" / "progress.json").read_text(encoding="utf-8"))["update"]
    assert 40 <= saved < UPDATES
    assert words == (
        f"manyheads: stopped after update {saved} of {UPDATES}; all of it is saved in {folder}: "
        "go on with the same command and --resume\n"
    )
    assert code == 130
    assert Started(folder, "--resume").end() == (0, "")
    assert_the_same(folder, whole)
