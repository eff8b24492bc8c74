"""`manyheads translate`: what it reads, what it writes, and what it refuses, and when."""

import gzip
import json
from types import SimpleNamespace

import pytest

from manyheads.inference.alignment import pharaoh
from manyheads.inference.translate import Sampling

TEXTS = ["a dog runs", "two men", "", "one man"]
FIELDS = ["text", "score", "tokens", "src_tokens", "truncated", "finished"]
LONG = "the dog sees a man. " * 9


def said(translator, texts, **options):
    return [done.text for done in translator.translate(texts, **options)]


def test_texts_are_answered_in_their_order_a_line_each(translate, translator):
    ran = translate(*TEXTS)
    assert (ran.code, ran.err) == (0, "")
    assert ran.lines == said(translator, TEXTS)
    assert len(set(ran.lines)) == 4


def test_an_empty_line_gives_an_empty_line(translate, translator):
    assert translate(stdin=b"one man\n\ntwo men walk\r\n").lines == [
        *said(translator, ["one man"]),
        "",
        *said(translator, ["two men walk"]),
    ]


def test_a_file_gives_what_the_command_line_gives(translate, folder):
    (folder / "in.en").write_text("".join(f"{text}\n" for text in TEXTS), encoding="utf-8")
    assert translate("--input", "in.en") == translate(*TEXTS)


@pytest.mark.parametrize("column", ["en", "1"])
def test_a_column_is_taken_by_name_or_number(translate, folder, column):
    head = "id\ten\n" if column == "en" else ""
    (folder / "in.tsv").write_text(f"{head}1\tone man\n2\ta dog\n", encoding="utf-8")
    assert translate("--input", "in.tsv", "--column", column) == translate("one man", "a dog")


@pytest.fixture
def three_at_once(monkeypatch):
    """Read three lines at a time instead of thousands."""
    monkeypatch.setattr("manyheads.text.lines.ROWS_PER_CHUNK", 3)
    monkeypatch.setattr("manyheads.cli.files._LINES_AT_ONCE", 3)


@pytest.mark.usefixtures("three_at_once")
def test_a_file_longer_than_one_chunk_keeps_its_order(translate, translator, folder):
    """Two chunks of three and a rest of two, of texts that differ from line to line."""
    words = ["dog", "man", "park"]
    texts = ["dog", "", "man", "park", "park", "dog", "man", "dog"]
    (folder / "in.txt").write_text("\n".join(texts) + "\n", encoding="utf-8")
    known = dict(zip(words, said(translator, words), strict=True)) | {"": ""}
    assert translate("--input", "in.txt").lines == [known[text] for text in texts]


def test_an_output_file_holds_the_lines_and_nothing_is_printed(translate, folder):
    ran = translate(*TEXTS, "--output", "out.de")
    assert (ran.out, ran.err) == ("", "")
    assert (folder / "out.de").read_text(encoding="utf-8") == translate(*TEXTS).out
    assert translate(*TEXTS, "--output", "out.gz").code == 0
    assert gzip.decompress((folder / "out.gz").read_bytes()) == (folder / "out.de").read_bytes()


@pytest.mark.usefixtures("three_at_once")
def test_an_output_file_appears_whole_or_not_at_all(translate, folder):
    (folder / "out.de").write_text("before\n", encoding="utf-8")
    bad = b"one man\n" * 7 + b"\xff\n"
    ran = translate("--output", "out.de", stdin=bad)
    assert ran.code == 2
    assert "line 8 of standard input is not: byte 1 of the line is 0xFF" in ran.err
    assert (folder / "out.de").read_text(encoding="utf-8") == "before\n"
    assert sorted(path.name for path in folder.iterdir()) == ["out.de", "toy"]


def test_a_broken_file_is_refused_before_anything_is_written(translate, folder):
    (folder / "in.txt").write_bytes(b"one man\n" * 5000 + b"a\0b\n")
    ran = translate("--input", "in.txt")
    assert (ran.code, ran.out) == (2, "")
    assert "line 5001 of in.txt" in ran.err


def test_the_search_is_what_was_asked_for(translate, translator):
    wide = translate(*TEXTS, "--beam", "3", "--length-penalty", "2")
    assert wide.lines == said(translator, TEXTS, beam=3, length_penalty=2.0)


