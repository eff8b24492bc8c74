import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from manyheads.views.labels import clusters, cut, label, middle


@pytest.mark.parametrize(
    ("token", "shown"),
    [
        (" dog", "dog"),
        ("", "∅"),
        ("   ", "␣"),
        ("a b", "a b"),
        ("a\nb", "a\\nb"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\u202eevil", "\\u202eevil"),
        ("<script>", "<script>"),
        ("[bold]", "[bold]"),
        ("שלום", "שלום"),
        ("👨\u200d👩", "👨\u200d👩"),
        ("\ud800", "\\ud800"),
    ],
)
def test_a_token_is_shown_and_not_obeyed(token, shown):
    assert label(token) == shown


@pytest.mark.property
@given(st.text())
def test_no_label_is_empty_or_holds_a_control_character(token):
    shown = label(token)
    assert shown
    assert not any(unicodedata.category(character) in {"Cc", "Cs"} for character in shown)


@pytest.mark.property
@given(st.text())
def test_clusters_together_are_the_text(text):
    assert "".join(clusters(text)) == text


def test_a_letter_keeps_its_marks_and_an_emoji_its_parts():
    assert list(clusters("e\u0301a👨\u200d👩中")) == ["e\u0301", "a", "👨\u200d👩", "中"]


def test_wide_characters_count_twice_when_text_is_cut():
    """Five cells: two wide characters take four, the ellipsis one."""
    assert cut("四十二です", 5) == "四十…"
    assert cut("四十", 4) == "四十"


@pytest.mark.property
@given(st.text().map(label), st.integers(1, 30))
def test_cut_text_is_never_too_wide(text, cells):
    assert cell_len(cut(text, cells)) <= cells


def test_text_stands_in_the_middle():
    assert middle("ab", 5) == " ab  "
    assert middle("中", 4) == " 中 "
