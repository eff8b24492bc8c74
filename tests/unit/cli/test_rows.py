"""Where an encoder's texts come from: pairs, ids, columns, and what is wrong with them."""

import io
import json
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from manyheads.cli.rows import Asked, Chunk, open_rows
from manyheads.errors import InputError


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write(name, text):
    Path(name).write_text(text, encoding="utf-8", newline="\n")
    return Path(name)


def chunks(*words, **asked):
    return list(open_rows(Asked(list(words), **asked)).chunks)


def test_texts_of_the_command_line_are_one_chunk():
    rows = open_rows(Asked(["a", "b"]))
    assert (list(rows.chunks), rows.total, rows.place(2)) == (
        [Chunk(1, ["a", "b"])],
        2,
        "text 2 of the command line",
    )


def test_each_text_of_the_command_line_has_its_pair():
    assert chunks("a", "b", pairs=["c", "d"], pairing="always") == [Chunk(1, ["a", "b"], ["c", "d"])]
    assert chunks("a\tc", pairing="always") == [Chunk(1, ["a"], ["c"])]


@pytest.mark.parametrize("name", ["in.txt", "in.tsv"])
@pytest.mark.parametrize("pairing", ["always", "maybe"])
def test_lines_with_a_tab_are_pairs(name, pairing):
    path = write(name, "a\tb\nc d\te\n")
    assert chunks(path=path, pairing=pairing) == [Chunk(1, ["a", "c d"], ["b", "e"])]


def test_lines_without_a_tab_are_texts_where_pairs_may_be():
    assert chunks(path=write("in.txt", "a\nb\n"), pairing="maybe") == [Chunk(1, ["a", "b"])]


def test_a_tab_is_a_space_like_any_other_where_there_are_no_pairs():
    assert chunks(path=write("in.txt", "a\tb\nc\n")) == [Chunk(1, ["a\tb", "c"])]


def test_standard_input_is_read_likewise(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a\tb\nc\td\n"), encoding="utf-8"))
    assert chunks(pairing="maybe") == [Chunk(1, ["a", "c"], ["b", "d"])]


ROWS = [{"n": "7", "one": "a", "two": "x y"}, {"n": "9", "one": "b", "two": "z"}]


def lay_out(suffix):
    path = Path(f"in{suffix}")
    if suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(ROWS), path)
        return path
    if suffix == ".jsonl":
        return write(path, "".join(json.dumps(row) + "\n" for row in ROWS))
    comma = "," if suffix == ".csv" else "\t"
    return write(
        path, "".join(comma.join(row) + "\n" for row in [ROWS[0].keys(), *(r.values() for r in ROWS)])
    )


@pytest.mark.parametrize(("suffix", "first"), [(".tsv", 2), (".csv", 2), (".jsonl", 1), (".parquet", 1)])
def test_columns_of_texts_pairs_and_ids_are_taken_by_name(suffix, first):
    rows = open_rows(Asked([], lay_out(suffix), "two", ["one"], "n", pairing="maybe"))
    assert list(rows.chunks) == [Chunk(first, ["x y", "z"], ["a", "b"], ["7", "9"])]
    assert rows.total == 2


def test_columns_are_taken_by_number_and_a_text_may_be_its_own_id():
    path = write("in.tsv", "7\ta\n9\tb\n")
    assert chunks(path=path, column="1", ids="0") == [Chunk(1, ["a", "b"], None, ["7", "9"])]
    assert chunks(path=path, column="1", ids="1") == [Chunk(1, ["a", "b"], None, ["a", "b"])]


def test_ids_may_be_numbers():
    path = write("in.jsonl", '{"n": 7, "one": "a"}\n')
    assert chunks(path=path, column="one", ids="n") == [Chunk(1, ["a"], None, ["7"])]


def test_a_pipe_is_read_once(monkeypatch):
    """What is no regular file cannot be counted beforehand."""
    path = write("pipe", "a\nb\n")
    monkeypatch.setattr(Path, "is_file", lambda _: False)
    rows = open_rows(Asked([], path))
    assert (rows.total, list(rows.chunks)) == (None, [Chunk(1, ["a", "b"])])


@pytest.mark.parametrize(
    ("content", "pairing", "message"),
    [
        ("a\n\nb\n", "never", "a text must hold a word, but line 2 of in.txt is empty; remove it"),
        ("a\n  \n", "maybe", "a text must hold a word, but line 2 of in.txt is empty; remove it"),
        ("a\tb\nc\t\n", "maybe", "a pair must have both texts, but line 2 of in.txt lacks the second one"),
        ("\tb\n", "always", "a pair must have both texts, but line 1 of in.txt lacks the first one"),
        (
            "a\tb\nc\n",
            "maybe",
            "a pair must have both texts, with one TAB between them, but line 2 of in.txt has no TAB",
        ),
        (
            "a\tb\tc\n",
            "always",
            "a pair must have both texts, with one TAB between them, but line 1 of in.txt has 2 TABs",
        ),
        (
            "a\nb\tc\n",
            "maybe",
            "lines must be all pairs or none, but line 2 of in.txt has a TAB and the first has none",
        ),
        ("", "never", "in.txt must hold at least one line, but is empty"),
    ],
)
def test_an_empty_text_and_half_a_pair_are_refused_by_their_line_before_any_work(content, pairing, message):
    path = write("in.txt", content)
    with pytest.raises(InputError) as told:
        open_rows(Asked([], path, pairing=pairing))
    assert str(told.value) == message


@pytest.mark.parametrize(
    ("words", "asked", "message"),
    [
        (
            ["a"],
            {"path": Path("in.tsv")},
            "texts come from the command line or from --input, but both are given",
        ),
        (["a"], {"column": "b"}, "--column b is a column of a file: name the file with --input"),
        (["a"], {"ids": "b"}, "--id b is a column of a file: name the file with --input"),
        (
            [],
            {"path": Path("in.tsv"), "ids": "n"},
            "'n' is a column of in.tsv: say with --column which holds the",
        ),
        (
            [],
            {"path": Path("in.tsv"), "pairs": ["n"]},
            "'n' is a column of in.tsv: say with --column which holds",
        ),
        (
            [],
            {"path": Path("in.tsv"), "column": "one", "pairs": ["n", "two"]},
            "--pair names one column of in.tsv, but 2 are given",
        ),
        (["a", "b"], {"pairs": ["c"]}, "a pair must have both texts, but there are 2 texts and 1 --pair"),
        (
            [],
            {"path": Path("in.tsv"), "column": "one", "pairing": "always"},
            "--column one is the first text of a pair: say with --pair where the second is",
        ),
        (
            [],
            {"path": Path("in.tsv"), "column": "oen"},
            "in.tsv must have a column 'oen', but has 'n', 'one', 'two'; did",
        ),
        (
            [],
            {"path": Path("in.tsv"), "column": "one", "ids": "m"},
            "in.tsv must have a column 'm', but has 'n', 'one'",
        ),
        ([], {"path": Path("in.tsv")}, "in.tsv is read as tsv: say which column holds the texts"),
        ([], {"path": Path("inn.tsv")}, "there is no file inn.tsv; did you mean 'in.tsv'?"),
        (["a", " "], {}, "a text must hold a word, but text 2 of the command line is empty"),
        (
            ["a"],
            {"pairs": [""], "pairing": "maybe"},
            "a pair must have both texts, but text 1 of the command line lacks",
        ),
    ],
)
def test_options_that_do_not_go_together_are_refused(words, asked, message):
    lay_out(".tsv")
    with pytest.raises(InputError) as told:
        chunks(*words, **asked)
    assert str(told.value).startswith(message)
