import csv
import errno
import gzip
import json
import os
import re
import shutil
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyheads.errors import InputError
from manyheads.text.corpus import PairSource, format_of, read_pairs, read_texts

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


@pytest.fixture
def write(tmp_path):
    """Write a file and give its path."""

    def write(name, content):
        path = tmp_path / name
        content = content if isinstance(content, bytes) else content.encode("utf-8")
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return path

    return write


def pairs_of(*paths, **options):
    chunks = list(read_pairs(PairSource(tuple(paths), **options)))
    return [pair for chunk in chunks for pair in zip(chunk.src, chunk.tgt, strict=True)]


def error_of(*paths, **options):
    with pytest.raises(InputError) as caught:
        pairs_of(*paths, **options)
    return str(caught.value)


def parquet(path, **columns):
    pq.write_table(pa.table(columns), path)
    return path


@pytest.mark.parametrize("end", ["", ".gz"])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.tsv", "12\tNA\n\tnull\n"),
        ("a.tab", "12\tNA\textra\n\tnull\n"),
        ("a.txt", "12\tNA\n\tnull\n"),
        ("a.csv", '12,NA\n"",null\n'),
        ("a.jsonl", '["12", "NA"]\n["", "null"]\n'),
        ("a.ndjson", '{"en": "12", "de": "NA"}\n{"de": "null", "en": ""}\n'),
    ],
)
def test_every_value_is_the_string_that_stands_in_the_file(write, name, content, end):
    assert pairs_of(write(name + end, content)) == [("12", "NA"), ("", "null")]


def test_lines_of_two_files_belong_together(write):
    assert pairs_of(write("a.en.gz", "one\ntwo\n"), write("a.de", "eins\r\nzwei")) == [
        ("one", "eins"),
        ("two", "zwei"),
    ]


def test_parquet_holds_strings_and_nulls_are_empty(tmp_path):
    path = parquet(tmp_path / "a.parquet", id=[1, 2], en=["12", None], **{"de.x": ["NA", "null"]})
    assert pairs_of(path, src="en", tgt="de.x") == [("12", "NA"), ("", "null")]
    assert pairs_of(path, src=2, tgt=1) == [("NA", "12"), ("null", "")]


def test_parquet_strings_of_all_kinds_are_read(tmp_path):
    kinds = [pa.string(), pa.large_string(), pa.string_view()]
    columns = {str(kind): pa.array(["a", "b"], kind) for kind in kinds}
    path = parquet(tmp_path / "a.parquet", words=pa.array(["a", "b"]).dictionary_encode(), **columns)
    for name in columns:
        assert pairs_of(path, src="words", tgt=name) == [("a", "a"), ("b", "b")]


def test_a_gzipped_table_is_known_by_a_name_in_capitals(tmp_path):
    path = tmp_path / "A.CSV.GZ"
    path.write_bytes(gzip.compress(b'"one, two","eins, zwei"\n'))
    assert pairs_of(path) == [("one, two", "eins, zwei")]


@pytest.mark.parametrize("name", ["a.parquet.gz", "A.PARQUET.GZ", "a.parquet"])
def test_gzipped_parquet_is_read_whatever_its_name_and_leaves_nothing(tmp_path, monkeypatch, name):
    aside = tmp_path / "aside"
    aside.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(aside))
    plain = parquet(tmp_path / "plain.parquet", en=["12", None] * 3000, de=["NA", "null"] * 3000)
    path = tmp_path / name
    path.write_bytes(gzip.compress(plain.read_bytes()))
    assert pairs_of(path, src="en", tgt="de") == [("12", "NA"), ("", "null")] * 3000
    assert pairs_of(path) == pairs_of(plain)
    assert list(aside.iterdir()) == []


def test_parquet_that_is_unpacked_already_is_read(tmp_path):
    assert pairs_of(parquet(tmp_path / "a.parquet.gz", en=["one"], de=["eins"])) == [("one", "eins")]


def test_gzipped_parquet_that_is_damaged_is_told(tmp_path):
    plain = parquet(tmp_path / "a.parquet", en=["one"] * 50, de=["eins"] * 50)
    path = tmp_path / "a.parquet.gz"
    path.write_bytes(gzip.compress(plain.read_bytes())[:-9])
    assert error_of(path) == f"{path} is cut off: its gzip stream has no end; copy the file again"
    path.write_bytes(gzip.compress(b"This is no Parquet."))
    assert error_of(path).startswith(f"{path} cannot be read as Parquet: Parquet magic bytes not found")


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (errno.ENOSPC, "must be unpacked to be read, but {} has no space for it; free some, or unpack it"),
        (errno.EIO, f"cannot be read: {os.strerror(errno.EIO)}"),
    ],
)
def test_gzipped_parquet_that_cannot_be_unpacked_is_told(tmp_path, monkeypatch, number, told):
    def refuse(*_):
        raise OSError(number, os.strerror(number))

    plain = parquet(tmp_path / "a.parquet", en=["one"], de=["eins"])
    path = tmp_path / "a.parquet.gz"
    path.write_bytes(gzip.compress(plain.read_bytes()))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(shutil, "copyfileobj", refuse)
    assert error_of(path).startswith(f"{path} {told.format(tmp_path)}")


