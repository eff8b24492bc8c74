import errno
import json
import subprocess
import sys
from dataclasses import replace
from itertools import chain

import numpy as np
import pytest

from manyheads.errors import InputError, RunError
from manyheads.text.cleaning import CleaningRules
from manyheads.text.corpus import PairSource
from manyheads.text.prepare import CorpusPlan, is_prepared, open_prepared, prepare_pairs
from manyheads.text.split import hash_text, normalize_source
from manyheads.text.tokenizer import Tokenizer

PARTS = ("train", "valid", "test")


def shared(src, tgt):
    tokenizer = Tokenizer.train(chain(src(), tgt()), vocab_size=300)
    return tokenizer, tokenizer


def write(path, rows):
    path.write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8", newline="")
    return PairSource((path,))


def sentences(count):
    return [(f"word number {number}.", f"Wort Nummer {number}.") for number in range(count)]


@pytest.fixture
def prepare(tmp_path):
    """Prepare a corpus of rows."""

    def prepare(rows, *, make_tokenizers=shared, valid=None, test=None, rules=None, **options):
        plan = CorpusPlan(
            train=write(tmp_path / "train.tsv", rows),
            valid=valid and write(tmp_path / "valid.tsv", valid),
            test=test and write(tmp_path / "test.tsv", test),
            rules=rules or CleaningRules(),
            **options,
        )
        return prepare_pairs(plan, folder=tmp_path / "out" / "corpus", make_tokenizers=make_tokenizers)

    return prepare


def decoded(prepared, pairs):
    tokenizers = prepared.tokenizers()
    sides = pairs.take(np.arange(len(pairs)))
    texts = [
        t.decode_batch([ids.tolist() for ids in side]) for t, side in zip(tokenizers, sides, strict=True)
    ]
    return list(zip(*texts, strict=True))


def json_of(prepared, name):
    return json.loads((prepared.folder / name).read_text(encoding="utf-8"))


def lines_of(record):
    return [line for first, last in record["lines"] for line in range(first, last + 1)]


def error_of(prepare, *args, kind=InputError, **options):
    with pytest.raises(kind) as caught:
        prepare(*args, **options)
    return str(caught.value)


def test_every_row_goes_to_the_part_that_its_hash_says(prepare):
    """Of 250 distinct sources 1% is 2.5, so the three smallest hashes validate and the next three test."""
    rows = sentences(250)
    prepared = prepare(rows)
    ranked = sorted(rows, key=lambda row: hash_text(normalize_source(row[0])))
    record = json_of(prepared, "split.json")
    for part, expected in zip(PARTS, (ranked[6:], ranked[:3], ranked[3:6]), strict=True):
        assert sorted(rows[line - 1] for line in lines_of(record[part])) == sorted(expected)
    assert sorted(decoded(prepared, prepared.train)) == sorted(ranked[6:])
    assert sorted(decoded(prepared, prepared.valid)) == sorted(ranked[:3])
    assert sorted(zip(*prepared.valid_texts(), strict=True)) == sorted(ranked[:3])
    assert sorted(zip(*prepared.test_texts(), strict=True)) == sorted(ranked[3:6])


def test_spellings_of_a_source_share_its_part(prepare):
    rows = [(spelling, f"{spelling} {n}") for n in range(60) for spelling in (f"Word {n}", f"word  {n}!")]
    prepared = prepare(rows, valid_fraction=0.1, test_fraction=0.1)
    report = prepared.report
    assert [report.train.pairs, report.valid.pairs, report.test.pairs] == [96, 12, 12]
    assert [report.train.distinct_sources, report.valid.distinct_sources] == [48, 6]
    assert [report.valid.leaked_sources, report.test.leaked_sources] == [0, 0]


def test_the_order_of_the_file_does_not_change_the_parts(prepare):
    rows = sentences(150)
    valid = prepare(rows).valid_texts()
    again = prepare(rows[::-1]).valid_texts()
    assert sorted(zip(*valid, strict=True)) == sorted(zip(*again, strict=True))
    assert len(valid[0]) == 2


