"""The errors' family, and what is suggested for a misspelt word."""

import pytest

from manyheads.errors import InputError, ManyheadsError, ModelError, RecipeError, RunError, suggest


@pytest.mark.parametrize("kind", [InputError, RecipeError, ModelError, RunError])
def test_every_error_is_caught_as_one_of_ours(kind):
    with pytest.raises(ManyheadsError, match="because"):
        raise kind("because")


def test_wrong_use_exits_with_2_and_a_failed_run_with_1():
    assert [kind.exit_code for kind in (InputError, RecipeError, ModelError, RunError)] == [2, 2, 2, 1]


def test_the_closest_word_is_suggested():
    assert suggest("drop_out", ["dropout", "d_model"]) == "; did you mean 'dropout'?"
    assert suggest("bean", ["beam", "best", "seam"]) == "; did you mean 'beam'?"


def test_nothing_is_suggested_where_no_word_is_close():
    assert suggest("zzz", ["dropout"]) == ""
    assert suggest("beam", []) == ""


def test_any_iterable_of_words_will_do():
    assert suggest("encodr", (word for word in ("decoder", "encoder"))) == "; did you mean 'encoder'?"
