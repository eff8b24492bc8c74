"""A run: what a folder must be to begin or go on, what is left where that fails, and whose sizes it has."""

import errno
import math
from pathlib import Path

import pytest
import torch

from manyheads.checkpoint import atomic
from manyheads.checkpoint.parameters import parameters_of
from manyheads.checkpoint.store import load_model
from manyheads.errors import InputError, RecipeError, RunError
from manyheads.inference.load import load
from manyheads.training.events import Updated, Validated
from manyheads.training.progress import load_progress
from manyheads.training.run import make_run, open_run
from manyheads.training.translation_task import config_of

pytestmark = pytest.mark.runs


def assert_equal(one, other):
    assert one.keys() == other.keys()
    for name in one:
        torch.testing.assert_close(one[name], other[name], rtol=0, atol=0, msg=name)


def test_a_resume_needs_a_run(make_recipe, tmp_path):
    with pytest.raises(InputError) as error:
        open_run(make_recipe(), tmp_path / "run", resume=True)
    assert str(error.value) == (
        f"--resume needs a run in {tmp_path / 'run'}, but there is none; leave --resume out to begin one"
    )
    assert not (tmp_path / "run").exists()


def test_a_run_begins_in_a_free_folder_only(make_recipe, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError) as error:
        open_run(make_recipe(), folder)
    assert str(error.value) == (
        f"{folder} must be free for a new run, but is not empty; add --resume, or give another --output"
    )
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]


def test_a_run_begins_in_an_empty_folder(make_recipe, tmp_path):
    (tmp_path / "run").mkdir()
    assert open_run(make_recipe(), tmp_path / "run").progress.update == 0


def test_a_run_that_stands_where_a_file_is_says_so(make_recipe, tmp_path):
    (tmp_path / "run").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError) as error:
        open_run(make_recipe(), tmp_path / "run")
    assert str(error.value) == f"{tmp_path / 'run'} must be a folder, but is a file; give another --output"
    assert (tmp_path / "run").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("there", [False, True])
def test_a_run_that_cannot_begin_leaves_the_folder_as_it_was(make_recipe, pairs_file, tmp_path, there):
    """Else the mended command would find the folder taken."""
    folder = tmp_path / "run"
    if there:
        folder.mkdir()
    recipe = make_recipe({"data": str(tmp_path / "missing.tsv")})
    with pytest.raises(InputError, match=r"missing\.tsv"):
        open_run(recipe, folder)
    assert folder.exists() is there
    assert not there or not list(folder.iterdir())
    open_run(make_recipe(), folder)


def test_a_changed_recipe_is_told_key_by_key(make_recipe, tmp_path):
    open_run(make_recipe(), tmp_path / "run")
    changed = {
        "training.learning_rate": 0.5,
        "model.num_heads": 5,
        "training.updates": 9,
        "validation.every": 2,
    }
    with pytest.raises(RecipeError) as error:
        open_run(make_recipe(changed), tmp_path / "run", resume=True)
    assert str(error.value) == (
        "a resumed run keeps its recipe but for limits and intervals, yet model.num_heads was 2, is 5; "
        "training.learning_rate was 0.01, is 0.5; give the values back, or start a new run with another "
        "--output"
    )


def test_a_run_that_was_killed_while_it_began_is_resumed(make_recipe, tmp_path):
    """Nothing is left but the recipe, and a corpus half prepared."""
    open_run(make_recipe(), tmp_path / "run")
    (tmp_path / "run" / "training" / "corpus").rename(tmp_path / "run" / "training" / ".preparing-corpus")
    assert open_run(make_recipe(), tmp_path / "run", resume=True).progress.update == 0


