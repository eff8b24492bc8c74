"""The committed scripts make the files that ship."""

import gzip
import importlib.util
from importlib.resources import files
from pathlib import Path

import pytest

pytestmark = pytest.mark.docs

SCRIPT = Path(__file__).parents[2] / "scripts" / "make_numbers.py"


@pytest.fixture
def script():
    spec = importlib.util.spec_from_file_location("make_numbers", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_numbers_are_made_again(script, tmp_path, monkeypatch, capsys):
    """The text has to be equal; another zlib may pack it into other bytes; the time stamp has to be zero."""
    monkeypatch.setattr(script, "TARGET", tmp_path / "numbers.tsv.gz")
    script.main()
    made = (tmp_path / "numbers.tsv.gz").read_bytes()
    shipped = (files("manyheads.recipes") / "numbers.tsv.gz").read_bytes()
    assert gzip.decompress(made) == gzip.decompress(shipped)
    assert made[4:8] == shipped[4:8] == b"\0\0\0\0"
    assert "24,000 pairs" in capsys.readouterr().out
