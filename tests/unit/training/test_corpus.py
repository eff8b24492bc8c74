"""A recipe's corpus section: which files it means, and what mistakes of its paths are told."""

from pathlib import Path

import pytest

from manyheads.errors import RecipeError
from manyheads.text.corpus import PairSource
from manyheads.training.corpus import data_path, plan_corpus, prepare_corpus, train_tokenizers


def test_data_may_be_the_file_itself(make_recipe, pairs_file):
    recipe = make_recipe({"corpus.src": 1, "corpus.tgt": 0, "corpus.format": "tsv"})
    plan = plan_corpus(recipe)
    assert plan.train == PairSource((pairs_file(),), 1, 0, "tsv")
    assert (plan.valid, plan.test) == (None, None)


def test_data_may_be_a_folder_that_holds_the_files_named(make_recipe, tmp_path):
    names = {"corpus.train": ["a.en", "a.de"], "corpus.valid": ["b.tsv"], "data": str(tmp_path)}
    plan = plan_corpus(make_recipe(names))
    assert plan.train.paths == (tmp_path / "a.en", tmp_path / "a.de")
    assert plan.valid is not None
    assert plan.valid.paths == (tmp_path / "b.tsv",)
    assert plan.test is None


def test_the_rules_are_the_recipes(make_recipe):
    changes = {
        "corpus.max_ratio": 2.5,
        "corpus.drop_same": False,
        "corpus.drop_duplicates": False,
        "corpus.valid_share": 0.2,
        "corpus.test_share": 0.3,
        "corpus.max_held_out": 17,
    }
    plan = plan_corpus(make_recipe(changes | {"corpus.max_tokens": 7}))
    assert (plan.rules.max_ratio, plan.rules.drop_same, plan.rules.drop_duplicates) == (2.5, False, False)
    assert (plan.valid_fraction, plan.test_fraction, plan.max_held_out) == (0.2, 0.3, 17)
    assert plan.rules.max_tokens == 7


def test_no_text_is_longer_than_the_model_takes(make_recipe):
    """16 positions: 15 tokens and the end."""
    assert plan_corpus(make_recipe({"corpus.max_tokens": 200})).rules.max_tokens == 15


def test_a_recipe_without_data_is_told(make_recipe):
    with pytest.raises(RecipeError) as error:
        plan_corpus(make_recipe().model_copy(update={"data": None}))
    assert str(error.value) == (
        "a run needs pairs, but the recipe names no data; give data=PATH, a file or a folder"
    )


def test_a_folder_without_names_of_files_is_told(make_recipe, tmp_path):
    with pytest.raises(RecipeError) as error:
        plan_corpus(make_recipe({"data": str(tmp_path)}))
    assert str(error.value) == (
        f"data={tmp_path} is a folder, so the recipe must name the files in it; give data=FILE, or "
        'corpus.train=\'["train.en", "train.de"]\''
    )


def test_a_file_where_names_of_files_are_given_is_told(make_recipe, pairs_file):
    path = pairs_file()
    with pytest.raises(RecipeError) as error:
        plan_corpus(make_recipe({"corpus.train": ["a.en", "a.de"]}))
    assert str(error.value) == (
        f"data={path} is a file, but the recipe looks for a.en, a.de in a folder; give the folder"
    )


def test_data_of_the_package_is_found():
    assert data_path("package:reverse.tsv.gz").is_file()
    assert data_path("package:reverse.tsv.gz").parent.name == "recipes"
    assert data_path("here/pairs.tsv") == Path("here/pairs.tsv")


def test_a_shared_vocabulary_is_one_tokenizer_of_both_sides(make_recipe):
    src, tgt = train_tokenizers(make_recipe().tokenizer)(lambda: iter(["a a b"]), lambda: iter(["c c d"]))
    assert src is tgt


def test_separate_vocabularies_know_their_own_side_alone(make_recipe):
    """267 leave room for the merges of one word of nine letters, which the other side does not have."""
    changes = {"tokenizer.shared": False, "tokenizer.vocab_size": 267, "model.tie_embeddings": "none"}
    make = train_tokenizers(make_recipe(changes).tokenizer)
    src, tgt = make(lambda: iter(["abcdefghi"] * 9), lambda: iter(["rstuvwxyz"] * 9))
    assert [len(side.encode_ids(["abcdefghi"])[0]) for side in (src, tgt)] == [1, 9]
    assert [len(side.encode_ids(["rstuvwxyz"])[0]) for side in (src, tgt)] == [9, 1]


def test_a_corpus_is_prepared_once(make_recipe, tmp_path):
    """The file may change afterwards, or go: what was prepared stays."""
    recipe = make_recipe()
    first = prepare_corpus(recipe, tmp_path / "corpus")
    Path(recipe.data or "").unlink()
    assert prepare_corpus(recipe, tmp_path / "corpus").report == first.report


def test_given_tokenizers_are_taken_as_they_are(make_recipe, tmp_path, tokenizer):
    prepared = prepare_corpus(make_recipe(), tmp_path / "corpus", tokenizers=(tokenizer, tokenizer))
    assert [side.to_json() for side in prepared.tokenizers()] == [tokenizer.to_json()] * 2
