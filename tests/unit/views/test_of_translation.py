"""Tokens beside a translation's weights, worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest

from manyheads.errors import InputError
from manyheads.inference.maps import Attention
from manyheads.inference.translation import Translation
from manyheads.views.of_translation import link_words, maps_of_translation


def weights(rows, columns, *, favourites=None):
    """Two layers of one head; layer 1 looks at `favourites` alone, the rest everywhere alike."""
    maps = np.full((2, 1, rows, columns), 1 / columns, np.float32)
    for row, column in enumerate(favourites or ()):
        maps[1, 0, row] = np.eye(columns, dtype=np.float32)[column]
    return maps


@pytest.fixture
def forty_two():
    """Write `zweiundvierzig` for ` forty-two`: zwei looks at two, und at the hyphen, vierzig at forty."""
    return Translation(
        text="zweiundvierzig",
        tokens=("zwei", "und", "vierzig"),
        src_tokens=("forty", "-", "two"),
        attention=Attention(weights(4, 4), weights(4, 4), weights(4, 4, favourites=(2, 1, 0, 3))),
        alignment=((0, 0),),
    )


def test_rows_are_what_each_step_produced_and_columns_what_was_read(forty_two):
    maps = maps_of_translation(forty_two, src_text="forty-two", model="numbers", notes={"score": "-0.1"})
    read, written = ("forty", "-", "two", "</s>"), ("zwei", "und", "vierzig", "</s>")
    assert {kind: (of.rows, of.columns) for kind, of in maps.kinds.items()} == {
        "encoder": (read, read),
        "decoder": (written, ("<s>", "zwei", "und", "vierzig")),
        "cross": (written, read),
    }
    assert (maps.model, maps.src_text, maps.tgt_text) == ("numbers", "forty-two", "zweiundvierzig")
    assert dict(maps.notes) == {"score": "-0.1"}
    assert maps.select("cross", 1, 0)[0].tolist() == [0, 0, 1, 0]


def test_a_translation_cut_at_its_limit_has_no_step_for_the_end(forty_two):
    """Three tokens, three steps: the fourth row, which would tell what comes next, was never taken."""
    looks_at_itself = np.broadcast_to(np.eye(4, dtype=np.float32), (2, 1, 4, 4))
    attention = replace(forty_two.attention, decoder=looks_at_itself)
    cut = replace(forty_two, attention=attention.first(3))
    maps = maps_of_translation(cut, src_text="forty-two", model="numbers")
    assert {kind: (of.rows, of.columns) for kind, of in maps.kinds.items() if kind != "encoder"} == {
        "decoder": (("zwei", "und", "vierzig"), ("<s>", "zwei", "und")),
        "cross": (("zwei", "und", "vierzig"), ("forty", "-", "two", "</s>")),
    }


def test_a_translation_without_attention_has_no_maps():
    with pytest.raises(InputError) as error:
        maps_of_translation(Translation("ein"), src_text="one", model="numbers")
    assert str(error.value) == (
        "attention must be asked for, and the text not be empty; there is none for 'one'"
    )


def test_a_single_word_is_linked_by_its_pieces(forty_two):
    linked = link_words(forty_two, src_text="forty-two", layer=1)
    assert (linked.what, linked.src, linked.tgt) == ("pieces", forty_two.src_tokens, forty_two.tokens)
    assert linked.links == ((0, 2), (1, 1), (2, 0))


def test_a_piece_of_white_space_is_linked_to_nothing():
    """The step of the space looks at `two`, that of `zwei` at the space: the next best is `forty`."""
    cross = weights(3, 4, favourites=(2, 1, 3))
    cross[1, 0, 1] = [0.3, 0.5, 0.2, 0.0]
    done = Translation(
        text=" zwei",
        tokens=(" ", "zwei"),
        src_tokens=("forty", " ", "two"),
        attention=Attention(weights(4, 4), weights(3, 3), cross),
    )
    assert link_words(done, src_text="forty two", layer=1).links == ((0, 1),)


def test_words_keep_the_translation_s_own_alignment():
    done = Translation(text="zwei Hunde", alignment=((0, 0), (1, 1)))
    linked = link_words(done, src_text=" two  dogs", layer=0)
    assert (linked.what, linked.src, linked.tgt, linked.links) == (
        "words",
        ("two", "dogs"),
        ("zwei", "Hunde"),
        ((0, 0), (1, 1)),
    )


def test_an_empty_translation_links_nothing():
    attention = Attention(weights(2, 2), weights(1, 1), weights(1, 2))
    done = Translation(text="", src_tokens=("one",), attention=attention, alignment=())
    assert link_words(done, src_text="one", layer=0).links == ()