def test_removed_rows_are_counted_by_reason_and_kept_by_line(prepare):
    """Lines 1-4 have an empty side, 5 and 6 the same text, 7 a ratio of 70/13, over 4; 9 and 10 repeat 8."""
    rows = [("", "a"), ("b", ""), (" ", "\u00a0"), ("", "")]
    rows += [("Tom", "Tom"), ("Tom ", " Tom"), ("x" * 60, "yes")]
    rows += [("again", "wieder"), ("again ", "wieder"), (" again", " wieder"), ("again", "nochmal")]
    rows += [("long " * 50, "lang " * 50), *sentences(1)]
    prepared = prepare(rows, rules=CleaningRules(max_tokens=40), valid_fraction=0.0, test_fraction=0.0)
    assert prepared.report.removed == {"empty": 4, "same": 2, "ratio": 1, "duplicate": 2, "length": 1}
    assert [prepared.report.read, prepared.report.kept] == [13, 3]
    record = json_of(prepared, "split.json")
    assert record["removed"] == {
        "empty": [[1, 4]],
        "same": [[5, 6]],
        "ratio": [[7, 7]],
        "duplicate": [[9, 10]],
        "length": [[12, 12]],
    }
    assert record["train"]["lines"] == [[8, 8], [11, 11], [13, 13]]
    assert decoded(prepared, prepared.train) == [("again", "wieder"), ("again", "nochmal"), sentences(1)[0]]


def test_lines_are_counted_with_the_header(tmp_path):
    write(tmp_path / "a.tsv", [("en", "de"), *sentences(2)])
    plan = CorpusPlan(PairSource((tmp_path / "a.tsv",), src="en", tgt="de"))
    prepared = prepare_pairs(plan, folder=tmp_path / "out", make_tokenizers=shared)
    record = json_of(prepared, "split.json")
    assert record["train"] == {"files": ["a.tsv"], "lines": [[2, 3]]}


def test_rules_that_are_off_remove_nothing(prepare):
    rules = CleaningRules(max_ratio=None, drop_same=False, drop_duplicates=False, max_tokens=None)
    rows = [("Tom", "Tom"), ("a", "b" * 900), ("a", "b" * 900)]
    prepared = prepare(rows, rules=rules, valid_fraction=0.0, test_fraction=0.0)
    assert decoded(prepared, prepared.train) == rows


def test_pairs_too_long_leave_every_part(prepare):
    rows = [(f"{n} " + "a b c d e f g h " * (n % 2), f"{n} {n}") for n in range(100)]
    rules = CleaningRules(max_tokens=8, max_ratio=None)
    prepared = prepare(rows, rules=rules, valid_fraction=0.2, test_fraction=0.2)
    assert prepared.report.removed["length"] == 50
    texts = (*prepared.valid_texts()[0], *prepared.test_texts()[0])
    assert len(texts) == prepared.report.valid.pairs + prepared.report.test.pairs
    assert len(texts) > 0
    assert all(text.isdigit() for text in texts)
    assert len(prepared.valid) == prepared.report.valid.pairs


def test_parts_with_files_of_their_own_are_used_as_they_are(prepare):
    """Nothing is removed from them: not the repeated pair, nor those empty on one side or too long."""
    valid = [("WORD number 7!", "Wort"), ("new", "neu"), ("new", "neu"), ("", "leer"), ("a " * 90, "b")]
    test = [("word number 3.", "Wort"), ("Tom", "Tom")]
    prepared = prepare(sentences(20), valid=valid, test=test, rules=CleaningRules(max_tokens=50))
    stripped = [(src.strip(), tgt) for src, tgt in valid]
    assert list(zip(*prepared.valid_texts(), strict=True)) == stripped
    assert list(zip(*prepared.test_texts(), strict=True)) == test
    assert decoded(prepared, prepared.valid) == stripped[:3]
    report = prepared.report
    assert [report.train.pairs, report.kept, report.valid.pairs, report.test.pairs] == [20, 20, 5, 2]
    assert [report.valid.leaked_sources, report.test.leaked_sources] == [1, 1]
    assert [report.valid.left_out, report.test.left_out] == [2, 0]
    record = json_of(prepared, "split.json")
    assert [record[part]["lines"] for part in PARTS] == [[[1, 20]], "all", "all"]
    assert record["valid"]["files"] == ["valid.tsv"]


