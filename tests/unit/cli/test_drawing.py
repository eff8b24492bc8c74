import pytest

from manyheads.cli.drawing import read_drawing
from manyheads.errors import InputError

NOTHING = {
    "sample": False,
    "beam": None,
    "n_best": 1,
    "temperature": None,
    "top_k": None,
    "top_p": None,
    "seed": None,
}


def test_a_search_draws_nothing():
    assert read_drawing(**NOTHING | {"beam": 3, "n_best": 2}) is None


def test_only_what_was_given_is_handed_on():
    assert read_drawing(**NOTHING | {"sample": True}) == {}
    given = {"temperature": 0.5, "top_k": 3, "top_p": 1.0, "seed": 0}
    assert read_drawing(**NOTHING | {"sample": True} | given) == given


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"temperature": 2.0},
            "--temperature must come with --sample, but that is not given; add it, or leave them",
        ),
        ({"top_k": 3, "seed": 0}, "--top-k and --seed must come with --sample, but that is not given"),
        ({"sample": True, "beam": 2}, "--beam belongs to a search, but --sample draws one translation"),
        ({"sample": True, "n_best": 2}, "--n-best belongs to a search, but --sample draws one translation"),
        ({"sample": True, "temperature": 0.0}, "--temperature must be above 0 and finite, but 0.0 was given"),
        (
            {"sample": True, "temperature": float("nan")},
            "--temperature must be above 0 and finite, but nan was",
        ),
        (
            {"sample": True, "temperature": float("inf")},
            "--temperature must be above 0 and finite, but inf was",
        ),
        ({"sample": True, "top_p": 0.0}, "--top-p must be above 0 and at most 1, but 0.0 was given"),
        ({"sample": True, "top_p": 1.5}, "--top-p must be above 0 and at most 1, but 1.5 was given"),
    ],
)
def test_what_does_not_go_together_is_named(given, message):
    with pytest.raises(InputError) as error:
        read_drawing(**NOTHING | given)
    assert str(error.value).startswith(message)
