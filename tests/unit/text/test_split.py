import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyheads.text.split import Part, choose_parts, hash_text, held_out_sizes, normalize_source


@pytest.mark.parametrize(
    ("text", "normalised"),
    [
        ("  Ein   HUND läuft. ", "ein hund läuft"),
        ("«Straße»?!", "strasse"),
        ("ｆｕｌｌ　ｗｉｄｔｈ", "full width"),
        ("ﬁne\u00a0day", "fine day"),
        ("don't - stop", "don't - stop"),
        ("नमस्ते।", "नमस्ते"),
        ("?!", "?!"),
        ("...", "..."),
        ("", ""),
    ],
)
def test_spellings_of_a_sentence_become_one(text, normalised):
    assert normalize_source(text) == normalised


@pytest.mark.property
@given(st.text(st.characters(exclude_categories=["Cn"])))
def test_case_spaces_and_a_full_stop_change_nothing(text):
    if normalised := normalize_source(text):
        assert normalize_source(f"  {text}\t") == normalised
        if any(character.isalnum() for character in normalised):
            assert normalize_source(f'"{text}."') == normalised


def test_hashes_are_the_same_for_ever():
    """The digest that `b2sum -l 64` prints, its first byte the least significant."""
    assert hash_text("a") == int.from_bytes(bytes.fromhex("40f89e395b66422f"), "little")


@pytest.mark.parametrize(
    ("num_sources", "fractions", "sizes"),
    [
        (0, (0.01, 0.01), (0, 0)),
        (2, (0.01, 0.01), (0, 0)),
        (3, (0.01, 0.01), (1, 1)),
        (3, (0.01, 0.0), (1, 0)),
        (3, (0.0, 0.01), (0, 1)),
        (100, (0.01, 0.02), (1, 2)),
        (101, (0.01, 0.02), (2, 3)),
        (700, (0.01, 0.01), (7, 7)),
        (10_000_000, (0.01, 0.0001), (2000, 1000)),
    ],
)
def test_shares_are_rounded_up_and_limited(num_sources, fractions, sizes):
    """700 * 0.01 is 7.000000000000001 in floating point: rounding up must not make 8 of it."""
    valid, test = fractions
    assert held_out_sizes(num_sources, valid_fraction=valid, test_fraction=test, max_held_out=2000) == sizes


def test_the_smallest_hashes_validate_and_the_next_test():
    """Distinct hashes 2 < 3 < 5 < 7 < 11: two validate (2, 3), one tests (5)."""
    hashes = np.array([7, 3, 11, 2, 5, 3, 7], np.uint64)
    parts = choose_parts(hashes, num_valid=2, num_test=1)
    assert [Part(part).name for part in parts] == [
        "TRAIN",
        "VALID",
        "TRAIN",
        "VALID",
        "TEST",
        "VALID",
        "TRAIN",
    ]


def test_without_held_out_parts_all_pairs_train():
    assert choose_parts(np.array([2, 1], np.uint64), num_valid=0, num_test=0).tolist() == [0, 0]
    assert choose_parts(np.zeros(0, np.uint64), num_valid=0, num_test=0).tolist() == []


@pytest.mark.property
@given(st.lists(st.integers(0, 30), min_size=1), st.integers(0, 5), st.integers(0, 5), st.randoms())
def test_a_source_has_one_part_whatever_the_order(numbers, num_valid, num_test, random):
    hashes = [hash_text(str(number)) for number in numbers]
    parts = choose_parts(np.array(hashes, np.uint64), num_valid=num_valid, num_test=num_test).tolist()
    part_of = dict(zip(hashes, parts, strict=True))
    assert [part_of[number] for number in hashes] == parts
    distinct = len(part_of)
    assert sum(part == Part.VALID for part in part_of.values()) == min(num_valid, distinct)
    assert sum(part == Part.TEST for part in part_of.values()) == min(num_test, max(distinct - num_valid, 0))
    random.shuffle(hashes)
    again = choose_parts(np.array(hashes, np.uint64), num_valid=num_valid, num_test=num_test).tolist()
    assert again == [part_of[number] for number in hashes]
