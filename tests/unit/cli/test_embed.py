"""`manyheads embed`: the same vectors in every form, in order, with their ids."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from manyheads.inference.embed import Encoder

TEXTS = ["a dog runs", "one man", "the dog sees a man in the park", "two men", "a", "one man", "the park"]
LONG = TEXTS[2]


@pytest.fixture
def encoder(make_folder):
    return Encoder(make_folder())


@pytest.fixture
def embed(run):
    return lambda *words, **more: run("embed", "--model", "toy", *words, **more)


@pytest.fixture
def table(encoder, tmp_path):
    """Write the texts with ids, in columns."""
    rows = "".join(f"n{number}\t{text}\n" for number, text in enumerate(TEXTS))
    (tmp_path / "in.tsv").write_text(f"name\ttext\n{rows}", encoding="utf-8")
    return ["--input", "in.tsv", "--column", "text"]


def numbers(line):
    return np.array(line.split(" "), np.float32)


def test_a_line_has_the_numbers_of_its_text(embed, encoder):
    ran = embed(*TEXTS)
    assert (ran.code, ran.err) == (0, "")
    np.testing.assert_array_equal([numbers(line) for line in ran.lines], encoder.embed(TEXTS))


@pytest.mark.usefixtures("three_at_once")
def test_numpy_parquet_and_json_hold_the_same_numbers_in_the_texts_order(embed, encoder, table, tmp_path):
    """Seven texts in chunks of three; ids beside them where there is a place."""
    vectors = encoder.embed(TEXTS)
    names = [f"n{number}" for number in range(7)]
    for path, ids in (("out.npy", []), ("out.parquet", ["--id", "name"])):
        ran = embed(*table, *ids, "--output", path)
        assert (ran.code, ran.out, ran.err) == (0, "", "")
    found = np.load(tmp_path / "out.npy")
    assert (found.shape, found.dtype) == ((7, 12), np.float32)
    np.testing.assert_allclose(found, vectors, atol=1e-5)
    rows = pq.read_table(tmp_path / "out.parquet")
    assert rows.column_names == ["id", "text", "vector"]
    assert (rows["id"].to_pylist(), rows["text"].to_pylist()) == (names, TEXTS)
    np.testing.assert_array_equal(np.array(rows["vector"].to_pylist(), np.float32), found)
    lines = [json.loads(line) for line in embed(*table, "--id", "name", "--json").lines]
    assert [list(line) for line in lines] == [["id", "text", "vector"]] * 7
    assert [line["id"] for line in lines] == names
    np.testing.assert_array_equal(np.array([line["vector"] for line in lines], np.float32), found)


def test_parquet_without_ids_has_texts_and_vectors(embed, table, tmp_path):
    embed(*table, "--output", "out.parquet")
    assert pq.read_table(tmp_path / "out.parquet").column_names == ["text", "vector"]


def test_an_id_stands_before_its_line(embed, table):
    lines = embed(*table, "--id", "name").lines
    assert [line.partition("\t")[0] for line in lines] == [f"n{number}" for number in range(7)]


def test_pooling_is_as_asked(embed, encoder):
    (line,) = embed("a dog", "--pooling", "max").lines
    np.testing.assert_array_equal(numbers(line), encoder.embed(["a dog"], pooling="max")[0])


@pytest.mark.usefixtures("three_at_once")
def test_texts_that_were_cut_are_told_of_once(embed, make_folder, tmp_path):
    make_folder(max_tokens=7)
    (tmp_path / "in.txt").write_text(
        "".join(f"{text}\n" for text in ["a", LONG, "a", "a", LONG]), encoding="utf-8"
    )
    ran = embed("--input", "in.txt", "--output", "out.npy")
    assert ran.err == (
        "manyheads: warning: 2 texts were cut to the 7 tokens that the model takes, the first in line 2 of "
        "in.txt\n"
    )
    assert embed(LONG).err.startswith("manyheads: warning: 1 text was cut to the 7 tokens")
    assert embed(LONG, "--long", "split").err == ""
    assert embed(LONG, "--long", "split").out != embed(LONG).out


def test_a_text_that_is_too_long_is_refused_by_its_line_and_nothing_is_written(embed, make_folder, tmp_path):
    make_folder(max_tokens=7, prompt="the ")
    (tmp_path / "in.txt").write_text(f"a\n{LONG}\n", encoding="utf-8")
    ran = embed("--input", "in.txt", "--long", "error", "--output", "out.npy")
    assert (ran.code, ran.err) == (
        2,
        "manyheads: error: a text may have at most 7 tokens for this model, special ones included, but line "
        "2 of in.txt has 11; let it be truncated or split (long)\n",
    )
    assert not (tmp_path / "out.npy").exists()


@pytest.mark.usefixtures("three_at_once")
def test_a_file_appears_whole_or_not_at_all(embed, encoder, tmp_path):
    (tmp_path / "out.npy").write_bytes(b"before")
    ran = embed("--output", "out.npy", stdin=b"a dog\n" * 7 + b"\n")
    assert (ran.code, ran.err) == (
        2,
        "manyheads: error: a text must hold a word, but line 8 of standard input is empty; remove it\n",
    )
    assert (tmp_path / "out.npy").read_bytes() == b"before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.npy", "toy"]


def test_whoever_types_may_try_again(embed, encoder):
    ran = embed(stdin=b"a dog\n \none man\n", typed=True)
    assert ran.code == 0
    assert len(ran.lines) == 2
    assert ran.err.startswith("manyheads: one text a line; ")
    assert "line 2 of standard input is empty" in ran.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--output", "out.npz"],
            "--output must end in .npy or .parquet, or be one of --json, but out.npz is",
        ),
        (["--output", "out.npy", "--json"], "--json writes lines, and out.npy is none of lines"),
        (
            ["--output", "out.npy", "--id", "n"],
            "--id n needs a place for ids, but out.npy holds numbers alone",
        ),
        (["--pooling", "men"], "--pooling cannot be 'men'"),
        (
            ["--precision", "int4"],
            "--precision cannot be 'int4': 'int4' is not one of 'auto', 'float32', 'bfloat16', 'int8'",
        ),
    ],
)
def test_what_cannot_be_is_refused(embed, encoder, words, message):
    ran = embed("a", *words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"manyheads: error: {message}")


def test_a_translator_gives_no_vectors(run, folder):
    ran = run("embed", "--model", "toy", "a")
    assert ran.err == (
        "manyheads: error: toy must hold an encoder, but holds a translator: `manyheads translate` takes it\n"
    )
