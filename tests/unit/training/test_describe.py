"""A run in words: what stands at its start, and what the reader of its model's card is told."""

import tomllib

import pytest
import torch

from manyheads.text.report import CorpusReport, PartCounts
from manyheads.training.describe import card_text, machine, run_lines
from manyheads.training.device import Placement
from manyheads.training.events import Validated

REPORT = CorpusReport(
    read=100,
    kept=90,
    removed={"empty": 10},
    train=PartCounts(pairs=80, distinct_sources=79),
    valid=PartCounts(pairs=10, distinct_sources=10),
    test=PartCounts(),
)
TRIED = Validated(1200, 2.5, 31.256, "nrefs:1|tok:13a", True, ("geheim", "said", "secret"), 0.5)
CPU = Placement(torch.device("cpu"), "float32", "as asked")


@pytest.fixture
def card(make_recipe):
    def make(changes=(), *, tried=TRIED, report=REPORT, **averaged):
        return card_text(make_recipe(changes), report, tried, {"processor": "two cores"}, **averaged)

    return make


def test_a_run_says_its_corpus_its_shapes_and_its_size(make_recipe, make_model):
    """Untied, 41 and 43 tokens of width 42: 84 rows of 42 and the output's 43.

    A parameter takes 4 bytes, in training 16: gradient and two moments besides.
    """
    model = make_model()
    count = sum(parameter.numel() for parameter in model.parameters())
    lines = run_lines(make_recipe(), REPORT, model, CPU, 3)
    assert lines[0] == "100 pairs read, 90 kept; removed: 10 empty"
    assert "model: 1+1 layers, d_model 10, d_ff 14, 2 heads, dropout 0.0, norm after each sublayer" in lines
    assert any(line.startswith("matrices: tokens 41x42: 1, ") for line in lines)
    assert f"{count:,} parameters: {count * 4 / 1e6:.1f} MB of weights, {count * 16 / 1e6:.1f} MB with" in (
        "\n".join(lines)
    )
    assert lines[-1] == "computing on cpu, float32 (as asked), 3 threads"


def test_a_run_that_norms_first_says_so(make_recipe, make_model):
    lines = run_lines(make_recipe({"model.norm_first": True}), REPORT, make_model(), CPU, 1)
    assert any(line.endswith("norm before each sublayer") for line in lines)
    assert lines[-1].endswith(", 1 thread")


def test_a_run_that_goes_on_from_a_model_says_so(make_recipe, make_model):
    lines = run_lines(make_recipe({"init": "runs/old"}), REPORT, make_model(), CPU, 1)
    assert "going on from runs/old, with its vocabulary and sizes" in lines


def test_the_card_names_the_languages_where_the_recipe_does(card):
    text = card({"corpus.src_language": "en", "corpus.tgt_language": "de"})
    assert "\n# A translator from en to de\n" in text
    assert "\nA Transformer that translates from en to de, trained with manyheads on 80 pairs.\n" in text
    assert text.startswith("---\nlanguage:\n- en\n- de\n")


def test_the_card_is_readable_where_the_recipe_names_no_languages(card):
    text = card()
    assert "\n# A translator\n" in text
    assert "translates from its source language to its target language" in text
    assert text.startswith("---\nlanguage:\n- und\n")


def test_the_card_has_the_recipes_title(card):
    assert "\n# Numbers in words\n" in card({"title": "Numbers in words"})


def test_the_card_gives_bleu_with_its_signature_and_what_it_was_measured_on(card):
    assert "- BLEU **31.26** on the first 2 validation pairs (`nrefs:1|tok:13a`)\n" in card()
    every = card({"validation.max_sentences": 500})
    assert "- BLEU **31.26** on the 10 validation pairs (`nrefs:1|tok:13a`)\n" in every


def test_the_card_claims_no_score_that_was_not_measured(card):
    untried = Validated(1200, 0.0, 0.0, "", True, ("", "", ""), 0.0)
    assert "## Scores\n\nNot measured.\n" in card(tried=untried)


def test_the_card_shows_no_sentence_of_the_corpus(card):
    """The data may be nobody else's business; the example is a word that stands for a text."""
    text = card()
    assert "geheim" not in text
    assert "secret" not in text
    assert "manyheads translate --model . TEXT\n" in text


def test_the_card_shows_no_path_of_the_machine(card):
    text = card({"data": "/home/me/secret/pairs.tsv", "init": "/home/me/runs/old"})
    assert "/home/me" not in text
    assert 'data = "pairs.tsv"' in text
    assert 'init = "old"' in text


def test_the_cards_recipe_can_be_run(card):
    recipe = card().split("```toml\n")[1].split("```")[0]
    assert tomllib.loads(recipe)["model"]["d_model"] == 10


def test_the_card_says_how_the_weights_were_made(card):
    assert "- updates: 1,200\n- seed: 1\n- processor: two cores\n" in card()
    averaged = card(averaged=[400, 800, 1200])
    assert "- updates: 1,200\n- weights: the mean of those after updates 400, 800, 1,200\n- seed" in averaged


def test_the_machine_is_told_with_its_versions():
    facts = machine()
    assert facts["processor"].endswith("threads used: 1")
    assert f"torch {torch.__version__}" in facts["versions"]
