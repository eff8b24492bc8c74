"""The script that makes plain text of the Brown corpus."""

import importlib.util
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.docs

SCRIPT = Path(__file__).parents[2] / "scripts" / "brown_text.py"


@pytest.fixture
def script():
    spec = importlib.util.spec_from_file_location("brown_text", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("tagged", "text"),
    [
        ("``/`` No/uh ''/'' ,/, said/vbd Ann/np 's/pps ./.", '"No", said Ann \'s.'),
        ("Why/wrb ?/. ?/.", "Why?"),
        ("one/cd (/( or/cc 1/2/cd )/) --/-- of/in $5/nns ;/. ;/.", "one (or 1/2) -- of $5;"),
        ("the/at '/' old/jj one/cd '/'", "the 'old one'"),
    ],
)
def test_words_lose_their_tags_and_get_their_marks(script, tagged, text):
    assert script.plain(script.words_of(tagged)) == text


def test_every_document_of_the_zip_becomes_lines_and_an_empty_one(script, tmp_path, monkeypatch, capsys):
    with zipfile.ZipFile(tmp_path / "brown.zip", "w") as archive:
        archive.writestr("brown/cb01", "\n\n\tTwo/cd ./.\n")
        archive.writestr("brown/ca01", "\n\tOne/cd ./.\n\n\tMore/ap ./.\n")
        archive.writestr("brown/cats.txt", "ca01 news\n")
    target = tmp_path / "brown.txt"
    monkeypatch.setattr("sys.argv", ["brown_text.py", str(tmp_path / "brown.zip"), str(target)])
    script.main()
    assert target.read_text(encoding="utf-8") == "One.\nMore.\n\nTwo.\n"
    assert capsys.readouterr().out == "brown.txt: 2 documents, 3 sentences\n"