def test_quotes_are_characters_in_tsv_and_quotes_in_csv(write):
    tsv = write("a.tsv", '"a\t"b" c\n')
    assert pairs_of(tsv) == [('"a', '"b" c')]
    quoted = write("a.csv", '"a, ""b""\nc\r\nd",e\n')
    assert pairs_of(quoted) == [('a, "b"\nc\r\nd', "e")]


@pytest.mark.property
@given(st.lists(st.tuples(TEXT, TEXT), min_size=1))
def test_what_is_written_as_csv_is_read_as_csv(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows(rows)
    assert pairs_of(path) == rows


@pytest.mark.property
@given(st.lists(st.tuples(TEXT, TEXT), min_size=1), st.booleans())
def test_what_is_written_as_json_is_read_as_json(tmp_path_factory, rows, ascii_only):
    path = tmp_path_factory.mktemp("jsonl") / "a.jsonl"
    lines = [json.dumps({"a": a, "b": b}, ensure_ascii=ascii_only) + "\n" for a, b in rows]
    path.write_text("".join(lines), encoding="utf-8", newline="")
    assert pairs_of(path, src="a", tgt="b") == rows


@pytest.mark.parametrize(("name", "mark"), [("a.tsv", "\t"), ("a.csv", ",")])
def test_a_name_means_a_header_and_a_number_means_none(write, name, mark):
    path = write(name, f"de{mark}en\neins{mark}one\n")
    assert pairs_of(path, src="en", tgt="de") == [("one", "eins")]
    assert pairs_of(path, src="en", tgt=0) == [("one", "eins")]
    assert pairs_of(path, src=1, tgt=0) == [("en", "de"), ("one", "eins")]


@pytest.mark.parametrize(
    ("name", "content"), [("a.tsv", "\na\tb\n\n"), ("a.csv", "\na,b\n\n"), ("a.jsonl", '\n["a","b"]\n\n')]
)
def test_an_empty_line_is_a_pair_of_empty_texts(write, name, content):
    assert pairs_of(write(name, content)) == [("", ""), ("a", "b"), ("", "")]


def firsts_of(*paths, **options):
    return [(chunk.first_line, len(chunk.src)) for chunk in read_pairs(PairSource(paths, **options))]


def test_chunks_know_the_number_of_their_first_row(write, tmp_path):
    numbers = [str(number) for number in range(5000)]
    firsts = [(1, 4096), (4097, 904)]
    assert firsts_of(write("a.tsv", "".join(f"{n}\t{n}\n" for n in numbers))) == firsts
    assert firsts_of(write("a.csv", "".join(f'{n},"{n}\n"\n' for n in numbers))) == firsts
    assert firsts_of(write("a.jsonl", "".join(f'["{n}", "{n}"]\n' for n in numbers))) == firsts
    assert firsts_of(*[write("a.en", "\n".join(numbers))] * 2) == firsts
    assert firsts_of(parquet(tmp_path / "a.parquet", src=numbers, tgt=numbers)) == firsts


@pytest.mark.parametrize(("name", "mark"), [("a.tsv", "\t"), ("a.csv", ",")])
def test_a_header_is_row_one(write, name, mark):
    path = write(name, f"src{mark}tgt\n" + f"a{mark}b\n" * 5000)
    assert firsts_of(path, src="src", tgt="tgt") == [(2, 4095), (4097, 905)]


def test_two_files_of_unequal_length_are_told_with_both_lengths(write):
    """The first chunk holds 4,096 lines of each, so that both lengths have to be counted further."""
    src, tgt = write("a.en", "a\n" * 9000), write("a.de", "b\n" * 5000)
    assert error_of(src, tgt) == (
        f"two files of pairs must have equally many lines, but {src} has 9,000 and {tgt} has 5,000"
    )
    assert "but " + f"{tgt} has 5,000 and {src} has 9,000" in error_of(tgt, src)


def test_pairs_stand_in_one_file_or_two(write):
    path = write("a.en", "a\n")
    assert error_of(path, path, path) == "pairs must stand in one file or two, but 3 were given"
    assert error_of() == "pairs must stand in one file or two, but 0 were given"


def test_two_files_hold_text(write):
    path = write("a.en", "a\n")
    assert error_of(path, Path("a.tsv")) == (
        "two files of pairs must be text, but a.tsv is tsv; give one file with columns"
    )
    assert pairs_of(path, write("a.tsv", "b\n"), format="text") == [("a", "b")]


def test_source_and_target_are_two_columns(write):
    path = write("a.tsv", "a\tb\n")
    assert error_of(path, src=1, tgt=1) == "source and target must be two columns, but both are 1"


@pytest.mark.parametrize("name", ["a.tsv", "a.csv", "a.jsonl", "a.parquet"])
def test_a_missing_file_is_told(tmp_path, write, name):
    write("b" + name, "a")
    assert error_of(tmp_path / name) == f"there is no file {tmp_path}/{name}; did you mean 'b{name}'?"


@pytest.mark.parametrize("name", ["a.tsv", "a.csv", "a.jsonl"])
def test_an_empty_file_is_told(write, name):
    path = write(name, "")
    assert error_of(path) == f"{path} must hold at least one line, but is empty"


def test_an_empty_parquet_file_is_told(tmp_path):
    path = parquet(tmp_path / "a.parquet", src=pa.array([], pa.string()), tgt=pa.array([], pa.string()))
    assert error_of(path) == f"{path} must hold at least one row, but is empty"


@pytest.mark.parametrize(("name", "mark"), [("a.tsv", "\t"), ("a.csv", ",")])
def test_a_header_alone_is_told(write, name, mark):
    path = write(name, f"src{mark}tgt\n")
    assert error_of(path, src="src", tgt="tgt") == (
        f"{path} must hold at least one row below its header, but is empty"
    )


def test_a_missing_column_is_told_with_those_there(write, tmp_path):
    tsv, jsonl = (
        write("a.tsv", "english\tgerman\n"),
        write("a.jsonl", '{"a": "", "b": ""}\n{"a": "", "xyz": ""}\n'),
    )
    there = "must have a column 'germn', but has 'english', 'german'; did you mean 'german'?"
    assert error_of(tsv, src="english", tgt="germn") == f"{tsv} {there}"
    path = parquet(tmp_path / "a.parquet", english=["a"], german=["b"])
    assert error_of(path, src="english", tgt="germn") == f"{path} {there}"
    assert error_of(path, tgt=2) == f"{path} must have a column 2 (they count from 0), but has 2"
    assert (
        error_of(jsonl, src="a", tgt="b") == f"line 2 of {jsonl} must have a column 'b', but has 'a', 'xyz'"
    )
    assert error_of(jsonl, src=0, tgt=2) == (
        f"line 1 of {jsonl} must have a column 2 (they count from 0), but has 2"
    )
    assert error_of(write("b.jsonl", '["a"]\n'), tgt="b").endswith("must have a column 'b', but has '0'")


def test_a_column_that_stands_twice_is_told(write):
    path = write("a.tsv", "en\tde\tde\n")
    assert error_of(path, src="en", tgt="de") == f"{path} must have one column 'de', but has 2; rename one"


def test_a_negative_column_is_told(write):
    path = write("a.jsonl", '["a", "b"]')
    assert error_of(path, tgt=-1) == f"a column's number must be 0 or more, but for {path} it is -1"


@pytest.mark.parametrize(("name", "content"), [("a.tsv", "a\tb\n\nab\n"), ("a.csv", '"a\n",b\nab\n')])
def test_a_row_with_too_few_fields_is_told_by_line(write, name, content):
    """In the CSV the second row stands in line 3, since the first takes two lines."""
    path = write(name, content)
    assert error_of(path) == f"a row of {path} must have at least 2 fields, but line 3 has 1"


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        ('a,b\n"c" d,e\n', 2, "',' expected after '\"'"),
        ('a,b\nc,"d\ne,f\n', 2, "unexpected end of data"),
        ('a,b\nc,"' + "d\n" * 600_000, 2, "field larger than field limit (1000000)"),
    ],
)
def test_broken_csv_is_told_by_line(write, content, line, reason):
    path = write("a.csv", content)
    assert error_of(path) == f"{path} must be CSV, but its row at line {line} is not: {reason}"


