"""A run in words: what stands at its start, and what the reader of its model's card is told."""

import tomllib

import pytest
import torch

from manyheads.training.describe import Kept, card_text, machine, say_scores, say_verdict
from manyheads.training.run import make_run
from manyheads.training.task import Facts, FinalScore, Verdict

FOUND = Verdict(2.5, {"bleu": 31.256}, "nrefs:1|tok:13a", (("source", "geheim"), ("reference", "secret")))
KEPT = Kept(1200, FOUND)


@pytest.fixture
def make(make_recipe, tmp_path):
    return lambda changes=(): make_run(make_recipe(changes), tmp_path)


@pytest.fixture
def card(make):
    def write(changes=(), *, kept=KEPT, tested=None):
        run = make(changes)
        return card_text(run.recipe, run.task.facts(), kept, {"processor": "two cores"}, tested=tested)

    return write


def test_a_run_says_its_corpus_its_shapes_and_its_size(make):
    """A parameter takes 4 bytes, in training 16: gradient and two moments besides."""
    run = make()
    count = sum(parameter.numel() for parameter in run.task.model.parameters())
    lines = run.lines()
    assert lines[0] == "84 pairs read, 84 kept; removed: none"
    assert "model: 1+1 layers, d_model 10, d_ff 14, 2 heads, dropout 0.0, norm after each sublayer" in lines
    assert any(line.startswith("matrices: ") and "widen 14x10: 2" in line for line in lines)
    assert f"{count:,} parameters: {count * 4 / 1e6:.1f} MB of weights, {count * 16 / 1e6:.1f} MB with" in (
        "\n".join(lines)
    )
    assert lines[-1] == "computing on cpu, float32 (as asked), 1 thread"


def test_a_run_that_norms_first_says_so(make):
    assert any(
        line.endswith("norm before each sublayer") for line in make({"model.norm_first": True}).lines()
    )


def test_threads_are_counted(make):
    assert make({"threads": 2}).lines()[-1].endswith(", 2 threads")
    torch.set_num_threads(1)


def test_the_card_names_the_languages_where_the_recipe_does(card):
    text = card({"corpus.src_language": "en", "corpus.tgt_language": "de"})
    assert "\n# A translator from en to de\n" in text
    assert "\nA Transformer that translates from en to de, trained with manyheads on 79 pairs.\n" in text
    assert text.startswith("---\nlanguage:\n- en\n- de\n")


def test_the_card_is_readable_where_the_recipe_names_no_languages(card):
    text = card()
    assert "\n# A translator\n" in text
    assert "translates from its source language to its target language" in text
    assert text.startswith("---\nlanguage:\n- und\n")


def test_the_card_has_the_recipes_title(card):
    assert "\n# Numbers in words\n" in card({"title": "Numbers in words"})


def test_the_card_gives_bleu_with_its_signature_and_what_it_was_measured_on(card):
    """Five of the 84 pairs are held out."""
    assert "- BLEU **31.26** on the first 2 validation pairs (`nrefs:1|tok:13a`)\n" in card()
    every = card({"validation.max_sentences": 500})
    assert "- BLEU **31.26** on the 5 validation pairs (`nrefs:1|tok:13a`)\n" in every


def test_the_card_gives_the_scores_of_the_test_part_once_they_are_known(card):
    tested = FinalScore(Verdict(float("nan"), {"bleu": 30.0}, "tok:13a"), 1203, "pairs")
    assert (
        "validation pairs (`nrefs:1|tok:13a`)\n- BLEU **30.00** on the 1,203 test pairs (`tok:13a`)\n"
        in card(tested=tested)
    )


def test_the_card_claims_no_score_that_was_not_measured(card):
    assert "## Scores\n\nNot measured.\n" in card(kept=Kept(1200, None))


def test_a_card_of_another_task_tells_how_that_is_used(make_recipe):
    facts = Facts(
        "classification", "A classifier", (), "It tells good from bad.", ("9 texts",), "the 3 texts"
    )
    text = card_text(make_recipe(), facts, Kept(7, Verdict(0.5, {"accuracy": 0.75})), {})
    assert "pipeline_tag: text-classification\n" in text
    assert "manyheads classify --model . TEXT\n" in text
    assert "- accuracy **0.7500** on the 3 texts\n" in text


def test_the_card_shows_no_sentence_of_the_corpus(card):
    """The data may be nobody else's business; the example is a word that stands for a text."""
    text = card()
    assert "geheim" not in text
    assert "secret" not in text
    assert "manyheads translate --model . TEXT\n" in text


def test_the_card_shows_no_path_of_the_machine(make, make_recipe):
    paths = make_recipe({"data": "/home/me/secret/pairs.tsv", "init": "/home/me/runs/old"})
    text = card_text(paths, make().task.facts(), KEPT, {})
    assert "/home/me" not in text
    assert 'data = "pairs.tsv"' in text
    assert 'init = "old"' in text


def test_the_cards_recipe_can_be_run(card):
    recipe = card().split("```toml\n")[1].split("```")[0]
    assert tomllib.loads(recipe)["model"]["d_model"] == 10


def test_the_card_says_how_the_weights_were_made(card):
    assert "- updates: 1,200\n- seed: 1\n- processor: two cores\n" in card()
    averaged = card(kept=Kept(1200, FOUND, (400, 800, 1200)))
    assert "- updates: 1,200\n- weights: the mean of those after updates 400, 800, 1,200\n- seed" in averaged


def test_the_machine_is_told_with_its_versions():
    facts = machine()
    assert facts["processor"].endswith("threads used: 1")
    assert f"torch {torch.__version__}" in facts["versions"]


def test_figures_are_said_with_their_names_and_digits():
    assert (say_scores(FOUND), say_verdict(FOUND)) == ("BLEU 31.26", "loss 2.500, BLEU 31.26")
    assert (say_scores(Verdict(0.25)), say_verdict(Verdict(0.25))) == ("loss 0.250", "loss 0.250")
    assert (
        say_scores(Verdict(0.1, {"accuracy": 0.91234, "of_ours": 0.5})) == "accuracy 0.9123, of_ours 0.5000"
    )
