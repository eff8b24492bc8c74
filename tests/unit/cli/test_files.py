import gzip
from pathlib import Path

import pytest

from manyheads.cli.files import as_column, check_output, one_line, open_texts, write_lines
from manyheads.errors import InputError


def test_texts_of_the_command_line_are_one_chunk():
    texts = open_texts(["a", "b"], None, None)
    assert list(texts.chunks) == [(1, ["a", "b"])]
    assert texts.total == 2
    assert texts.place(2) == "text 2 of the command line"


def test_a_file_is_counted_before_it_is_read(tmp_path):
    (tmp_path / "in.txt").write_text("a\nb\n", encoding="utf-8")
    (tmp_path / "in.csv").write_text("en,de\na,b\n", encoding="utf-8")
    texts = open_texts([], tmp_path / "in.txt", None)
    assert texts.total == 2
    assert texts.place(2) == f"line 2 of {tmp_path / 'in.txt'}"
    rows = open_texts([], tmp_path / "in.csv", "de")
    assert list(rows.chunks) == [(2, ["b"])]
    assert rows.place(2).startswith("row 2 of ")


def test_a_pipe_is_read_once(tmp_path, monkeypatch):
    """What is no regular file cannot be counted beforehand."""
    (tmp_path / "pipe").write_bytes(b"a\nb\n")
    monkeypatch.setattr(Path, "is_file", lambda _: False)
    texts = open_texts([], tmp_path / "pipe", None)
    assert (texts.total, list(texts.chunks)) == (None, [(1, ["a", "b"])])


@pytest.mark.parametrize(
    ("given", "name", "column", "message"),
    [
        (["a"], "in.txt", None, "texts come from the command line or from --input, but both are given ("),
        (["a"], None, "en", "--column en is a column of a file: name the file with --input"),
        ([], None, "en", "--column en is a column of a file: name the file with --input"),
        ([], "inn.txt", None, "there is no file "),
        ([], "in.tsv", None, "in.tsv is read as tsv: say which column holds the texts, by name or number"),
        (["a\udcff"], None, None, r"a text must be UTF-8, but 'a\udcff' is not at character 2"),
    ],
)
def test_texts_that_cannot_be_read_are_told(tmp_path, monkeypatch, given, name, column, message):
    monkeypatch.chdir(tmp_path)
    for there in ("in.txt", "in.tsv"):
        Path(there).write_text("a\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        open_texts(given, Path(name) if name else None, column)
    assert str(error.value).startswith(message)


def test_digits_are_a_column_s_number():
    assert (as_column("1"), as_column("en"), as_column("-1")) == (1, "en", "-1")


def test_outputs_that_cannot_be_are_refused(tmp_path):
    check_output(None)
    check_output(tmp_path / "out")
    with pytest.raises(InputError) as error:
        check_output(tmp_path)
    assert str(error.value) == f"--output must be a file, but {tmp_path} is a folder; name a file in it"
    with pytest.raises(InputError) as error:
        check_output(tmp_path / "no" / "out")
    no = tmp_path / "no"
    assert str(error.value) == f"--output {no / 'out'} needs a folder that exists, but there is no {no}"


def test_lines_are_utf8_and_end_in_line_feeds_everywhere(tmp_path):
    write_lines(tmp_path / "out", ["ü", ""])
    assert (tmp_path / "out").read_bytes() == b"\xc3\xbc\n\n"
    write_lines(tmp_path / "out.gz", ["ü", ""])
    assert gzip.decompress((tmp_path / "out.gz").read_bytes()) == b"\xc3\xbc\n\n"


def test_lines_that_fail_midway_leave_what_was_there(tmp_path):
    (tmp_path / "out").write_bytes(b"before\n")

    def lines():
        yield "a"
        raise InputError("stop")

    with pytest.raises(InputError, match=r"^stop$"):
        write_lines(tmp_path / "out", lines())
    assert (tmp_path / "out").read_bytes() == b"before\n"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_line_stays_a_line_and_a_column_a_column():
    assert one_line("a\r\nb\rc\nd\te\u2028f") == "a b c d\te\u2028f"
    assert one_line("a\tb", tabs=False) == "a b"