def test_a_broken_json_line_is_told(write):
    path = write("a.jsonl", '["a", "b"]\n["a", "b"\n')
    assert error_of(path) == (
        f"every line of {path} must be JSON, but line 2 is not: "
        "Expecting ',' delimiter: line 1 column 10 (char 9)"
    )
    assert "but line 1 is not: " in error_of(write("b.jsonl", "[" * 500_000))


def test_a_json_line_is_an_object_or_an_array(write):
    path = write("a.jsonl", '"one"\n')
    assert error_of(path) == f'each line of {path} must be a JSON object or array, but line 1 is "one"'


@pytest.mark.parametrize("value", ["12", "null", "[1]"])
def test_a_json_value_that_is_no_string_is_told(write, value):
    path = write("a.jsonl", '{"en": "a", "de": "b"}\n{"en": "a", "de": ' + value + "}\n")
    assert error_of(path, src="en", tgt="de") == (
        f"column 'de' of {path} must hold strings, but line 2 holds {value}"
    )


def test_characters_that_no_text_file_can_hold_are_told(write, tmp_path):
    path = write("a.jsonl", '["a", "b"]\n["a", "\\ud83d"]\n')
    assert error_of(path) == f"row 2 of {path} holds half a surrogate pair, which is no character"
    path = write("b.jsonl", '["a", "b"]\n["a", "\\u0000"]\n')
    assert error_of(path) == f"a text must not hold NUL characters, but row 2 of {path} does"
    path = parquet(tmp_path / "a.parquet", src=["a", "b"], tgt=["c", "d" * 1_000_001])
    assert (
        error_of(path) == f"a text must have at most 1,000,000 characters, but row 2 of {path} has 1,000,001"
    )