def test_texts_are_stored_with_their_line_numbers(prepare):
    prepared = prepare(sentences(20), valid=[("new", "neu"), ("newer", "neuer")])
    content = (prepared.folder / "valid.jsonl").read_text(encoding="utf-8")
    assert content == (
        '{"line": 1, "src": "new", "tgt": "neu"}\n{"line": 2, "src": "newer", "tgt": "neuer"}\n'
    )


@pytest.mark.parametrize(("count", "sizes"), [(1, [1, 0, 0]), (2, [2, 0, 0]), (3, [1, 1, 1]), (4, [2, 1, 1])])
def test_a_tiny_corpus_keeps_something_to_train_on(prepare, count, sizes):
    prepared = prepare(sentences(count))
    report = prepared.report
    assert [report.train.pairs, report.valid.pairs, report.test.pairs] == sizes
    assert [len(prepared.train), len(prepared.valid), len(prepared.test_texts()[0])] == sizes


def test_without_a_share_there_is_no_test_part(prepare):
    prepared = prepare(sentences(50), test_fraction=0.0)
    assert prepared.test_texts() == ([], [])
    assert [prepared.report.train.pairs, prepared.report.valid.pairs] == [49, 1]


def test_the_tokenizers_learn_from_the_training_part_alone_as_often_as_they_like(prepare):
    seen = []

    def separate(src, tgt):
        seen.append([sorted(src()), sorted(tgt()), sorted(src())])
        return Tokenizer.train(src(), vocab_size=260), Tokenizer.train(tgt(), vocab_size=265)

    prepared = prepare([*sentences(200), ("", "removed")], make_tokenizers=separate)
    pairs = decoded(prepared, prepared.train)
    src, tgt = (sorted(side) for side in zip(*pairs, strict=True))
    assert seen == [[src, tgt, src]]
    assert len(src) == 196
    assert [tokenizer.vocab_size for tokenizer in prepared.tokenizers()] == [260, 265]


def test_shared_tokenizers_are_one_object_when_loaded(prepare):
    src, tgt = prepare(sentences(20)).tokenizers()
    assert src is tgt


def test_tokens_are_counted_for_each_side(prepare):
    prepared = prepare(sentences(100))
    report = prepared.report
    assert report.train.src_tokens == prepared.train.src_lengths.sum() > 98 * 3
    assert report.train.tgt_tokens == prepared.train.tgt_lengths.sum()
    assert report.valid.src_tokens == prepared.valid.src_lengths.sum()
    assert report.test.src_tokens > 0


def test_the_folder_holds_these_files_and_opens_again(prepare):
    prepared = prepare(sentences(100))
    assert sorted(path.name for path in prepared.folder.iterdir()) == [
        *("report.json", "split.json", "test.jsonl", "tokenizer.json"),
        *("train.arrow", "valid.arrow", "valid.jsonl"),
    ]
    assert [path.name for path in prepared.folder.parent.iterdir()] == ["corpus"]
    again = open_prepared(prepared.folder)
    assert again.report == prepared.report
    assert decoded(again, again.train) == decoded(prepared, prepared.train)


def test_preparing_again_replaces_what_was_there(prepare):
    prepare(sentences(100))
    assert prepare(sentences(50)).report.read == 50


