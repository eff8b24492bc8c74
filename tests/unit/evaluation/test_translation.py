from math import isclose
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manyheads.errors import InputError
from manyheads.evaluation import translation
from manyheads.evaluation.translation import score_translations, tokenizers_here

CAT = ["the cat sat on the mat"], ["the cat sat on a mat"]


def bleu(*texts, **how):
    return score_translations(*texts, **how).bleu


words = st.lists(st.sampled_from(["ein", "Hund", "läuft", "nicht", "."]), max_size=7).map(" ".join)


def test_bleu_is_what_one_counts_by_hand() -> None:
    """Of the 1- to 4-grams 5/6, 3/5, 2/4, 1/3 are right: a product of 1/12; equal length, no penalty."""
    assert isclose(bleu(*CAT).value, 100 * (1 / 12) ** (1 / 4))


def test_chrf_is_what_one_counts_by_hand() -> None:
    """One of two letters is right, none of one pair of letters: precision = recall = (1/2 + 0) / 2."""
    assert isclose(score_translations(["ab"], ["ac"]).chrf.value, 25)


def test_ter_is_what_one_counts_by_hand() -> None:
    """One word of six has to be replaced."""
    assert isclose(score_translations(*CAT).ter.value, 100 / 6)


def test_every_score_carries_its_signature() -> None:
    scores = score_translations(*CAT, tokenize="char", lowercase=True)
    assert scores.bleu.signature.startswith("nrefs:1|case:lc|eff:no|tok:char|smooth:exp|version:")
    assert scores.chrf.signature.startswith("nrefs:1|case:lc|eff:yes|nc:6|nw:0|space:no|version:")
    assert scores.ter.signature.startswith("nrefs:1|case:lc|tok:tercom|norm:no|punct:yes|asian:no|version:")
    assert "case:mixed|eff:no|tok:13a" in score_translations(*CAT).bleu.signature


def test_case_counts_unless_it_is_said_not_to() -> None:
    hypotheses, references = ["Ein Hund läuft weg"], ["ein hund läuft weg"]
    assert bleu(hypotheses, references).value < 50
    assert isclose(bleu(hypotheses, references, lowercase=True).value, 100)


def test_the_tokenizer_decides_what_a_word_is() -> None:
    """Only 13a parts the full stop from its word."""
    hypotheses, references = ["Hier läuft ein Hund."], ["Hier läuft ein Hund ."]
    assert isclose(bleu(hypotheses, references, tokenize="13a").value, 100)
    assert bleu(hypotheses, references, tokenize="none").value < 75


def test_an_empty_hypothesis_counts_as_a_wrong_one() -> None:
    """Every n-gram of the one hypothesis is right; 4 words for 8 make a penalty of exp(1 - 8/4)."""
    with_gap = bleu(["a b c d", ""], ["a b c d", "e f g h"], tokenize="none")
    assert isclose(with_gap.value, 100 * 2.718281828459045**-1)
    assert score_translations(["", ""], ["a", "b"]).bleu.value == 0


def test_the_lines_for_people_are_aligned() -> None:
    lines = score_translations(*CAT).lines()
    assert lines[0].startswith("BLEU    53.73  nrefs:1|")
    assert lines[1].startswith("chrF2   72.08  nrefs:1|")
    assert lines[2].startswith("TER     16.67  nrefs:1|")


def test_the_dictionary_holds_plain_values_only() -> None:
    fields = score_translations(*CAT).as_dict()
    assert fields["ter"]["name"] == "TER"
    assert isclose(fields["ter"]["value"], 100 / 6)
    assert (fields["warnings"], fields["sentences"]) == ([], 1)


def test_doubts_about_the_text_come_with_the_scores() -> None:
    lowered = ["ein hund läuft weg ."] * 20
    scores = score_translations(lowered, lowered)
    assert len(scores.warnings) == 2
    assert score_translations(lowered, lowered, tokenize="none", lowercase=True).warnings == ()


@pytest.mark.parametrize(
    ("hypotheses", "references", "told"),
    [
        (["a"] * 1001, ["a"] * 3, ("1,001 hypotheses", "3 references")),
        ([], [], ("0 hypotheses", "0 references")),
    ],
)
def test_counts_that_cannot_be_paired_are_named(
    hypotheses: list[str], references: list[str], told: tuple[str, str]
) -> None:
    for count in (score_translations, bleu):
        with pytest.raises(InputError) as error:
            count(hypotheses, references)
        assert all(part in str(error.value) for part in told)


def test_an_unknown_tokenizer_is_named_with_those_that_work_here() -> None:
    with pytest.raises(InputError, match="'13b' is unknown; did you mean '13a'") as error:
        bleu(*CAT, tokenize="13b")
    assert "none, zh, 13a, intl, char" in str(error.value)


def test_a_tokenizer_that_would_be_downloaded_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(translation, "SACREBLEU_DIR", str(tmp_path))
    with pytest.raises(InputError, match="'flores200' is not installed here"):
        bleu(*CAT, tokenize="flores200")
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "flores200sacrebleuspm").touch()
    assert "flores200" in tokenizers_here()


@pytest.mark.parametrize("tokenize", ["none", "zh", "13a", "intl", "char"])
def test_every_tokenizer_that_is_offered_works_offline(tokenize: str) -> None:
    assert tokenize in tokenizers_here()
    assert isclose(bleu(["Ein Hund läuft weg."], ["Ein Hund läuft weg."], tokenize=tokenize).value, 100)


@pytest.mark.property
@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(words, words), min_size=1, max_size=6))
def test_the_order_of_the_sentences_does_not_matter(pairs: list[tuple[str, str]]) -> None:
    forward = score_translations([hyp for hyp, _ in pairs], [ref for _, ref in pairs])
    backward = score_translations([hyp for hyp, _ in pairs[::-1]], [ref for _, ref in pairs[::-1]])
    for there, back in zip(forward.lines(), backward.lines(), strict=True):
        assert there == back
    assert 0 <= forward.bleu.value <= 100.0001
