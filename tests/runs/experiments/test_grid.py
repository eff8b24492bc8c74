"""Trials: the same for all but one thing, kept when they are done, shared by those who ask."""

import gzip

import pytest

from manyheads.errors import InputError
from manyheads.experiments.experiment import Setting
from manyheads.experiments.grid import BASE, Spread, Trial, apart, run_seed, run_trials, spread, trial_recipe
from manyheads.experiments.grid_told import best_of, compared, same_for_all
from manyheads.experiments.shuffled import shuffle_words, shuffled_sources
from manyheads.recipes.schema import flatten

pytestmark = pytest.mark.runs


@pytest.fixture
def said():
    return []


@pytest.fixture
def setting(tmp_path, said):
    return Setting(quick=True, data=None, output=tmp_path / "heads", say=said.append)


def trial(title="this", **figures):
    """Make what `run_trials` gives of a trial; each figure has one value a seed."""
    count = len(next(iter(figures.values())))
    runs = [{name: values[seed] for name, values in figures.items()} for seed in range(count)]
    return {"title": title, "runs": runs}


def test_a_trial_is_trained_once_and_found_again_by_another_experiment(setting, said, tmp_path):
    first = run_seed(setting, BASE, 1)
    other = Setting(quick=True, data=None, output=tmp_path / "layers", say=said.append)
    assert run_seed(other, BASE, 1) == first
    assert said == ["quick-base-seed-1", "quick-base-seed-1: measured already"]
    assert first["seed"] == 1
    assert first["updates"] == first["curve"][-1][0] == 12
    assert first["parameters"] > 0
    assert first["valid_loss"] > 0


def test_what_was_measured_with_another_recipe_is_measured_again(setting, said):
    """The files are called the same, but a change of the recipe is seen; what it left is not taken up."""
    one = run_seed(setting, BASE, 1)
    other = run_seed(setting, Trial(BASE.name, BASE.title, ("training.updates=8", "validation.every=8")), 1)
    assert (one["updates"], other["updates"]) == (12, 8)
    assert said == ["quick-base-seed-1"] * 2


def test_trials_differ_in_their_change_and_seed_alone(setting):
    one = flatten(trial_recipe(setting, BASE, 1))
    other = flatten(trial_recipe(setting, Trial("x", "x", ("model.num_heads=2",)), 5))
    assert {key for key in one if one[key] != other[key]} == {"seed", "model.num_heads"}


def test_a_quick_run_leaves_out_what_is_for_the_full_one(setting):
    trials = run_trials(setting, [Trial("a", "a"), Trial("b", "b", quick=False)])
    assert list(trials) == ["a"]
    assert [run["seed"] for run in trials["a"]["runs"]] == [1]


def test_the_full_run_says_what_it_needs(tmp_path):
    full = Setting(quick=False, data=None, output=tmp_path, say=print)
    with pytest.raises(InputError, match=r"needs multi30k.tok.train\.lc\.norm\.tok\.en\.gz .*give --data"):
        run_seed(full, BASE, 1)
    (tmp_path / "data").mkdir()
    with pytest.raises(InputError, match=r"the data must hold multi30k.tok.train.*but there is no"):
        run_seed(Setting(False, tmp_path / "data", tmp_path, print), BASE, 1)


def test_the_range_is_over_the_seeds():
    found = spread(trial(bleu=[30.0, 33.0, 30.0]), "bleu")
    assert found == Spread(31.0, 30.0, 33.0)
    assert str(found) == "31.00 (30.00-33.00)"


@pytest.mark.parametrize(
    ("one", "other", "yes"),
    [((3, 2, 4), (6, 5, 7), True), ((6, 5, 7), (3, 2, 4), True), ((3, 2, 5), (6, 5, 7), False)],
)
def test_trials_are_apart_where_no_seed_reaches_into_the_others(one, other, yes):
    assert apart(Spread(*one), Spread(*other)) is yes


def test_a_difference_within_the_range_is_said_to_be_possible_chance():
    trials = {"a": trial(bleu=[30.0, 34.0]), "b": trial(bleu=[31.0, 32.0]), "c": trial(bleu=[20.0, 21.0])}
    assert compared(trials, "a", "b") == "32.00 BLEU instead of 31.50, which may be chance"
    assert compared(trials, "a", "c") == ("32.00 BLEU instead of 20.50, with no overlap of their seeds")
    single = {"a": trial(bleu=[30.0]), "b": trial(bleu=[20.0])}
    assert compared(single, "a", "b") == "30.00 BLEU instead of 20.00, one run each, so it may be chance"
    assert best_of(trials) == "a"
    assert best_of(trials, ["b", "c"]) == "b"


def test_what_is_the_same_for_all_is_said(setting):
    text = same_for_all(run_trials(setting, [BASE])).markdown
    assert "12 updates of 256 source and target tokens" in text
    assert "with the seed 1." in text


def test_shuffling_keeps_the_words_and_is_always_the_same():
    sentence = "a man in a blue shirt is standing on a ladder"
    assert sorted(shuffle_words(sentence).split()) == sorted(sentence.split())
    assert shuffle_words(sentence) == shuffle_words(sentence) != sentence
    assert shuffle_words("") == ""


def test_the_targets_of_shuffled_text_stay_as_they_are(tmp_path):
    text = "one two three four five six\nseven eight nine ten eleven\n"
    files = [tmp_path / f"train.{language}.gz" for language in ("en", "de")]
    for path in files:
        path.write_bytes(gzip.compress(text.encode()))
    folder = shuffled_sources(files, ".en.gz", tmp_path / "shuffled")
    src, tgt = (gzip.decompress((folder / path.name).read_bytes()).decode() for path in files)
    assert tgt == text
    assert src != text
    assert [sorted(line.split()) for line in src.split("\n")] == [
        sorted(line.split()) for line in text.split("\n")
    ]
