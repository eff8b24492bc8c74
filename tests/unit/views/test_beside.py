"""Two readings beside each other, against the model run by hand."""

import pytest
from torch.nn import functional as F

from manyheads.inference.embed import Encoder
from manyheads.views.beside import beside, mean_moved
from manyheads.views.of_pair import TranslationReading
from manyheads.views.of_text import TextReading


@pytest.fixture
def read(make_runner):
    encoder = Encoder(make_runner())
    return lambda text, **how: TextReading(encoder, text, name="toy", **how)


def pairs(before, after):
    return [(i, j) for i, j, _ in beside(before, after)]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("a dog runs", "a dog runs", [(0, 0), (1, 1), (2, 2), (3, 3), (4, 4)]),
        ("a dog runs", "a man runs", [(0, 0), (1, 1), (2, 2), (3, 3), (4, 4)]),
        ("a dog runs", "a small dog runs", [(0, 0), (1, 1), (None, 2), (2, 3), (3, 4), (4, 5)]),
        ("a dog runs", "a runs", [(0, 0), (1, 1), (2, None), (3, 2), (4, 3)]),
        ("a dog runs", "dog runs a", [(0, 0), (1, None), (2, 1), (3, 2), (None, 3), (4, 4)]),
        ("a a", "two a", [(0, 0), (1, 1), (2, 2), (3, 3)]),
    ],
)
def test_what_both_texts_have_goes_in_pairs(read, before, after, expected):
    assert pairs(read(before), read(after)) == expected


def test_each_pair_is_as_far_apart_as_its_states(read):
    before, after = read("a dog runs"), read("a small dog runs")
    old, new = before.states()[-1], after.states()[-1]
    for i, j, moved in beside(before, after):
        if i is None or j is None:
            assert moved is None
        else:
            assert moved == pytest.approx(1 - F.cosine_similarity(old[i], new[j], dim=0).item(), abs=1e-5)


def test_the_mean_is_that_of_what_stands_in_both():
    assert mean_moved([(0, 0, 0.5), (1, None, None), (2, 1, 0.25)]) == 0.375
    assert mean_moved([(0, None, None)]) is None


def test_a_head_that_is_off_moves_what_stays_where_it_is(read):
    off = read("a dog runs", off=[("encoder", 0, 1)])
    before = read("a dog runs")
    assert mean_moved(beside(before, off)) == pytest.approx(
        off.distance(before.repeated(1), off.repeated(1)).item(), abs=1e-6
    )


def test_texts_and_translations_are_not_compared(read, make_translator):
    assert beside(read("a dog"), TranslationReading(make_translator(), "a dog", name="toy")) is None


def test_translations_are_compared_by_what_came_next(make_translator):
    translator = make_translator()
    one, other = (
        TranslationReading(translator, "a dog runs", each, name="toy") for each in ("ein Hund", "ein Mann")
    )
    (i, j, first), *others = beside(one, other)
    assert (i, j) == (0, 0)
    assert first == pytest.approx(0, abs=1e-5)
    assert any(distance > 1e-3 for _, _, distance in others if distance is not None)
