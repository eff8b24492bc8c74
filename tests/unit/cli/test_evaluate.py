"""`manyheads evaluate`: the scores of the model's own translations, with signatures."""

import json

import pytest

from manyheads.evaluation.translator import evaluate_translator

SRC = ["one man", "two men", "a dog"]
TGT = ["ein Mann", "zwei Männer", "ein Hund"]


@pytest.fixture
def evaluate(run, folder):
    """Evaluate the toy on files that hold the same pairs in several forms."""
    rows = [f"{src}\t{tgt}\n" for src, tgt in zip(SRC, TGT, strict=True)]
    (folder / "pairs.tsv").write_text("".join(rows), encoding="utf-8")
    (folder / "named.tsv").write_text(
        "id\tde\ten\n"
        + "".join(
            f"{number}\t{tgt}\t{src}\n" for number, (src, tgt) in enumerate(zip(SRC, TGT, strict=True))
        ),
        encoding="utf-8",
    )
    for name, texts in (("test.en", SRC), ("test.de", TGT)):
        (folder / name).write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    return lambda *words: run("evaluate", "--model", "toy", *words)


def test_the_scores_are_those_of_training_s_validation(evaluate, translator):
    result = evaluate_translator(translator, SRC, TGT)
    ran = evaluate("--data", "pairs.tsv")
    assert ran.code == 0
    assert ran.lines == result.scores.lines()
    assert ran.out.count("nrefs:1|") == 3


def test_two_files_and_named_columns_give_the_same(evaluate):
    plain = evaluate("--data", "pairs.tsv")
    assert evaluate("--data", "test.en", "test.de") == plain
    assert evaluate("--data", "named.tsv", "--src", "en", "--tgt", "de") == plain


def test_the_options_reach_search_and_score(evaluate, translator):
    options = {"beam": 3, "length_penalty": 0.5, "tokenize": "char", "lowercase": True}
    result = evaluate_translator(translator, SRC, TGT, **options)
    words = ["--beam", "3", "--length-penalty", "0.5", "--tokenize", "char", "--lowercase", "--json"]
    fields = json.loads(evaluate("--data", "pairs.tsv", *words).out)
    assert fields == result.scores.as_dict() | {"beam": 3, "length_penalty": 0.5}
    assert "case:lc|eff:no|tok:char" in fields["bleu"]["signature"]
    assert list(fields) == ["bleu", "chrf", "ter", "warnings", "sentences", "beam", "length_penalty"]


def test_the_translations_can_be_kept(evaluate, translator, folder):
    assert evaluate("--data", "pairs.tsv", "--output", "out.de").code == 0
    said = [done.text for done in translator.translate(SRC)]
    assert (folder / "out.de").read_text(encoding="utf-8") == "".join(f"{text}\n" for text in said)


def test_doubts_go_to_the_error_stream(evaluate, folder):
    (folder / "pairs.tsv").write_text("one man\tein mann läuft , ruft .\n" * 20, encoding="utf-8")
    ran = evaluate("--data", "pairs.tsv", "--json")
    assert ran.err.split("\n")[:-1] == [
        f"manyheads: warning: {doubt}" for doubt in json.loads(ran.out)["warnings"]
    ]
    assert "manyheads: warning: the references look" in ran.err


def test_sources_that_are_cut_are_counted(evaluate, folder, translator):
    long = "the dog sees a man. " * 9
    count = len(translator.src_tokenizer.encode_ids([long.strip()])[0])
    (folder / "pairs.tsv").write_text(f"one man\tein Mann\n{long}\tHund\n", encoding="utf-8")
    ran = evaluate("--data", "pairs.tsv", "--long", "truncate")
    assert ran.err.startswith("manyheads: warning: 1 source was cut to the 60 tokens that the model takes\n")
    refused = evaluate("--data", "pairs.tsv", "--long", "error")
    assert (refused.code, refused.out) == (2, "")
    assert refused.err == (
        "manyheads: error: a text may have at most 60 tokens for this model, but line 2 of pairs.tsv has "
        f"{count}; let it be split or truncated (--long)\n"
    )


def test_a_long_source_of_a_table_is_told_by_its_row(evaluate, folder, translator):
    """Row 1 is the header and row 2 takes two lines, so the long source stands in row 3, line 4."""
    long = "the dog sees a man. " * 9
    count = len(translator.src_tokenizer.encode_ids([long.strip()])[0])
    (folder / "pairs.csv").write_text(f'en,de\n"one\nman",ein Mann\n{long},Hund\n', encoding="utf-8")
    refused = evaluate("--data", "pairs.csv", "--src", "en", "--tgt", "de", "--long", "error")
    assert (refused.code, refused.out) == (2, "")
    assert refused.err == (
        "manyheads: error: a text may have at most 60 tokens for this model, but row 3 of pairs.csv has "
        f"{count}; let it be split or truncated (--long)\n"
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--data", "test.en", "test.de", "--src", "en"], "--src names a column, but two files have none"),
        (["--data", "test.en", "test.de", "--tgt", "de"], "--tgt names a column, but two files have none"),
        (["--data", "pairs.tsv", "--tokenize", "13b"], "tokenize must be one of "),
        (
            ["--data", "named.tsv", "--src", "em"],
            "named.tsv must have a column 'em', but has 'id', 'de', 'en'",
        ),
        (
            ["--data", "test.en", "short.de"],
            "two files of pairs must have equally many lines, but test.en has 3 and",
        ),
        (["--data", "empty.tsv"], "empty.tsv must hold at least one"),
        (
            ["--data", "pairs.tsv", "--output", "no/out"],
            "--output no/out needs a folder that exists, but there is",
        ),
    ],
)
def test_what_cannot_be_is_refused_before_the_model_is_read(evaluate, folder, words, message):
    (folder / "short.de").write_text("ein Mann\n", encoding="utf-8")
    (folder / "empty.tsv").touch()
    (folder / "toy" / "model.safetensors").write_bytes(b"no weights")
    ran = evaluate(*words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"manyheads: error: {message}")
    assert ran.err.count("\n") == 1
