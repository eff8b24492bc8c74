"""Labelled texts and tagged sentences: every layout of file gives the same, and what is broken is named."""

import gzip
import json
import re

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from manyheads.errors import InputError
from manyheads.text.labelled import LabelledSource, read_conll, read_labelled, split_labels

TEXTS = ['she said "yes"', "a dog", "NA"]
PAIRS = ["he said no", "12", "two\u2028lines"]
LABELS = ["4.5", "0", "1"]
ROWS = list(zip(TEXTS, PAIRS, LABELS, strict=True))


def tsv(path, rows, header=()):
    lines = ["\t".join(row) + "\n" for row in ([header] if header else []) + list(rows)]
    path.write_text("".join(lines), encoding="utf-8", newline="\n")
    return path


def write(path, layout):
    if layout == "tsv":
        return tsv(path, ROWS, ("text", "pair", "label"))
    if layout == "tsv.gz":
        lines = ["text\tpair\tlabel\n", *("\t".join(row) + "\n" for row in ROWS)]
        path.write_bytes(gzip.compress("".join(lines).encode()))
    elif layout == "csv":
        quoted = [",".join('"' + field.replace('"', '""') + '"' for field in row) + "\n" for row in ROWS]
        path.write_text("text,pair,label\n" + "".join(quoted), encoding="utf-8", newline="\n")
    elif layout == "jsonl":
        rows = [{"text": text, "pair": pair, "label": json.loads(label)} for text, pair, label in ROWS]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    else:
        columns = {"text": TEXTS, "pair": PAIRS, "label": [float(label) for label in LABELS]}
        pq.write_table(pa.table(columns), path)
    return path


@pytest.mark.parametrize(
    ("layout", "first", "unit"),
    [
        ("tsv", 2, "line"),
        ("tsv.gz", 2, "line"),
        ("csv", 2, "row"),
        ("jsonl", 1, "line"),
        ("parquet", 1, "row"),
    ],
)
def test_every_layout_gives_the_same_rows(tmp_path, layout, first, unit):
    path = write(tmp_path / f"train.{layout}", layout)
    read = read_labelled(LabelledSource(path, "text", "pair", "label"))
    assert (read.texts, read.pairs) == (TEXTS, PAIRS)
    assert read.numbers() == [4.5, 0.0, 1.0]
    assert read.place(2) == f"{unit} {first + 2} of {path}"


def test_columns_by_number_need_no_header_and_others_may_stand_between(tmp_path):
    path = tsv(tmp_path / "sts.csv", [("news", "1", "a b", "c"), ("news", "0", "d", 'e"', "more")])
    read = read_labelled(LabelledSource(path, 2, 3, 1, format="tsv"))
    assert (read.texts, read.pairs, read.labels) == (["a b", "d"], ["c", 'e"'], ["1", "0"])
    assert read.place(1) == f"line 2 of {path}"


def test_a_header_that_nobody_names_can_be_left_out(tmp_path):
    path = tsv(tmp_path / "dev.tsv", [("0", "bad"), ("1", "good")], ("label", "content"))
    read = read_labelled(LabelledSource(path, 1, label=0, header=True))
    assert (read.texts, read.pairs, read.labels) == (["bad", "good"], None, ["0", "1"])
    assert read.place(0) == f"line 2 of {path}"


def test_a_header_in_parquet_and_jsonl_is_no_row(tmp_path):
    for layout in ("jsonl", "parquet"):
        path = write(tmp_path / f"a.{layout}", layout)
        assert read_labelled(LabelledSource(path, 0, label=2, header=True)).texts == TEXTS


def test_pairs_may_come_without_labels(tmp_path):
    read = read_labelled(LabelledSource(tsv(tmp_path / "a.tsv", ROWS), 0, 1, label=None))
    assert (read.pairs, read.labels) == (PAIRS, [])


def test_several_labels_stand_between_commas_and_may_be_none(tmp_path):
    path = tsv(tmp_path / "a.tsv", [("wow", "joy, surprise,joy"), ("hm", "")])
    assert read_labelled(LabelledSource(path, several=True)).label_sets() == [("joy", "surprise"), ()]
    assert split_labels(" , ") == ()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("a", "", "1"), "a pair must have both texts, but line 3 of {path} lacks the second one"),
        ((" ", "b", "1"), "a pair must have both texts, but line 3 of {path} lacks the first one"),
        (("", "", "1"), "a text must not be empty, but line 3 of {path} has none; remove it"),
        (("a", "b", " "), "a label must not be empty, but line 3 of {path} has none"),
        (("a", "b"), "a row of {path} must have at least 3 fields, but line 3 has 2"),
    ],
)
def test_a_row_that_lacks_something_is_named(tmp_path, row, message):
    path = tsv(tmp_path / "a.tsv", [*ROWS[:2], row])
    with pytest.raises(InputError, match=f"^{re.escape(message.format(path=path))}$"):
        read_labelled(LabelledSource(path, 0, 1, 2))