def test_alignment_follows_a_tab(translate, translator):
    done = translator.translate(TEXTS, alignment=True)
    expected = [f"{each.text}\t{pharaoh(each.alignment or ())}" for each in done]
    assert translate(*TEXTS, "--alignment").lines == [" ".join(line.split("\n")) for line in expected]
    assert expected[2] == "\t"


def test_n_best_lines_carry_number_and_score(translate, translator):
    ran = translate("one man", "a dog", "--n-best", "3")
    first, second = translator.translate(["one man", "a dog"], beam=3, n_best=3)
    assert [line.split("\t")[:2] for line in ran.lines] == [
        [str(number), f"{each.score:.4f}"]
        for number, done in ((1, first), (2, second))
        for each in done.n_best
    ]
    assert ran.lines[0].split("\t")[2] == first.text


def test_more_hypotheses_than_the_model_s_own_beam_widen_it(translate, translator):
    assert translator.config.decoding.beam == 1
    assert len(translate("one man", "--n-best", "4").lines) == 4


def test_json_is_one_object_a_line(translate, translator):
    ran = translate(*TEXTS, "--json", "--alignment", "--n-best", "2")
    done = translator.translate(TEXTS, alignment=True, beam=2, n_best=2)
    assert len(ran.lines) == 4
    for line, each in zip(ran.lines, done, strict=True):
        fields = json.loads(line)
        assert list(fields) == [*FIELDS, "alignment", "n_best"]
        assert fields["text"] == each.text
        assert fields["score"] == pytest.approx(each.score)
        assert fields["tokens"] == list(each.tokens)
        assert fields["src_tokens"] == list(each.src_tokens)
        assert fields["finished"] is each.finished
        assert fields["alignment"] == [list(link) for link in each.alignment or ()]
    best = json.loads(ran.lines[0])["n_best"]
    assert [list(other) for other in best] == [["text", "score", "tokens", "finished", "alignment"]] * 2
    assert best[0]["text"] == done[0].text
    assert list(json.loads(translate("a", "--json").out)) == FIELDS


def test_json_says_whether_the_model_ended_the_text_or_the_limit(translate, folder):
    """The limit is one token here, which is not the end; an empty text is done at once."""
    config = json.loads((folder / "toy" / "config.json").read_text(encoding="utf-8"))
    config["decoding"] |= {"max_length_factor": 0.0, "max_length_extra": 1}
    (folder / "toy" / "config.json").write_text(json.dumps(config), encoding="utf-8")
    answers = [json.loads(line) for line in translate("one man", "", "--json").lines]
    assert [(len(answer["tokens"]), answer["finished"]) for answer in answers] == [(1, False), (0, True)]


def test_chance_starts_where_it_is_told(translate, translator):
    drawn = ["--sample", "--temperature", "1.5", "--top-k", "40", "--top-p", "0.9"]
    sampling = Sampling(temperature=1.5, top_k=40, top_p=0.9, seed=7)
    ran = translate(*TEXTS, *drawn, "--seed", "7", "--json")
    assert [json.loads(line)["text"] for line in ran.lines] == said(translator, TEXTS, sampling=sampling)
    assert translate(*TEXTS, *drawn, "--seed", "8", "--json").out != ran.out
    assert translate(*TEXTS, *drawn).out == translate(*TEXTS, *drawn, "--seed", "1").out


@pytest.mark.usefixtures("three_at_once")
def test_equal_texts_are_drawn_apart_in_every_chunk(translate):
    """Lines 1 and 4 begin a chunk each; with one seed for both they would give the same draws."""
    ran = translate("--sample", "--json", stdin=b"one man\n\n\none man\n")
    texts = [json.loads(line)["text"] for line in ran.lines]
    assert texts[0] != texts[3]


def test_a_line_break_within_a_text_does_not_break_the_line(translate, folder):
    (folder / "in.jsonl").write_text('{"en": "one man.\\n\\r\\none dog."}\n', encoding="utf-8")
    short = ["--input", "in.jsonl", "--column", "en"]
    assert len(translate(*short).lines) == 1