def test_a_surrogate_pair_in_json_is_a_character(write):
    assert pairs_of(write("a.jsonl", '["\\ud83d\\ude00", "b"]\n')) == [("\U0001f600", "b")]


def test_parquet_columns_of_other_kinds_are_told(tmp_path):
    path = parquet(tmp_path / "a.parquet", src=["a"], tgt=[12])
    assert error_of(path) == f"column 'tgt' of {path} must hold strings, but holds int64"


def test_broken_parquet_is_told(write, tmp_path):
    path = write("a.parquet", "This is no Parquet.")
    assert error_of(path).startswith(f"{path} cannot be read as Parquet: Parquet magic bytes not found")
    whole = parquet(tmp_path / "b.parquet", src=["a" * 50] * 50, tgt=["b"] * 50)
    content = bytearray(whole.read_bytes())
    content[4:40] = b"\xff" * 36
    whole.write_bytes(content)
    assert error_of(whole).startswith(f"{whole} cannot be read as Parquet: ")


def test_parquet_that_is_no_utf8_is_told(tmp_path):
    texts = pa.array([b"a", b"\xff"]).view(pa.string())
    path = parquet(tmp_path / "a.parquet", src=texts, tgt=["c", "d"])
    assert error_of(path).startswith(f"{path} must be UTF-8, but a row from 1 on is not: ")
    assert "0xff" in error_of(path)


def test_the_suffix_tells_the_format():
    names = [
        "a.tsv",
        "a.TSV.gz",
        "A.CSV.GZ",
        "a.tab",
        "a.csv.gz",
        "a.jsonl",
        "a.ndjson",
        "a.parquet",
        "a.txt",
        "train.pt.gz",
        "a",
    ]
    assert [format_of(Path(name)) for name in names] == [
        *("tsv", "tsv", "csv", "tsv", "csv", "jsonl", "jsonl", "parquet"),
        *("text", "text", "text"),
    ]


@pytest.mark.parametrize("name", ["a.xlsx", "a.json.gz", "a.tmx", "a.zip"])
def test_a_suffix_of_something_else_is_told(name):
    with pytest.raises(InputError) as caught:
        format_of(Path(name))
    suffix = re.search(r"\.\w+", name)[0]
    assert str(caught.value) == (
        f"{name} must be text, TSV, CSV, JSONL or Parquet, but is named {suffix}; "
        "convert it, or say its format"
    )


def test_a_format_that_is_said_counts_more_than_the_suffix(write):
    assert pairs_of(write("a.json", '["a", "b"]\n'), format="jsonl") == [("a", "b")]
    path = write("b.tsv", "a\tb\n")
    assert (
        error_of(path, format="text")
        == f"text has no columns, but column 1 of {path} was asked for; is it TSV?"
    )


def texts_of(path, **options):
    return [text for chunk in read_texts(path, **options) for text in chunk.texts]


def test_texts_are_lines_or_one_column(write, tmp_path):
    assert texts_of(write("a.txt", " one\ttwo \n\nthree\n")) == [" one\ttwo ", "", "three"]
    assert texts_of(write("b.txt", "one\ttwo\n"), column=1) == ["two"]
    assert texts_of(write("c.csv", "en,de\none,eins\n"), column="de") == ["eins"]
    assert texts_of(parquet(tmp_path / "d.parquet", en=["one"], de=["eins"]), column="de") == ["eins"]
    assert [chunk.first_line for chunk in read_texts(write("e.txt", "a\n" * 5000))] == [1, 4097]


def test_a_table_without_a_column_is_told(write, tmp_path):
    path = write("a.csv", "en,de\n")
    with pytest.raises(InputError) as caught:
        texts_of(path)
    assert str(caught.value) == f"{path} is read as csv: say which column holds the texts, by name or number"
    with pytest.raises(InputError, match=f"there is no file {tmp_path}/b.csv"):
        texts_of(tmp_path / "b.csv")