def test_a_full_disk_while_the_progress_is_saved_spares_what_was_saved(
    go, make_recipe, tmp_path, monkeypatch
):
    """The first two writes succeed, at update 3; then the disk is full, at update 6."""
    _, _, _ = go({"training.updates": 3})
    before = (tmp_path / "run" / "training" / "progress.safetensors").read_bytes()
    monkeypatch.setattr(atomic, "_put", full_after(atomic._put, "progress"))
    with pytest.raises(RunError, match=r"^no space left while writing .*training; what was there before"):
        go({"training.updates": 6, "validation.every": 3}, resume=True)
    monkeypatch.undo()
    assert (tmp_path / "run" / "training" / "progress.safetensors").read_bytes() == before
    assert load_progress(tmp_path / "run" / "training").update == 3
    assert len(load(tmp_path / "run").translate(["a b c"])) == 1
    go({"training.updates": 6}, resume=True)
    go({"training.updates": 6}, folder="whole")
    assert_equal(load_model(tmp_path / "run").weights, load_model(tmp_path / "whole").weights)


def test_a_full_disk_while_the_model_is_written_spares_the_model(go, tmp_path, monkeypatch):
    go({"training.updates": 3})
    before = {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir() if path.is_file()}
    monkeypatch.setattr(atomic, "_put", full_after(atomic._put, "model.safetensors"))
    with pytest.raises(RunError, match=r"^no space left while writing .*run; what was there before is"):
        go({"training.updates": 6, "validation.every": 1}, resume=True)
    after = {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir() if path.is_file()}
    assert after == before
    assert len(load(tmp_path / "run").translate(["a b c"])) == 1


def full_after(put, name):
    """Write what another file is called; for this one write half and find the disk full."""

    def half(path: Path, content):
        put(path, content)
        if path.name.startswith(name):
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
            raise OSError(errno.ENOSPC, "No space left on device")

    return half


def test_going_on_from_a_model_keeps_its_vocabulary_sizes_and_loss(go, pairs_file, tmp_path):
    """New pairs, other sizes in the recipe: none of that changes what the model has learned before."""
    first, _, heard = go({"training.updates": 40, "validation.every": 40})
    known = heard.of(Validated)[-1].verdict.loss
    others = pairs_file([(f"{a} {b}", f"{b} {a}") for a in "stuvw" for b in "abc"], "others.tsv")
    changes = {"init": str(tmp_path / "run"), "data": str(others), "model.d_model": 64, "model.dropout": 0.25}
    second = make_run_of(go, changes)
    assert second.stepper.model.output.in_features == 10
    assert second.task.translator.config.model.dropout == 0.25
    assert second.task.translator.src_tokenizer.to_json() == first.task.translator.src_tokenizer.to_json()
    assert_equal(parameters_of(second.stepper.model), load_model(tmp_path / "run").weights)
    assert "going on from" in "\n".join(second.lines())
    assert "d_model 10" in "\n".join(second.lines())
    on_the_same, _, heard = go(
        {"init": str(tmp_path / "run"), "training.learning_rate": 1e-9, "validation.every": 1}, folder="same"
    )
    assert heard.of(Validated)[0].verdict.loss == pytest.approx(known, abs=1e-4)
    assert known < math.log(on_the_same.task.translator.config.tgt_vocab_size) - 1


def make_run_of(go, changes):
    run, _, _ = go(changes | {"training.updates": 1, "training.learning_rate": 1e-30}, folder="second")
    return run


def test_a_run_that_goes_on_from_a_model_can_be_resumed(go, tmp_path):
    go({"training.updates": 2})
    changes = {"init": str(tmp_path / "run"), "model.dropout": 0.2}
    go(changes | {"training.updates": 3}, folder="second")
    go(changes | {"training.updates": 6}, folder="second", resume=True)
    go(changes | {"training.updates": 6}, folder="whole")
    assert_equal(load_model(tmp_path / "second").weights, load_model(tmp_path / "whole").weights)


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
def test_each_language_may_have_its_own_vocabulary(go, tmp_path, kind):
    separate = {"tokenizer.shared": False, "tokenizer.kind": kind, "tokenizer.vocab_size": 262}
    run, _, _ = go(separate | {"model.tie_embeddings": "output"})
    assert run.task.translator.src_tokenizer is not run.task.translator.tgt_tokenizer
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert {"tokenizer.src.json", "tokenizer.tgt.json"} <= names
    assert "tokenizer.json" not in names
    assert len(load(tmp_path / "run").translate(["a b c"])) == 1


