"""`manyheads evaluate` for encoders: the model's task decides what is read and what is counted."""

import json

import pytest
import torch

from manyheads.checkpoint.config import EncoderConfig
from manyheads.checkpoint.network import build_network
from manyheads.checkpoint.parameters import parameters_of
from manyheads.checkpoint.store import StoredModel, save_model
from manyheads.evaluation.classification import score_label_sets, score_labels
from manyheads.evaluation.similarity import correlate
from manyheads.evaluation.tagging import score_tags
from manyheads.inference.load import load
from manyheads.text.text_tokenizer import TextTokenizer

TEXTS = ["a dog runs", "the man sees a dog", "one man", "two men walk in the park", "a park"]
PAIRS = ["the dog runs", "a man", "two men", "men walk", "the man sees"]
SCORES = ["4.5", "1", "2.25", "3", "0"]
LABELS = ("bad", "good")
TAGS = ("O", "B-who", "I-who")


@pytest.fixture(scope="module")
def text_tokenizer():
    return TextTokenizer.train(TEXTS, kind="wordpiece", vocab_size=71)


@pytest.fixture
def model(tmp_path, monkeypatch, text_tokenizer):
    """Save a model of a task that has learnt nothing, in the folder in which the command runs."""

    def make(task, *, labels=(), several=False):
        pooler = "tanh" if task in {"classification", "regression"} else "none"
        sizes = {
            "d_model": 12,
            "d_ff": 17,
            "num_heads": 3,
            "num_layers": 2,
            "max_length": 19,
            "pooler": pooler,
        }
        config = EncoderConfig(
            task=task,
            model=sizes,
            vocab_size=text_tokenizer.vocab_size,
            labels=labels,
            several_labels=several,
        )
        torch.manual_seed(7)
        network = build_network(config)
        for parameter in network.parameters():
            torch.nn.init.normal_(parameter)
        stored = StoredModel(config.model_dump(mode="json"), parameters_of(network), {"text": text_tokenizer})
        save_model(tmp_path / "m", stored)
        return load(tmp_path / "m", precision="float32")

    monkeypatch.chdir(tmp_path)
    return make


@pytest.fixture
def evaluate(run):
    def evaluate(*words):
        return run("evaluate", "--model", "m", "--precision", "float32", *words)

    return evaluate


@pytest.fixture
def write(tmp_path):
    def write(name, *columns):
        rows = ["\t".join(row) + "\n" for row in zip(*columns, strict=True)]
        (tmp_path / name).write_text("".join(rows), encoding="utf-8")

    return write


def test_a_classifier_is_scored_by_its_labels(model, evaluate, write, tmp_path):
    """The truth is what the model says, but for the first text."""
    said = [answer.label for answer in model("classification", labels=LABELS).classify(TEXTS)]
    truth = ["good" if said[0] == "bad" else "bad", *said[1:]]
    write("dev.tsv", TEXTS, truth)
    scores = score_labels(said, truth, LABELS)
    assert scores.accuracy == 4 / 5
    ran = evaluate("--data", "dev.tsv", "--output", "said.txt")
    assert (ran.code, ran.lines, ran.err) == (0, scores.lines(), "")
    assert (tmp_path / "said.txt").read_text(encoding="utf-8").split() == said
    fields = json.loads(evaluate("--data", "dev.tsv", "--json").out)
    assert fields == {"task": "classification", "texts": 5, "truncated": 0} | scores.as_dict()


def test_columns_by_name_need_a_header_and_all_of_them(model, evaluate, write):
    said = [answer.label for answer in model("classification", labels=LABELS).classify(TEXTS, PAIRS)]
    write("dev.tsv", ["label", *said], ["second", *PAIRS], ["first", *TEXTS])
    words = ["--data", "dev.tsv", "--text", "first", "--pair", "second"]
    assert evaluate(*words, "--label", "label").lines[0] == "accuracy  100.00"
    assert evaluate(*words).err == (
        "manyheads: error: once a column is given by name ('first') all are, but --label is missing\n"
    )


def test_a_model_of_several_labels_is_scored_by_sets(model, evaluate, write):
    classifier = model("classification", labels=("fear", "joy", "awe"), several=True)
    said = [answer.labels for answer in classifier.classify(TEXTS)]
    truth = [(), *said[1:]]
    write("dev.tsv", TEXTS, [",".join(labels) for labels in truth])
    expected = score_label_sets(said, truth, classifier.config.labels)
    assert evaluate("--data", "dev.tsv").lines == expected.lines()


def test_a_model_of_numbers_is_scored_by_correlation(model, evaluate, write):
    said = [answer.number for answer in model("regression").classify(TEXTS, PAIRS)]
    write("sts.csv", TEXTS, PAIRS, SCORES)
    ran = evaluate("--data", "sts.csv", "--format", "tsv", "--pair", "1", "--output", "said.txt")
    assert ran.lines == correlate(said, list(map(float, SCORES))).lines()


def test_vectors_are_scored_by_their_cosines(model, evaluate, write, tmp_path):
    said = model("embedding").similarity(TEXTS, PAIRS).tolist()
    write("sts.tsv", TEXTS, PAIRS, SCORES)
    ran = evaluate("--data", "sts.tsv", "--json", "--output", "said.txt")
    fields = json.loads(ran.out)
    assert fields["task"] == "embedding"
    assert fields["spearman"] == pytest.approx(correlate(said, list(map(float, SCORES))).spearman)
    lines = (tmp_path / "said.txt").read_text(encoding="utf-8").split()
    assert list(map(float, lines)) == pytest.approx(said, abs=1e-6)


