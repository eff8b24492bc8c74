"""Recipes found, laid over and checked; every mistake told by its values, all at once."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyheads.errors import RecipeError
from manyheads.recipes.load import (
    check_recipe,
    check_resumable,
    load_recipe,
    recipe_names,
    recipe_text,
    to_toml,
)
from manyheads.recipes.schema import (
    Corpus,
    Decoding,
    Model,
    Recipe,
    Recurrent,
    Tokenization,
    Training,
    Validation,
)


def told(call, *args, **kwargs):
    with pytest.raises(RecipeError) as error:
        call(*args, **kwargs)
    return str(error.value)


def of(**tree):
    return told(check_recipe, tree, where="mine")


def test_shipped_recipes_are_found_by_name():
    assert {"numbers", "translate-multi30k"} <= set(recipe_names())
    assert recipe_names() == sorted(recipe_names())


@pytest.mark.parametrize("name", recipe_names())
def test_every_shipped_recipe_is_sound_and_says_how_it_is_run(name):
    recipe = load_recipe(name)
    assert recipe.title
    assert "# command:  manyheads train " + name in recipe_text(name)


def test_a_file_is_a_recipe(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('title = "größer"\n[model]\nd_model = 96\n', encoding="utf-8")
    recipe = load_recipe(str(path))
    assert (recipe.title, recipe.model.d_model, recipe.seed) == ("größer", 96, 1)


def test_a_name_that_is_nowhere_gets_the_shipped_ones_and_the_closest():
    message = told(load_recipe, "numbrs")
    assert message == (
        f"a recipe is a TOML file or one of {', '.join(recipe_names())}, but 'numbrs' is neither; "
        "did you mean 'numbers'?"
    )


def test_a_folder_is_no_recipe(tmp_path):
    assert told(load_recipe, str(tmp_path)).endswith(f", but '{tmp_path}' is a folder; name a file in it")


def test_a_file_that_is_no_utf8_is_named_with_the_place(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_bytes(b'title = "gr\xf6\xdfer"\n')
    assert told(load_recipe, str(path)) == f"a recipe must be UTF-8, but {path} has another byte at offset 11"


def test_a_byte_order_mark_is_no_part_of_a_recipe(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_bytes(b'\xef\xbb\xbftitle = "Mine"\r\nseed = 3\r\n')
    recipe = load_recipe(str(path))
    assert (recipe.title, recipe.seed) == ("Mine", 3)
    assert recipe_text(str(path)) == 'title = "Mine"\nseed = 3\n'


@pytest.mark.parametrize(("mark", "encoding"), [(b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")])
def test_utf16_is_told_with_the_way_out(tmp_path, mark, encoding):
    path = tmp_path / "mine.toml"
    path.write_bytes(mark + "seed = 1\n".encode(encoding))
    assert told(load_recipe, str(path)) == (
        f"a recipe must be UTF-8, but {path} is UTF-16; save it as UTF-8, in PowerShell with "
        "`manyheads recipes NAME | Out-File -Encoding utf8 FILE`"
    )


def test_a_file_that_the_system_refuses_is_told_with_its_reason(tmp_path, monkeypatch):
    def refuse(path, **_):
        raise PermissionError(13, "Permission denied", str(path))

    path = tmp_path / "mine.toml"
    path.touch()
    monkeypatch.setattr(Path, "read_text", refuse)
    assert told(load_recipe, str(path)) == (
        f"a recipe must be a file that can be read, but {path} cannot be: Permission denied"
    )


def test_a_file_that_is_no_toml_is_named_with_the_place(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("seed = 1\nseed = = 2\n", encoding="utf-8")
    message = told(load_recipe, str(path))
    assert message.startswith(f"a recipe must be TOML, but '{path}' is not: ")
    assert "line 2" in message


def test_overrides_are_laid_over_by_dotted_keys():
    overrides = [
        "seed=7",
        "training.updates=3",
        "corpus.train=['a', 'b']",
        "data=my corpus.tsv",
        "title=",
        "model.norm_first=true",
        "corpus.src=de=en",
    ]
    recipe = load_recipe("numbers", overrides)
    assert (recipe.seed, recipe.training.updates, recipe.corpus.train) == (7, 3, ("a", "b"))
    assert (recipe.data, recipe.title, recipe.model.norm_first) == ("my corpus.tsv", "", True)
    assert recipe.corpus.src == "de=en"
    assert recipe.model.d_ff == load_recipe("numbers").model.d_ff


def test_a_number_or_a_date_is_text_where_the_key_holds_text():
    overrides = ["data=2024", "init=true", "title=2024-01-01", "corpus.src=nan", "scoring.tokenize=1_3"]
    recipe = load_recipe("numbers", [*overrides, "corpus.src_language=0x10"])
    assert (recipe.data, recipe.init, recipe.title) == ("2024", "true", "2024-01-01")
    assert (recipe.corpus.src, recipe.scoring.tokenize) == ("nan", "1_3")
    assert recipe.corpus.src_language == "0x10"


def test_a_column_is_a_number_where_one_is_given_and_a_name_where_it_is_quoted():
    recipe = load_recipe("numbers", ["corpus.src=3", "corpus.tgt='4'"])
    assert (recipe.corpus.src, recipe.corpus.tgt) == (3, "4")


def test_a_list_is_no_text():
    assert told(load_recipe, "numbers", ["data=[1]"]) == (
        "recipe 'numbers' has 1 mistake: data = [1]: input should be a valid string"
    )


def test_the_last_override_counts():
    assert load_recipe("numbers", ["seed=7", "seed=8"]).seed == 8


def test_a_section_that_the_recipe_does_not_have_is_made():
    assert load_recipe("numbers", ["corpus.max_tokens=33"]).corpus.max_tokens == 33


@pytest.mark.parametrize("override", ["seed", "=7", ""])
def test_an_override_without_key_or_value_is_refused(override):
    assert told(load_recipe, "numbers", [override]) == (
        f"an override has the form key=value, but '{override}' was given"
    )


def test_an_override_into_what_is_no_section_is_refused():
    assert told(load_recipe, "numbers", ["task.kind=1"]) == (
        "'task' is no section of a recipe, but 'task.kind=1' treats it as one"
    )


def test_one_mistake_is_told_with_its_value():
    assert of(training={"updates": "many"}) == (
        "recipe 'mine' has 1 mistake: training.updates = 'many': input should be a valid integer, "
        "unable to parse string as an integer"
    )


def test_a_key_of_two_types_is_one_mistake_under_its_own_name():
    assert of(corpus={"src": [1], "tgt": {"a": 1}}) == (
        "recipe 'mine' has 2 mistakes: "
        "corpus.src = [1]: input should be a valid string, or input should be a valid integer; "
        "corpus.tgt = {'a': 1}: input should be a valid string, or input should be a valid integer"
    )


def test_a_mistake_in_a_list_is_told_by_its_place():
    assert of(corpus={"train": ["a", 1]}) == (
        "recipe 'mine' has 1 mistake: corpus.train.1 = 1: input should be a valid string"
    )


def test_all_mistakes_are_told_at_once():
    message = of(seed=-1, model={"dropuot": 0.1, "d_ff": 0}, traning={})
    assert message == (
        "recipe 'mine' has 4 mistakes: "
        "seed = -1: input should be greater than or equal to 0; "
        "model.d_ff = 0: input should be greater than or equal to 1; "
        "unknown key 'model.dropuot', did you mean 'model.dropout'?; "
        "unknown key 'traning', did you mean 'training'?"
    )


@pytest.mark.parametrize(
    ("tree", "meant"),
    [
        ({"dropout": 0.3}, "unknown key 'dropout', did you mean 'model.dropout'?"),
        ({"learning_rat": 1}, "unknown key 'learning_rat', did you mean 'training.learning_rate'?"),
        ({"model": {"warmup": 1}}, "unknown key 'model.warmup', did you mean 'training.warmup'?"),
        ({"seeds": 1}, "unknown key 'seeds', did you mean 'seed'?"),
        ({"qqqq": 1}, "unknown key 'qqqq'"),
    ],
)
def test_a_misspelt_or_misplaced_key_gets_the_one_that_was_meant(tree, meant):
    assert of(**tree) == f"recipe 'mine' has 1 mistake: {meant}"


def test_a_mistake_between_keys_is_told_by_its_section():
    assert of(model={"d_model": 10, "num_heads": 4}) == (
        "recipe 'mine' has 1 mistake: model: d_model must be a multiple of num_heads, but 10 / 4 is not whole"
    )


def test_a_mistake_between_sections_is_told_by_the_keys():
    assert of(tokenizer={"shared": False}) == (
        "recipe 'mine' has 1 mistake: model.tie_embeddings = 'all' needs tokenizer.shared = true, "
        "but it is false; take 'output' or 'none'"
    )


def test_mistakes_of_overrides_are_told_like_the_files():
    message = told(load_recipe, "numbers", ["model.d_modell=3", "seed=x"])
    assert message.startswith("recipe 'numbers' has 2 mistakes: seed = 'x': ")
    assert "unknown key 'model.d_modell', did you mean 'model.d_model'?" in message


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
floats = st.floats(min_value=1e-12, max_value=1e9, allow_nan=False)
names = st.lists(texts, max_size=2).map(tuple)
recipes = st.builds(
    Recipe,
    title=texts,
    data=st.none() | texts,
    seed=st.integers(0, 2**32 - 1),
    threads=st.none() | st.integers(1, 99),
    corpus=st.builds(
        Corpus,
        train=names,
        src=texts | st.integers(0, 9),
        max_ratio=floats,
        drop_same=st.booleans(),
        valid_share=st.floats(0, 0.999),
    ),
    tokenizer=st.builds(Tokenization, lowercase=st.booleans(), vocab_size=st.integers(259, 10**6)),
    model=st.builds(Model, dropout=st.floats(0, 0.999), alignment_layer=st.none() | st.integers(0, 3)),
    training=st.builds(
        Training,
        learning_rate=floats,
        betas=st.tuples(st.floats(0, 0.999), st.floats(0, 0.999)),
        epsilon=floats,
        clip_norm=floats,
    ),
    validation=st.builds(Validation, patience=st.integers(0, 99)),
    decoding=st.builds(Decoding, length_penalty=st.floats(-10, 10)),
)


@pytest.mark.property
@given(recipes)
def test_a_recipe_written_out_is_read_back_as_itself(recipe):
    tree = tomllib.loads(to_toml(recipe))
    assert check_recipe(tree, where="written") == recipe


@pytest.mark.parametrize("name", recipe_names())
def test_a_shipped_recipe_written_out_is_read_back_as_itself(name, tmp_path):
    path = tmp_path / "written.toml"
    path.write_text(to_toml(load_recipe(name)), encoding="utf-8")
    assert load_recipe(str(path)) == load_recipe(name)


RUN = "translate-multi30k"


def changed(*overrides, before=()):
    return load_recipe(RUN, before), load_recipe(RUN, [*before, *overrides])


def test_limits_and_intervals_may_change_in_a_resumed_run():
    limits = ["training.updates=5000", "training.save_every=1", "training.log_every=1", "validation.every=3"]
    check_resumable(*changed(*limits, "validation.patience=2", "validation.max_sentences=9"))


def test_any_other_key_that_has_changed_is_named_with_both_values():
    message = told(check_resumable, *changed("seed=9", "model.d_ff=128", "training.updates=5000"))
    before = load_recipe(RUN)
    assert message == (
        "a resumed run keeps its recipe but for limits and intervals, yet "
        f"seed was {before.seed}, is 9; model.d_ff was {before.model.d_ff}, is 128; "
        "give the values back, or start a new run with another --output"
    )


def test_the_number_of_updates_is_no_mere_limit_where_the_schedule_ends_with_it():
    line = ["training.schedule='linear'", "training.updates=100"]
    message = told(check_resumable, *changed("training.updates=200", before=line))
    assert "training.updates was 100, is 200" in message


def test_the_same_recipe_may_be_resumed():
    check_resumable(*changed())


RECURRENT = {"architecture": "recurrent", "cell": "lstm", "attention": "none", "d_model": 6}


def test_a_recurrent_network_has_sizes_of_its_own():
    model = check_recipe({"model": RECURRENT}, where="x").model
    assert isinstance(model, Recurrent)
    assert (model.cell, model.attention, model.d_model, model.num_cross_layers) == ("lstm", "none", 6, 0)
    assert model.in_words().startswith("recurrent (LSTM), 2+2 layers, d_model 6, one vector for the source")


def test_a_network_is_a_transformer_where_nothing_is_said():
    assert isinstance(check_recipe({"model": {"d_model": 8}}, where="x").model, Model)
    assert check_recipe({}, where="x").model == Model()


def test_a_recurrent_recipe_written_out_is_read_back_as_itself(tmp_path):
    recipe = check_recipe({"model": RECURRENT}, where="x")
    (tmp_path / "written.toml").write_text(to_toml(recipe), encoding="utf-8")
    assert load_recipe(str(tmp_path / "written.toml")) == recipe


def test_a_key_of_the_other_architecture_is_told_as_such():
    with pytest.raises(RecipeError, match=r"1 mistake: 'model\.num_heads' is no key of a recurrent: change"):
        check_recipe({"model": RECURRENT | {"num_heads": 2}}, where="x")
    with pytest.raises(RecipeError, match=r"'model\.cell' is no key of a transformer: change"):
        check_recipe({"model": {"cell": "gru"}}, where="x")


def test_a_misspelt_key_of_a_recurrent_network_gets_the_one_that_was_meant():
    with pytest.raises(RecipeError, match=r"key 'model\.atention', did you mean 'model\.attention'\?"):
        check_recipe({"model": RECURRENT | {"atention": "none"}}, where="x")


def test_an_architecture_that_there_is_not_is_told_with_those_that_there_are():
    with pytest.raises(
        RecipeError, match=r"model\.architecture must be transformer or recurrent, but is 'rnn'"
    ):
        load_recipe("numbers", ["model.architecture=rnn"])


def test_what_reads_from_both_ends_has_an_even_width():
    with pytest.raises(RecipeError, match=r"model\.d_model = 7: .*multiple of 2"):
        check_recipe({"model": RECURRENT | {"d_model": 7}}, where="x")
