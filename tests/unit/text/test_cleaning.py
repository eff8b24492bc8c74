import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyheads.text.cleaning import REMOVED, CleaningRules, Reason, clean_text, judge


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("  a  b\u00a0", "a  b"),
        ("a\tb\r\nc\n\n\td", "a b c d"),
        ("a\u2028b\u2029c\x85d\x0be\x0cf\x1cg", "a b c d e f g"),
        ("a\u00a0b\u200bc\u3000d", "a\u00a0b\u200bc\u3000d"),
        (" \t\u3000\n", ""),
        ("Ångström é ﬁ", "Ångström é ﬁ"),
    ],
)
def test_a_cleaned_text_is_one_line_and_otherwise_untouched(text, cleaned):
    assert clean_text(text) == cleaned


@pytest.mark.property
@given(st.text())
def test_cleaning_twice_changes_nothing_more(text):
    cleaned = clean_text(text)
    assert clean_text(cleaned) == cleaned
    assert len(cleaned.splitlines()) <= 1
    assert "\t" not in cleaned


def test_pairs_with_an_empty_side_always_go():
    rules = CleaningRules(max_ratio=None, drop_same=False, drop_duplicates=False, max_tokens=None)
    assert judge("", "b", rules) is Reason.EMPTY
    assert judge("a", "", rules) is Reason.EMPTY
    assert judge("", "", rules) is Reason.EMPTY
    assert judge("a", "a" * 1000, rules) is Reason.KEPT


def test_the_same_text_on_both_sides_goes_if_that_is_asked_for():
    assert judge("Tom!", "Tom!", CleaningRules()) is Reason.SAME
    assert judge("Tom!", "tom!", CleaningRules()) is Reason.KEPT
    assert judge("Tom!", "Tom!", CleaningRules(drop_same=False)) is Reason.KEPT


def test_the_ratio_is_taken_with_ten_characters_more_on_each_side():
    """With 4.0, 5 characters bear 50: (50 + 10) / (5 + 10) = 4; and 100 bear 430: 440 / 110 = 4."""
    rules = CleaningRules(max_ratio=4.0)
    for shorter, longer in [(5, 50), (100, 430), (1, 34)]:
        for left, right in [("a" * shorter, "b" * longer), ("a" * longer, "b" * shorter)]:
            assert judge(left, right, rules) is Reason.KEPT
            assert judge(left + "a" * (len(left) == longer), right + "b" * (len(right) == longer), rules) is (
                Reason.RATIO
            )


def test_the_first_reason_that_applies_is_given():
    """Both sides empty are the same text too."""
    assert judge("", "", CleaningRules()) is Reason.EMPTY
    assert judge("a", "a", CleaningRules(max_ratio=0.5)) is Reason.SAME
    assert [reason.name for reason in REMOVED] == ["EMPTY", "SAME", "RATIO", "DUPLICATE", "LENGTH"]
