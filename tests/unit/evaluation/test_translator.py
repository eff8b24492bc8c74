"""A translator's scores: of its own translations, counted as its config says unless told otherwise."""

import pytest

from manyheads.evaluation.translation import score_translations
from manyheads.evaluation.translator import evaluate_translator
from manyheads.recipes.schema import Scoring

SOURCES = ["one man", "two men walk", "a dog runs in the park"]
REFERENCES = ["Ein Mann", "zwei Männer gehen", "ein Hund läuft im Park"]


@pytest.fixture
def translator(make_translator):
    return make_translator()


def scored(translator, tokenize, *, lowercase):
    translator.config = translator.config.model_copy(
        update={"scoring": Scoring(tokenize=tokenize, lowercase=lowercase)}
    )
    return translator


def test_the_scores_are_those_of_its_translations(translator):
    evaluation = evaluate_translator(translator, SOURCES, REFERENCES, beam=2)
    assert evaluation.hypotheses == [said.text for said in translator.translate(SOURCES, beam=2)]
    assert evaluation.scores == score_translations(evaluation.hypotheses, REFERENCES)


def test_what_it_says_of_itself_is_perfect(translator):
    said = [translation.text for translation in translator.translate(SOURCES, beam=1)]
    evaluation = evaluate_translator(translator, SOURCES, said, tokenize="char", beam=1)
    assert evaluation.scores.chrf.value == pytest.approx(100)


def test_text_is_cut_as_the_models_config_says(translator):
    scores = evaluate_translator(scored(translator, "char", lowercase=True), SOURCES, REFERENCES).scores
    assert "tok:char" in scores.bleu.signature
    assert "case:lc" in scores.bleu.signature


def test_the_caller_may_ask_for_another_count(translator):
    asked = evaluate_translator(
        scored(translator, "char", lowercase=True), SOURCES, REFERENCES, tokenize="none", lowercase=False
    )
    assert "tok:none" in asked.scores.bleu.signature
    assert "case:mixed" in asked.scores.bleu.signature


def test_progress_is_told_until_every_sentence_is_done(translator):
    more = []
    evaluate_translator(translator, SOURCES, REFERENCES, batch_tokens=4, progress=more.append)
    assert sum(more) == len(SOURCES)
    assert len(more) > 1