def test_a_pair_that_the_model_cannot_take_is_not_learned_from(go, pairs_file):
    """16 positions hold 15 tokens, bytes here, and the end; a pair with 16 goes."""
    pairs = [(f"{letter} b c", f"c b {letter}") for letter in "defgh"]
    pairs += [("x" * 15, "y" * 15), ("x" * 16, "y")]
    bytes_alone = {"corpus.valid_share": 0.0, "corpus.max_ratio": 0.0, "tokenizer.vocab_size": 259}
    run, _, heard = go({"data": str(pairs_file(pairs, "others.tsv"))} | bytes_alone)
    assert run.task.prepared.report.removed["length"] == 1
    assert len(run.task.prepared.train) == 6
    assert len(heard.of(Updated)) == 6


@pytest.mark.parametrize(("layers", "chosen", "layer"), [(1, None, 0), (2, None, 0), (4, None, 2), (4, 3, 3)])
def test_words_are_aligned_by_the_last_layer_but_one(make_recipe, layers, chosen, layer):
    recipe = make_recipe({"model.num_decoder_layers": layers, "model.alignment_layer": chosen})
    assert config_of(recipe, 7, 7).alignment_layer == layer


def test_the_config_says_what_the_recipe_says(make_recipe):
    languages = {"corpus.src_language": "en", "corpus.tgt_language": "de"}
    recipe = make_recipe(languages | {"model.tie_embeddings": "output"})
    config = config_of(recipe, 5, 7)
    assert (config.src_language, config.tgt_language) == ("en", "de")
    assert (config.src_vocab_size, config.tgt_vocab_size) == (5, 7)
    assert (config.model, config.decoding, config.scoring) == (recipe.model, recipe.decoding, recipe.scoring)


def test_the_first_numbers_depend_on_the_seed_alone(make_recipe, tmp_path):
    first, again, other = (
        parameters_of(make_run(make_recipe({"seed": seed}), tmp_path / str(place)).stepper.model)
        for place, seed in enumerate((7, 7, 8))
    )
    assert_equal(first, again)
    drawn = [name for name, tensor in first.items() if tensor.ndim > 1]
    assert not any(torch.equal(first[name], other[name]) for name in drawn)


def test_the_number_of_threads_stays_that_of_the_beginning(go, make_recipe, tmp_path):
    go({"training.updates": 3})
    torch.set_num_threads(2)
    try:
        run = open_run(make_recipe(), tmp_path / "run", resume=True)
        assert (run.progress.threads, torch.get_num_threads()) == (1, 1)
    finally:
        torch.set_num_threads(1)


def test_an_unknown_tokenizer_of_scores_is_told_before_the_corpus_is_read(make_recipe, tmp_path):
    with pytest.raises(InputError, match="13b"):
        open_run(make_recipe({"scoring.tokenize": "13b", "data": "nowhere.tsv"}), tmp_path / "run")


def test_a_run_cannot_end_before_where_it_stands(go, make_recipe, tmp_path):
    run, *_ = go({"training.updates": 4})
    with pytest.raises(RecipeError) as error:
        open_run(make_recipe({"training.updates": 3}), run.folder, resume=True)
    assert str(error.value) == (
        "training.updates must be at least the 4 that are taken already, but is 3; "
        "give 4 to end the run where it stands"
    )


def test_there_is_no_card_before_a_model_was_kept(make_recipe, tmp_path):
    run = make_run(make_recipe(), tmp_path / "run")
    with pytest.raises(ValueError, match="a card tells of a model that was kept, but none was yet"):
        run._card()