@pytest.mark.parametrize("label", ["4,5", "nan", "inf", "1_0", "good"])
def test_what_is_no_number_is_named(tmp_path, label):
    path = tsv(tmp_path / "a.tsv", [("a", "1"), ("b", label)])
    message = f"^a label must be a number here, but line 2 of {path} has '{label}'$"
    with pytest.raises(InputError, match=message):
        read_labelled(LabelledSource(path)).numbers()


def test_a_header_read_as_a_number_is_suspected(tmp_path):
    path = tsv(tmp_path / "a.tsv", [("a", "1")], ("text", "score"))
    with pytest.raises(InputError, match=f"line 1 of {path} has 'score'; if that line is a header, give"):
        read_labelled(LabelledSource(path)).numbers()


def test_one_column_cannot_be_two_things(tmp_path):
    with pytest.raises(InputError, match=r"must be different columns, but for a\.tsv are 0, 1, 1$"):
        read_labelled(LabelledSource(type(tmp_path)("a.tsv"), 0, 1, 1))


def test_names_need_a_header(tmp_path):
    path = tsv(tmp_path / "a.tsv", ROWS)
    with pytest.raises(
        InputError, match=f"has no column names, but 'text' of {path} is one; give its number"
    ):
        read_labelled(LabelledSource(path, "text", header=False))


def test_a_header_alone_holds_nothing(tmp_path):
    path = tsv(tmp_path / "a.tsv", [], ("text", "label"))
    for source in (LabelledSource(path, header=True), LabelledSource(path, "text", label="label")):
        with pytest.raises(InputError, match=f"{path} must hold at least one row below its header"):
            read_labelled(source)


def test_numbers_serve_as_labels_but_not_as_texts(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "a", "label": true}\n{"text": 7, "label": [1]}\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"column 'text' of .* must hold strings, but line 2 holds 7"):
        read_labelled(LabelledSource(path, "text", label="label"))
    path.write_text('{"text": "a", "label": true}\n{"text": "b", "label": [1]}\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"must hold strings or numbers, but line 2 holds \[1\]"):
        read_labelled(LabelledSource(path, "text", label="label"))


def test_parquet_of_numbers_serves_as_labels_but_not_as_texts(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": ["a", "b"], "label": [3, 1], "list": [[1], [2]]}), path)
    assert read_labelled(LabelledSource(path, "text", label="label")).labels == ["3", "1"]
    with pytest.raises(InputError, match=r"column 'label' of .* must hold strings, but holds int64"):
        read_labelled(LabelledSource(path, "label", label="text"))
    with pytest.raises(InputError, match=r"column 'list' of .* must hold strings or numbers, but holds list"):
        read_labelled(LabelledSource(path, "text", label="list"))


def test_sentences_end_at_lines_of_white_space(tmp_path):
    """A lone tab ends a sentence, as in WNUT17's training file; a no-break space is part of a word."""
    path = tmp_path / "a.conll"
    path.write_bytes("\r\nNew\tB-loc\r\nYork\tI-loc\r\n\t\r\n\nco\u00a0op\tO".encode())
    york, other = read_conll(path)
    assert (york.words, york.tags, york.line) == (("New", "York"), ("B-loc", "I-loc"), 2)
    assert (other.words, other.tags, other.line) == (("co\u00a0op",), ("O",), 6)


def test_spaces_end_columns_too_and_the_tag_is_the_last(tmp_path):
    path = tmp_path / "eng.txt"
    path.write_text("EU NNP  B-NP B-ORG \nrejects VBZ B-VP O\n", encoding="utf-8")
    (sentence,) = read_conll(path)
    assert (sentence.words, sentence.tags) == (("EU", "rejects"), ("B-ORG", "O"))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("dog", "must have 2 columns, the word first and its tag last, but line 3 has 1: 'dog'"),
        ("a\tb\tO", "must have 2 columns, the word first and its tag last, but line 3 has 3: 'a\\tb\\tO'"),
        ("\tO", "a word must not be empty, but line 3 of {path} has none before 'O'"),
        ("dog\tS-PER", "a tag must be O, B-type or I-type (IOB2), but line 3 of {path} has 'S-PER'"),
        ("dog\tB-", "but line 3 of {path} has 'B-'"),
    ],
)
def test_a_broken_line_of_tags_is_named(tmp_path, line, message):
    path = tmp_path / "a.conll"
    path.write_text(f"a\tO\n\n{line}\n", encoding="utf-8")
    with pytest.raises(InputError, match=re.escape(message.format(path=path))):
        read_conll(path)


def test_a_file_of_empty_lines_has_no_sentence(tmp_path):
    path = tmp_path / "a.conll"
    path.write_text("\n\n", encoding="utf-8")
    with pytest.raises(InputError, match=f"{path} must hold at least one word with its tag"):
        read_conll(path)