def test_a_tagger_is_scored_by_entities(model, evaluate, tmp_path):
    """Every word of the truth is `O`, so whatever entity the tagger finds is wrong."""
    sentences = [text.split() for text in TEXTS]
    tagged = model("tagging", labels=TAGS).tag_words(sentences)
    said = [[word.label for word in sentence.words] for sentence in tagged]
    truth = [["O"] * len(words) for words in sentences]
    blocks = ["".join(f"{word}\tO\n" for word in words) + "\n" for words in sentences]
    (tmp_path / "dev.conll").write_text("".join(blocks), encoding="utf-8")
    ran = evaluate("--data", "dev.conll", "--output", "said.conll")
    assert ran.lines == score_tags(said, truth).lines()
    written = (tmp_path / "said.conll").read_text(encoding="utf-8").split("\n")
    assert written[:4] == [*(f"{word}\t{tag}" for word, tag in zip(sentences[0], said[0], strict=True)), ""]


def test_texts_that_are_cut_are_counted(model, evaluate, write):
    model("regression")
    write("dev.tsv", [*TEXTS, "a dog " * 20], [*SCORES, "2"])
    ran = evaluate("--data", "dev.tsv")
    assert ran.err == "manyheads: warning: 1 text was cut to the 19 tokens that the model takes\n"


@pytest.mark.parametrize("task", ["regression", "embedding"])
def test_a_text_that_must_not_be_cut_is_named_by_its_line(model, evaluate, write, task):
    """Of the 42 tokens of 20 dogs two are special; each of `a` and `dog` is one piece."""
    count = model(task).tokenizer.count(["a dog " * 20])[0]
    write("dev.tsv", [*TEXTS, "a dog"], [*PAIRS, "a dog " * 20], [*SCORES, "2"])
    columns = ["--text", "1", "--label", "2"] if task == "regression" else []
    ran = evaluate("--data", "dev.tsv", "--long", "error", *columns)
    assert (ran.code, ran.out) == (2, "")
    assert (
        f"at most 19 tokens for this model, special ones included, but line 6 of dev.tsv has {count}"
        in ran.err
    )


def test_a_sentence_that_must_not_be_cut_is_named_by_its_line(model, evaluate, tmp_path):
    model("tagging", labels=TAGS)
    (tmp_path / "dev.conll").write_text("a\tO\n\n" + "dog\tO\n" * 30, encoding="utf-8")
    assert "but line 3 of dev.conll has" in evaluate("--data", "dev.conll", "--long", "error").err


def test_a_label_that_the_model_has_not_seen_is_named(model, evaluate, write, tmp_path):
    model("classification", labels=LABELS)
    write("dev.tsv", TEXTS, ["bad", "good", "god", "bad", "bad"])
    ran = evaluate("--data", "dev.tsv")
    assert (ran.code, ran.out, ran.err) == (
        2,
        "",
        "manyheads: error: a label must be one that the model has learnt ('bad', 'good'), but line 3 of "
        "dev.tsv has 'god'; did you mean 'good'?\n",
    )


def test_a_tag_that_the_model_has_not_seen_is_named(model, evaluate, tmp_path):
    model("tagging", labels=TAGS)
    (tmp_path / "dev.conll").write_text("a\tO\n\nman\tB-who\nruns\tB-what\n", encoding="utf-8")
    ran = evaluate("--data", "dev.conll")
    assert "('O', 'B-who', 'I-who'), but line 4 of dev.conll has 'B-what'; did you mean 'B-who'?" in ran.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["other.tsv"], "a second file is for a translator, but the model in m is none; leave it out"),
        (["--beam", "2"], "--beam is for a translator, but the model in m is none; leave it out"),
        (["--src", "a"], "--src is for a translator, but the model in m is none; leave it out"),
        (["--format", "csv"], "--format is for texts in columns, but a tagger is scored on a word and its"),
        (["--lowercase"], "--lowercase is for a translator, but the model in m is none; leave it out"),
        (
            ["--text", "a"],
            "--text is for texts in columns, but a tagger is scored on a word and its tag a line",
        ),
    ],
)
def test_options_of_another_task_are_refused(model, evaluate, tmp_path, words, message):
    model("tagging", labels=TAGS)
    (tmp_path / "dev.conll").write_text("a\tO\n", encoding="utf-8")
    ran = evaluate("--data", "dev.conll", *words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"manyheads: error: {message}")


def test_options_of_labels_are_refused_by_a_translator(run, folder):
    for option, value in (("--text", "a"), ("--label", "1"), ("--format", "csv")):
        ran = run("evaluate", "--model", "toy", "--data", "x.tsv", option, value)
        assert ran.err == (
            f"manyheads: error: {option} is for labelled data, but the model in toy translates; "
            "leave it out\n"
        )


def test_what_fills_masks_has_no_score(model, evaluate, write):
    model("masked")
    write("dev.tsv", TEXTS, SCORES)
    assert (
        "m must translate, classify, tag or embed to be scored, but fills masks"
        in evaluate("--data", "dev.tsv").err
    )