def test_nothing_is_left_of_a_preparation_that_was_stopped(prepare, tmp_path):
    def stop(src, tgt):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare(sentences(10), make_tokenizers=stop)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_killed_preparation_starts_over(prepare, tmp_path):
    program = """
import sys, time
from pathlib import Path
from manyheads.text.corpus import PairSource
from manyheads.text.prepare import CorpusPlan, prepare_pairs
def wait(src, tgt):
    print("here", flush=True)
    time.sleep(60)
plan = CorpusPlan(PairSource((Path(sys.argv[1]),)))
prepare_pairs(plan, folder=Path(sys.argv[2]), make_tokenizers=wait)
"""
    write(tmp_path / "train.tsv", sentences(10))
    folder = tmp_path / "out" / "corpus"
    command = [sys.executable, "-c", program, str(tmp_path / "train.tsv"), str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as process:  # noqa: S603
        assert process.stdout.readline() == "here\n"
        process.kill()
    assert [path.name for path in folder.parent.iterdir()] == [".preparing-corpus"]
    assert not is_prepared(folder)
    assert prepare(sentences(10)).report.read == 10
    assert [path.name for path in folder.parent.iterdir()] == ["corpus"]


def test_a_full_disk_is_told(prepare, tmp_path):
    def full(src, tgt):
        raise OSError(errno.ENOSPC, "No space left on device")

    def broken(src, tgt):
        raise OSError(errno.EIO, "Input/output error")

    folder = tmp_path / "out" / "corpus"
    end = "; mend that and start again"
    message = error_of(prepare, sentences(10), kind=RunError, make_tokenizers=full)
    assert message == f"{folder} could not be prepared: no space is left on the disk{end}"
    message = error_of(prepare, sentences(10), kind=RunError, make_tokenizers=broken)
    assert message == f"{folder} could not be prepared: Input/output error{end}"
    assert not folder.exists()


def test_a_corpus_of_which_nothing_is_left_is_told(prepare, tmp_path):
    rows = [("", "a"), ("Tom", "Tom"), ("Tim", "Tim")]
    assert error_of(prepare, rows) == (
        "at least one pair must be left to train on, but none is of the 3 in "
        f"{tmp_path}/train.tsv: 1 empty, 2 same"
    )
    assert list((tmp_path / "out").iterdir()) == []


def test_a_training_part_that_held_out_parts_use_up_is_told(prepare):
    message = error_of(prepare, [*sentences(4), ("", "")], valid_fraction=0.5, test_fraction=0.5)
    assert message.endswith("/train.tsv: 1 empty, 4 held out")


def test_a_training_part_of_pairs_too_long_is_told(prepare):
    message = error_of(prepare, sentences(2), rules=CleaningRules(max_tokens=1))
    assert message.endswith("/train.tsv: 2 length")


def test_a_validation_file_without_a_usable_pair_is_told(prepare, tmp_path):
    message = error_of(prepare, sentences(5), valid=[("", "a"), ("a " * 300, "b")])
    assert message == (
        "at least one pair to validate on must have text on both sides and at most 256 tokens, "
        f"but of the 2 in {tmp_path}/valid.tsv none has"
    )


def test_something_else_in_the_folder_is_not_overwritten(prepare, tmp_path):
    folder = tmp_path / "out" / "corpus"
    folder.mkdir(parents=True)
    (folder / "mine.txt").write_text("mine", encoding="utf-8")
    assert error_of(prepare, sentences(5)) == (
        f"{folder} must be free for the prepared corpus, but something else stands there"
    )
    assert (folder / "mine.txt").exists()


def test_a_folder_that_is_not_prepared_is_told(prepare, tmp_path):
    with pytest.raises(InputError) as caught:
        open_prepared(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path} must hold a prepared corpus, but has no report.json; prepare it again"
    )


@pytest.mark.parametrize(
    ("name", "content"), [("report.json", "{"), ("report.json", '{"read": 1}'), ("train.arrow", "ARROW1 no")]
)
def test_a_damaged_prepared_corpus_is_told(prepare, name, content):
    folder = prepare(sentences(5)).folder
    (folder / name).write_text(content, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        open_prepared(folder)
    assert str(caught.value).startswith(f"the prepared corpus in {folder} is damaged (")
    assert str(caught.value).endswith("); prepare it again")


def test_the_report_says_itself_in_lines(prepare):
    valid = [("word number 7.", "Wort"), ("", "leer")]
    report = prepare([*sentences(1200), ("", "")], valid=valid, test_fraction=0.0).report
    report = replace(
        report,
        train=replace(report.train, src_tokens=1234, tgt_tokens=5678),
        valid=replace(report.valid, src_tokens=7, tgt_tokens=3),
    )
    assert report.lines() == [
        "1,201 pairs read, 1,200 kept; removed: 1 empty",
        "train: 1,200 pairs, 1,200 distinct sources, 1,234 + 5,678 tokens",
        "valid: 2 pairs, 2 distinct sources, 7 + 3 tokens; sources also in train: 1; "
        "too long or empty for the loss: 1",
    ]
