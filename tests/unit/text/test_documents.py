"""Documents as they stand in files."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from manyheads.errors import InputError
from manyheads.text.documents import read_documents


def documents(path, **where):
    found = []
    for chunk in read_documents(path, **where):
        for sentence, begins in zip(chunk.sentences, chunk.begins, strict=True):
            if begins:
                found.append([])
            found[-1].append(sentence)
    return found


def test_a_blank_line_ends_a_document(tmp_path):
    """Several blank ones, at the ends too, and white space alone are one border; a line stays as it is."""
    path = tmp_path / "a.txt"
    path.write_text("\n One. Two. \nThree\u2028four\n \t\r\n\nFive\n\n", encoding="utf-8", newline="")
    assert documents(path) == [["One. Two.", "Three\u2028four"], ["Five"]]


def test_a_document_goes_on_across_chunks(tmp_path):
    """Files are read 4,096 lines at a time."""
    path = tmp_path / "a.txt"
    path.write_text("".join(f"{n}\n" for n in range(5000)) + "\nlast\n", encoding="utf-8")
    assert list(map(len, documents(path))) == [5000, 1]


def test_a_border_may_stand_between_chunks(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("x\n" * 4095 + "\n" + "y\n" * 3, encoding="utf-8")
    assert list(map(len, documents(path))) == [4095, 3]


@pytest.mark.parametrize("suffix", ["jsonl", "parquet", "tsv"])
def test_a_row_is_a_document(tmp_path, suffix):
    """Rows are divided where their sentences end; a blank one is no document."""
    rows = ["One runs. Two run.", " ", "Three run."]
    path = tmp_path / f"a.{suffix}"
    if suffix == "parquet":
        pq.write_table(pa.table({"text": rows}), path)
    elif suffix == "jsonl":
        path.write_text("".join(json.dumps({"text": row}) + "\n" for row in rows), encoding="utf-8")
    else:
        path.write_text("\n".join(["text", *rows]), encoding="utf-8")
    assert documents(path, column="text") == [["One runs.", "Two run."], ["Three run."]]


def test_a_file_of_blank_lines_is_named(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("\n  \n", encoding="utf-8")
    with pytest.raises(InputError, match=f"{path} must hold at least one line of text, but all"):
        documents(path)


def test_rows_need_a_column(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "a"}\n', encoding="utf-8")
    with pytest.raises(InputError, match="read as jsonl: say which column"):
        documents(path)
