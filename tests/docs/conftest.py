"""What the tests of the documents share: the documents, what stands in them, and a tiny model."""

import re
from pathlib import Path

import pytest

from manyheads.checkpoint.config import EncoderConfig
from manyheads.checkpoint.network import build_network
from manyheads.checkpoint.parameters import parameters_of
from manyheads.checkpoint.store import StoredModel, save_model
from manyheads.recipes.load import check_recipe
from manyheads.text.text_tokenizer import TextTokenizer
from manyheads.training.loop import train
from manyheads.training.run import open_run

ROOT = Path(__file__).parents[2]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
PAIRS = [("a dog runs", "ein Hund läuft"), ("two men walk", "zwei Männer gehen"), ("one man", "ein Mann")]
ENCODERS = {
    "sentence-transformers/all-MiniLM-L6-v2": {"task": "embedding", "normalize": True},
    "runs/pretrain-masked": {"task": "masked"},
    "runs/classify-sst2": {"task": "classification", "labels": ("0", "1")},
    "runs/tag-wnut17": {"task": "tagging", "labels": ("O", "B-person", "I-person")},
}
"""Encoders as documents name them: as on the hub, or as the recipes leave them."""
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


@pytest.fixture(scope="session")
def encoder_folders(tmp_path_factory):
    """Save encoders that have learnt nothing: enough for answers of every form."""
    tokenizer = TextTokenizer.train([f"{src} {tgt}" for src, tgt in PAIRS], kind="bpe", vocab_size=290)
    folders = {}
    for name, words in ENCODERS.items():
        sizes = {"d_model": 12, "d_ff": 20, "num_heads": 3, "num_layers": 2, "max_length": 64}
        sizes["pooler"] = "tanh" if words["task"] == "classification" else "none"
        config = EncoderConfig.model_validate({"model": sizes, "vocab_size": tokenizer.vocab_size, **words})
        folders[name] = tmp_path_factory.mktemp("encoders") / "encoder"
        weights = parameters_of(build_network(config))
        save_model(folders[name], StoredModel(config.model_dump(mode="json"), weights, {"text": tokenizer}))
    return folders


@pytest.fixture
def reader(tmp_path, monkeypatch, model_folder, pairs_file, encoder_folders):
    """Stand where a reader stands: the models in `runs` are trained, `pairs.tsv` holds pairs.

    What the hub has stands in folders of these names, which are looked for first.
    """
    (tmp_path / "runs").mkdir()
    for name, folder in encoder_folders.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).symlink_to(folder)
    for name in ("mine", "translate-small"):
        (tmp_path / "runs" / name).symlink_to(model_folder)
    (tmp_path / "pairs.tsv").symlink_to(pairs_file)
    monkeypatch.chdir(tmp_path)
    return tmp_path
