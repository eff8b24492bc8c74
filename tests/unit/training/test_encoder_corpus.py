"""An encoder's corpus: which files a recipe means, what is held out, and what changed in between."""

import json

import numpy as np
import pytest

from manyheads.errors import InputError, RecipeError
from manyheads.recipes.encoder_recipe import EncoderCorpus
from manyheads.training.encoder_corpus import Examples, corpus_files, hold_out
from manyheads.training.run import make_run, open_run


def test_examples_that_are_taken_know_where_they_stand():
    examples = Examples(["a", "b", "c"], ["x", "y", "z"], [1, 2, 3], lambda number: f"line {number + 1}")
    taken = examples.take(np.array([2, 0]))
    assert (taken.texts, taken.pairs, taken.labels) == (["c", "a"], ["z", "x"], [3, 1])
    assert [taken.place(number) for number in range(2)] == ["line 3", "line 1"]
    assert taken.all_texts() == ["c", "a", "z", "x"]


def test_what_is_held_out_is_a_function_of_count_and_seed():
    corpus = EncoderCorpus(valid_share=0.2, test_share=0.1)
    train, valid, test = hold_out(50, corpus, 7)
    assert (len(train), len(valid), len(test)) == (35, 10, 5)
    assert sorted([*train, *valid, *test]) == list(range(50))
    again = hold_out(50, corpus, 7)
    assert all(np.array_equal(*parts) for parts in zip(again, (train, valid, test), strict=True))
    assert not np.array_equal(hold_out(50, corpus, 8)[1], valid)


def test_nothing_is_held_out_for_a_part_that_has_a_file():
    corpus = EncoderCorpus(valid_share=0.2, test_share=0.1)
    assert [len(part) for part in hold_out(50, corpus, 7, named=["train", "valid"])] == [45, 0, 5]


def test_only_so_many_are_held_out():
    assert len(hold_out(50, EncoderCorpus(valid_share=0.5, max_held_out=3), 7)[1]) == 3


def test_data_may_be_the_file_or_a_folder_with_files(make_encoder_recipe, tmp_path):
    recipe = make_encoder_recipe("tagging")
    assert corpus_files(recipe) == {"train": tmp_path / "toy.tagging.tsv"}
    named = {"data": str(tmp_path), "corpus.train": "a.conll", "corpus.test": "b.conll"}
    files = corpus_files(make_encoder_recipe("tagging", named))
    assert files == {"train": tmp_path / "a.conll", "test": tmp_path / "b.conll"}


def test_a_recipe_without_data_is_told(make_encoder_recipe):
    with pytest.raises(RecipeError) as error:
        corpus_files(make_encoder_recipe("tagging").model_copy(update={"data": None}))
    assert str(error.value) == (
        "a run needs texts, but the recipe names no data; give data=PATH, a file or a folder"
    )


def test_a_folder_without_the_name_of_a_file_is_told(make_encoder_recipe, tmp_path):
    with pytest.raises(RecipeError) as error:
        corpus_files(make_encoder_recipe("tagging", {"data": str(tmp_path)}))
    assert str(error.value) == (
        f"data={tmp_path} is a folder, so the recipe must name the file in it; give data=FILE, or "
        "corpus.train=NAME"
    )


def test_a_file_where_names_of_files_are_given_is_told(make_encoder_recipe, tmp_path):
    with pytest.raises(RecipeError) as error:
        corpus_files(make_encoder_recipe("tagging", {"corpus.train": "a.conll"}))
    assert str(error.value) == (
        f"data={tmp_path / 'toy.tagging.tsv'} is a file, but the recipe looks for a.conll in a folder; "
        "give the folder"
    )


def test_a_corpus_of_which_nothing_is_left_is_told(make_encoder_recipe, toy_file, tmp_path):
    toy_file("classification", "one", count=1)
    data = tmp_path / "one.classification.tsv"
    recipe = make_encoder_recipe("classification", {"data": str(data), "corpus.valid_share": 0.9})
    with pytest.raises(InputError) as error:
        make_run(recipe, tmp_path / "run")
    assert str(error.value) == (
        f"at least one example must be left to train on, but {data} has 1 and 1 are held out; "
        "name files with corpus.valid and corpus.test"
    )


def test_a_resumed_run_must_find_the_files_that_it_began_with(go_encoder, make_encoder_recipe, tmp_path):
    run, *_ = go_encoder("classification", {"training.updates": 2})
    files = json.loads((run.corpus_folder / "files.json").read_text(encoding="utf-8"))
    assert list(files) == ["train"]
    recipe = make_encoder_recipe("classification", {"training.updates": 2})
    path = tmp_path / "toy.classification.tsv"
    path.write_text(path.read_text(encoding="utf-8") + "one more\tyes\n", encoding="utf-8", newline="\n")
    with pytest.raises(InputError) as error:
        open_run(recipe, run.folder, resume=True)
    assert str(error.value) == (
        f"a resumed run must find the files that it began with, but {path} has changed; "
        "give it back, or start a new run with another --output"
    )


def test_a_vocabulary_is_learned_once(go_encoder, encoder_task, tmp_path):
    """Unigram vocabularies come out otherwise each time: the run keeps the one that it began with."""
    changes = {"tokenizer.kind": "unigram", "tokenizer.vocab_size": 290}
    run, *_ = go_encoder("masked", changes)
    again = encoder_task("masked", changes)
    assert again.begun.tokenizer.to_json() == run.task.begun.tokenizer.to_json()
