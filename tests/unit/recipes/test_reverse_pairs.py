"""The shipped toy pairs: letters reversed, each once, and made again by the committed script."""

import gzip
import importlib.util
from importlib.resources import files
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "scripts" / "make_reverse.py"


def shipped_bytes():
    return (files("manyheads.recipes") / "reverse.tsv.gz").read_bytes()


@pytest.fixture(scope="module")
def rows():
    text = gzip.decompress(shipped_bytes()).decode("utf-8")
    return [line.split("\t") for line in text.removesuffix("\n").split("\n")]


@pytest.fixture
def script():
    spec = importlib.util.spec_from_file_location("make_reverse", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_target_is_its_source_reversed(rows):
    assert len(rows) == 6000
    assert all(tgt == src[::-1] for src, tgt in rows)


def test_every_source_is_there_once_and_differs_from_its_target(rows):
    assert len({src for src, _ in rows}) == len(rows)
    assert all(src != tgt for src, tgt in rows)


def test_every_length_from_three_to_ten_is_there(rows):
    """Short ones are fewer: of three letters there are but 1,000 sequences, 100 of them palindromes."""
    lengths = [len(src.split()) for src, _ in rows]
    assert set(lengths) == set(range(3, 11))
    assert min(map(lengths.count, range(4, 11))) > 600


def test_the_script_makes_the_shipped_file_again(script, tmp_path, monkeypatch):
    """The text, not the bytes: zlib's may differ between versions."""
    monkeypatch.setattr(script, "TARGET", tmp_path / "reverse.tsv.gz")
    script.main()
    made = (tmp_path / "reverse.tsv.gz").read_bytes()
    assert gzip.decompress(made) == gzip.decompress(shipped_bytes())
    assert made[4:8] == b"\0\0\0\0"
