"""What a recipe may say: its keys, its ranges, and what a resumed run may change."""

import pytest
from pydantic import ValidationError

from manyheads.recipes.schema import Model, Recipe, Recurrent, flatten, key_of, known_keys

LIMITS = {
    "training.updates",
    "training.save_every",
    "training.log_every",
    "validation.every",
    "validation.patience",
    "validation.max_sentences",
    "validation.batch_tokens",
}


def mistakes(**tree):
    with pytest.raises(ValidationError) as told:
        Recipe.model_validate(tree)
    return [".".join(map(str, key_of(detail["loc"]))) for detail in told.value.errors()]


def test_the_limits_and_intervals_are_these_and_no_others():
    assert {key for key, limit in known_keys().items() if limit} == LIMITS


def test_every_key_is_known_by_its_dotted_name():
    keys = known_keys()
    recurrent = Recipe(model=Recurrent())
    assert set(flatten(Recipe())) | set(flatten(recurrent)) == set(keys)
    assert {"seed", "corpus.src", "tokenizer.kind", "model.d_model", "decoding.beam"} <= set(keys)
    assert "model" not in keys


def test_flat_values_are_the_recipes():
    flat = flatten(Recipe(seed=7, model=Model(d_model=96)))
    assert (flat["seed"], flat["model.d_model"], flat["training.betas"]) == (7, 96, (0.9, 0.98))
    assert flatten(Model(d_model=96), "x.")["x.d_model"] == 96


def test_the_papers_choices_are_the_defaults():
    recipe = Recipe()
    assert (recipe.model.norm_first, recipe.model.positions, recipe.model.activation) == (
        False,
        "sinusoidal",
        "relu",
    )
    assert (recipe.training.betas, recipe.training.epsilon) == ((0.9, 0.98), 1e-9)
    assert (recipe.training.label_smoothing, recipe.training.schedule) == (0.1, "inverse_sqrt")


def test_a_recipe_never_changes_once_it_is_read():
    recipe = Recipe()
    with pytest.raises(ValidationError, match="frozen"):
        recipe.seed = 2
    with pytest.raises(ValidationError, match="frozen"):
        recipe.model.d_model = 2


@pytest.mark.parametrize(
    ("section", "key", "wrong"),
    [
        ("model", "d_model", 0),
        ("model", "num_heads", -4),
        ("model", "dropout", 1.0),
        ("model", "dropout", -0.1),
        ("model", "activation", "tanh"),
        ("model", "tie_embeddings", "some"),
        ("model", "d_ff", 2.5),
        ("training", "learning_rate", 0),
        ("training", "learning_rate", float("nan")),
        ("training", "betas", [0.9]),
        ("training", "updates", 0),
        ("training", "clip_norm", -1),
        ("training", "average", -1),
        ("validation", "patience", -1),
        ("validation", "metric", "ter"),
        ("decoding", "beam", 0),
        ("decoding", "length_penalty", 10.5),
        ("decoding", "length_penalty", float("nan")),
        ("corpus", "valid_share", 1),
        ("corpus", "train", ["a", "b", "c"]),
        ("corpus", "format", "xml"),
        ("tokenizer", "kind", "word"),
        ("tokenizer", "vocab_size", 0),
    ],
)
def test_a_value_out_of_range_is_a_mistake(section, key, wrong):
    found = mistakes(**{section: {key: wrong}})
    assert found in ([f"{section}.{key}"], [f"{section}.{key}.1"])


@pytest.mark.parametrize("wrong", [-1, 2**32, 1.5, "x"])
def test_a_seed_is_a_whole_number_of_32_bits(wrong):
    assert mistakes(seed=wrong) == ["seed"]


def test_an_unknown_key_is_a_mistake_on_every_level():
    assert mistakes(sead=1, model={"d_modle": 3}) == ["model.d_modle", "sead"]


def test_all_mistakes_are_found_at_once():
    found = mistakes(seed=-1, model={"dropout": 2, "num_heads": 0}, training={"updates": "many"})
    assert found == ["seed", "model.num_heads", "model.dropout", "training.updates"]


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"d_model": 10, "num_heads": 3}, "d_model must be a multiple of num_heads, but 10 / 3 is not whole"),
        ({"d_model": 15, "num_heads": 3}, "d_model must be even for sinusoidal positions, but is 15"),
        (
            {"d_model": 15, "num_heads": 3, "positions": "sinusoidal_halves"},
            "d_model must be even for sinusoidal positions, but is 15",
        ),
        ({"num_decoder_layers": 3, "alignment_layer": 3}, "alignment_layer must be 0 to 2, but is 3"),
    ],
)
def test_sizes_that_do_not_fit_each_other_are_named_with_their_values(sizes, message):
    with pytest.raises(ValidationError, match=message):
        Model(**sizes)


def test_sizes_that_fit_are_taken():
    assert Model(d_model=15, num_heads=3, positions="learned").d_model == 15
    assert Model(num_decoder_layers=3, alignment_layer=2).alignment_layer == 2


def test_one_embedding_needs_one_vocabulary():
    message = (
        r"tie_embeddings = 'all' needs tokenizer.shared = true, but it is false; take 'output' or 'none'"
    )
    with pytest.raises(ValidationError, match=message):
        Recipe.model_validate({"tokenizer": {"shared": False}})
    Recipe.model_validate({"tokenizer": {"shared": False}, "model": {"tie_embeddings": "output"}})