def test_a_long_text_is_split_and_put_together_by_default(translate, translator):
    ran = translate(LONG)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == " ".join(said(translator, [LONG])[0].split("\n")) + "\n"


def test_texts_that_are_cut_are_counted_and_named(translate):
    lines = f"one man\n{LONG}\n{LONG}\n".encode()
    warning = (
        "manyheads: warning: 2 texts were cut to the 60 tokens that the model takes, the first in line 2"
    )
    assert translate("--long", "truncate", stdin=lines).err == f"{warning} of standard input\n"
    one = translate("--long", "truncate", LONG)
    assert one.err == warning.replace("2 texts were", "1 text was").replace(
        "the first in line 2", "in text 1"
    ) + (" of the command line\n")
    assert json.loads(translate("--long", "truncate", LONG, "--json").out)["truncated"] is True


def test_a_long_text_is_refused_with_its_place(translate, translator, folder):
    count = len(translator.src_tokenizer.encode_ids([LONG.strip()])[0])
    assert count > 60
    (folder / "in.csv").write_text(f'en,de\n"one man",x\n"{LONG}",y\n', encoding="utf-8")
    ran = translate("--input", "in.csv", "--column", "en", "--long", "error")
    assert ran.code == 2
    assert ran.err == (
        "manyheads: error: a text may have at most 60 tokens for this model, but row 3 of in.csv has "
        f"{count}; let it be split or truncated (--long)\n"
    )
    assert translate(LONG, "--n-best", "2").err == (
        "manyheads: error: a text may have at most 60 tokens for this model, "
        f"but text 1 of the command line has {count}; --n-best needs --long truncate\n"
    )


def test_what_is_typed_is_answered_at_once_and_a_mistake_ends_nothing(translate, translator):
    ran = translate("--long", "error", stdin=f"one man\n{LONG}\na dog\n".encode(), typed=True)
    assert ran.code == 0
    assert ran.lines == said(translator, ["one man"]) + said(translator, ["a dog"])
    hint, mistake = ran.err.split("\n")[:-1]
    assert hint == "manyheads: one text a line; Ctrl-D ends"
    assert mistake.startswith(
        "manyheads: error: a text may have at most 60 tokens for this model, but line 2 of"
    )


@pytest.mark.parametrize(("system", "hint"), [("nt", "Ctrl-Z and Enter end"), ("posix", "Ctrl-D ends")])
def test_the_hint_names_the_keys_of_the_system(translate, monkeypatch, system, hint):
    monkeypatch.setattr("manyheads.cli.answers.os", SimpleNamespace(name=system))
    assert translate(typed=True).err == f"manyheads: one text a line; {hint}\n"


def test_nobody_has_to_type_anything(translate):
    assert translate(typed=True).code == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["a", "--beam", "2", "--n-best", "3"],
            "--n-best must be at most --beam, but 3 of 2 hypotheses were asked",
        ),
        (["a", "--temperature", "2"], "--temperature must come with --sample, but that is not given"),
        (["a", "--output", "no/out"], "--output no/out needs a folder that exists, but there is no no"),
        (
            ["a", "--model", "./toi"],
            "--model must be the folder of a model, but there is no './toi'; did you mean 'toy'?",
        ),
        (
            ["a", "--input", "in.txt"],
            "texts come from the command line or from --input, but both are given (in.txt)",
        ),
        (["--input", "toi.txt"], "there is no file toi.txt"),
        (
            ["a", "--precision", "int4"],
            "--precision cannot be 'int4': 'int4' is not one of 'auto', 'float32', 'bfloat16', 'int8'",
        ),
    ],
)
def test_what_cannot_be_is_refused_before_the_model_is_read(translate, folder, words, message):
    (folder / "toy" / "model.safetensors").write_bytes(b"no weights")
    ran = translate(*words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"manyheads: error: {message}")


def test_a_damaged_model_is_told_in_one_line(translate, folder):
    (folder / "toy" / "model.safetensors").write_bytes(b"no weights")
    ran = translate("a")
    assert ran.code == 2
    assert ran.err.startswith("manyheads: error: toy/model.safetensors ")
    assert ran.err.count("\n") == 1
