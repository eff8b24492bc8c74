import pytest

from manyheads.evaluation.surface import looks_lowercased, looks_tokenised, surface_warnings

PLAIN = ["Ein Hund läuft, so schnell er kann.", "Zwei Männer stehen am Herd."] * 20
TOKENISED = ["Ein Hund läuft , so schnell er kann .", "Zwei Männer stehen am Herd ."] * 20
LOWERED = [text.lower() for text in PLAIN]
BOTH = [text.lower() for text in TOKENISED]


def doubts(
    hypotheses: list[str], references: list[str], tokenize: str = "13a", *, lowercase: bool = False
) -> tuple[str, ...]:
    return surface_warnings(hypotheses, references, tokenize=tokenize, lowercase=lowercase)


def test_plain_text_raises_no_doubt() -> None:
    assert doubts(PLAIN, PLAIN) == doubts(PLAIN, PLAIN, "none") == ()


def test_tokenised_text_is_told_with_what_to_do() -> None:
    (sentence,) = doubts(TOKENISED, TOKENISED)
    assert sentence.startswith(
        "the hypotheses and the references look tokenised, so the score cannot be comp"
    )
    assert sentence.endswith("detokenise them, or say tokenize none instead of 13a")
    assert "instead of intl" in doubts(TOKENISED, TOKENISED, "intl")[0]


def test_text_that_is_meant_to_be_tokenised_raises_no_doubt() -> None:
    assert doubts(TOKENISED, TOKENISED, "none") == ()


@pytest.mark.parametrize("tokenize", ["13a", "none"])
def test_two_sides_in_different_forms_are_told_whatever_the_tokenizer(tokenize: str) -> None:
    assert doubts(TOKENISED, PLAIN, tokenize) == (
        "only the hypotheses look tokenised, so right words may count as wrong; "
        "bring both sides to the same form, best plain text",
    )
    (sentence,) = doubts(PLAIN, LOWERED, tokenize)
    assert sentence.startswith("only the references look lower-cased, so every capital letter")


@pytest.mark.parametrize(
    "sentence",
    ["Das ist Toms Hund .", "Das , was er sagt", "Er sagt : &quot; nein", "It &apos;s so", "a @-@ b"],
)
def test_each_trace_of_a_tokenizer_is_seen(sentence: str) -> None:
    assert looks_tokenised([sentence] * 20)


@pytest.mark.parametrize(
    "sentence",
    ["Et alors ?", "Voilà : « oui » !", "Es kostet .5 Euro", "Nun ... ja", "ohne Zeichen", ". . ."],
)
def test_what_people_write_is_not_taken_for_tokenised(sentence: str) -> None:
    assert not looks_tokenised([sentence] * 20)


def test_lower_cased_text_is_told_with_what_to_do() -> None:
    (sentence,) = doubts(LOWERED, LOWERED)
    assert sentence.startswith("the hypotheses and the references look lower-cased")
    assert sentence.endswith("restore the case, or put it into the signature (lowercase)")


def test_a_lower_case_corpus_is_told_plainly_what_the_score_counts_on() -> None:
    assert doubts(BOTH, BOTH, "none") == (
        "the hypotheses and the references look lower-cased, so the score counts on lower-cased text",
    )


def test_a_score_without_regard_to_case_raises_no_doubt_about_it() -> None:
    assert doubts(LOWERED, LOWERED, lowercase=True) == doubts(LOWERED, PLAIN, lowercase=True) == ()


def test_a_few_capitals_that_a_script_left_do_not_hide_lower_casing() -> None:
    """1 of 101 sentences is less than one in a hundred, 2 of 101 are more."""
    assert looks_lowercased([*["ein hund"] * 100, "Ein Hund"]) is True
    assert looks_lowercased([*["ein hund"] * 99, "Ein Hund", "Ein Hund"]) is None


@pytest.mark.parametrize(
    "texts",
    [
        ["ძაღლი გარბის"] * 30,
        ["犬が走る"] * 30,
        ["犬が走る"] * 60 + ["距離は5 km"] * 30,
        ["3ª 7º"] * 30,
        [""] * 30,
        ["1,5 + 2,5 = 4"] * 30,
    ],
)
def test_a_script_without_case_is_not_taken_for_lower_cased(texts: list[str]) -> None:
    assert looks_lowercased(texts) is None


def test_a_few_sentences_prove_nothing() -> None:
    assert doubts(BOTH[:19], BOTH[:19]) == ()
    assert len(doubts(BOTH[:20], BOTH[:20])) == 2


def test_a_side_that_says_nothing_is_not_held_against_the_other() -> None:
    """A model that has learnt nothing gives empty lines: that is no mismatch of form."""
    (sentence,) = doubts([""] * 40, LOWERED)
    assert sentence.startswith("the references look lower-cased")


def test_whole_lower_case_text_in_title_or_upper_case_is_cased() -> None:
    assert looks_lowercased(["EIN HUND"] * 20) is False
