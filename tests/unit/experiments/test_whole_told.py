"""What is said of whole trainings, and in which colours."""

from matplotlib.colors import to_hex

from manyheads.experiments.report import Picture, markdown
from manyheads.experiments.whole import CONTESTANTS
from manyheads.experiments.whole_told import draw_whole, whole_parts
from manyheads.recipes.load import load_recipe
from manyheads.views.paper import BLUE, ORANGE

RECIPES = {each.name: load_recipe(each.recipe, ["data=nowhere", *each.changes]) for each in CONTESTANTS}


def whole_of(sizes):
    """Make up two runs of the sizes that are given."""
    return {
        each.name: {
            "title": each.title,
            "sizes": sizes[each.name],
            "parameters": 7,
            "precision": "float32",
            "threads": 2,
            "updates": 4,
            "tokens": 600,
            "seconds_training": 60.0,
            "curve": [
                {"update": 2, "seconds": 30.0, "bleu": 1.5},
                {"update": 4, "seconds": 60.0, "bleu": bleu},
            ],
            "test": {"bleu": bleu + 1, "signature": "s"},
        }
        for each, bleu in zip(CONTESTANTS, (20.25, 10.75), strict=True)
    }


def words_of(whole):
    return "\n\n".join(markdown(part) for part in whole_parts(whole) if not isinstance(part, Picture))


def test_what_was_tried_is_said_of_the_sizes_and_rates_that_are_trained():
    words = words_of(whole_of({name: recipe.model.in_words() for name, recipe in RECIPES.items()}))
    assert "384 wide with 4e-3, which was taken" in words
    assert RECIPES["recurrent"].model.d_model == 384
    assert RECIPES["recurrent"].training.learning_rate == 4e-3
    assert (
        "a learning rate of 3e-3 after 400 updates of warm-up, in place of the recipe's 5e-3 after 2,000"
        in words
    )
    training = RECIPES["transformer"].training
    assert (training.learning_rate, training.warmup) == (3e-3, 400)
    own = load_recipe("translate-multi30k", ["data=nowhere"]).training
    assert (own.learning_rate, own.warmup) == (5e-3, 2000)


def test_of_other_sizes_nothing_is_said_that_was_not_tried():
    words = words_of(whole_of({"transformer": "small", "recurrent": "small"}))
    assert "tried" not in words
    assert "searched" not in words


def test_beside_the_table_stands_where_the_curves_end_and_what_the_minutes_are():
    words = words_of(whole_of({"transformer": "small", "recurrent": "small"}))
    assert "20.25 (Transformer) and 10.75 (recurrent, with attention)" in words
    assert "all tokens divided by the run's median speed" in words


def test_the_recurrent_translator_is_blue_here_too():
    (axes,) = draw_whole(whole_of({"transformer": "small", "recurrent": "small"})).axes
    colours = {line.get_label(): to_hex(line.get_color()) for line in axes.lines}
    assert colours == {"Transformer": ORANGE, "recurrent, with attention": BLUE}
