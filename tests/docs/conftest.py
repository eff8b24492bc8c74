"""What the tests of the documents share: the documents, what stands in them, and a tiny model."""

import re
from pathlib import Path

import pytest

from manyheads.recipes.load import check_recipe
from manyheads.training.loop import train
from manyheads.training.run import open_run

ROOT = Path(__file__).parents[2]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
PAIRS = [("a dog runs", "ein Hund läuft"), ("two men walk", "zwei Männer gehen"), ("one man", "ein Mann")]
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def pytest_generate_tests(metafunc):
    """Run a test that asks for a `document` once for each."""
    if "document" in metafunc.fixturenames:
        names = [path.relative_to(ROOT).as_posix() for path in DOCUMENTS]
        metafunc.parametrize("document", DOCUMENTS, ids=names)


@pytest.fixture
def blocks(document):
    """Take the fenced blocks of some languages out of a document."""
    found = _BLOCK.findall(document.read_text(encoding="utf-8"))
    return lambda *languages: [text for language, text in found if language in languages]


@pytest.fixture(scope="session")
def pairs_file(tmp_path_factory):
    """Write pairs, a source, a TAB and a target on each line."""
    path = tmp_path_factory.mktemp("pairs") / "pairs.tsv"
    lines = [f"{src} {number}\t{tgt} {number}\n" for number in range(20) for src, tgt in PAIRS]
    path.write_text("".join(lines), encoding="utf-8", newline="\n")
    return path


@pytest.fixture(scope="session")
def model_folder(pairs_file, tmp_path_factory):
    """Train for two updates: enough for a folder with everything in it."""
    folder = tmp_path_factory.mktemp("runs") / "mine"
    recipe = {
        "data": str(pairs_file),
        "threads": 1,
        "precision": "float32",
        "tokenizer": {"vocab_size": 300},
        "model": {
            "d_model": 12,
            "d_ff": 20,
            "num_heads": 3,
            "num_encoder_layers": 2,
            "num_decoder_layers": 2,
        },
        "training": {"updates": 2, "batch_tokens": 500, "warmup": 1},
        "decoding": {"beam": 2},
    }
    train(open_run(check_recipe(recipe, where="test"), folder), [])
    return folder


@pytest.fixture
def reader(tmp_path, monkeypatch, model_folder, pairs_file):
    """Stand where a reader stands: the models in `runs` are trained, `pairs.tsv` holds pairs."""
    (tmp_path / "runs").mkdir()
    for name in ("mine", "translate-small"):
        (tmp_path / "runs" / name).symlink_to(model_folder)
    (tmp_path / "pairs.tsv").symlink_to(pairs_file)
    monkeypatch.chdir(tmp_path)
    return tmp_path
