"""What a recipe for an encoder may say, and how mistakes in it are told."""

import pytest

from manyheads.errors import RecipeError
from manyheads.recipes.encoder_recipe import METRICS, EncoderRecipe
from manyheads.recipes.load import check_recipe, check_resumable, load_recipe, to_toml
from manyheads.recipes.schema import known_keys

LIMITS = {
    "training.updates",
    "training.save_every",
    "training.log_every",
    "validation.every",
    "validation.patience",
    "validation.batch_tokens",
}
SHIPPED = {
    "classify-sst2": "classification",
    "pairs-stsb": "regression",
    "embed-stsb": "embedding",
    "tag-wnut17": "tagging",
    "pretrain-masked": "masked",
}


def told(**tree):
    with pytest.raises(RecipeError) as error:
        check_recipe(tree, where="mine")
    return str(error.value)


@pytest.mark.parametrize(("name", "task"), SHIPPED.items())
def test_each_task_has_a_recipe_that_ships(name, task):
    recipe = load_recipe(name)
    assert isinstance(recipe, EncoderRecipe)
    assert recipe.task == task


def test_the_limits_and_intervals_are_these_and_no_others():
    assert {key for key, limit in known_keys(EncoderRecipe).items() if limit} == LIMITS


def test_a_recipe_written_out_is_read_back_as_itself(tmp_path):
    recipe = load_recipe("embed-stsb", ["corpus.header=true", "model.embedding_width=7"])
    path = tmp_path / "written.toml"
    path.write_text(to_toml(recipe), encoding="utf-8")
    assert load_recipe(str(path)) == recipe


def test_fine_tuning_has_its_own_defaults():
    training = check_recipe({"task": "tagging"}, where="mine").training
    assert (training.optimizer, training.schedule, training.learning_rate) == ("adamw", "linear", 3e-5)
    assert (training.label_smoothing, training.betas) == (0.0, (0.9, 0.999))


def test_a_task_that_there_is_not_is_told_with_those_that_there_are():
    assert told(task="clasification") == (
        "recipe 'mine' must have a task of translation, classification, regression, embedding, tagging, "
        "masked, but has 'clasification'; did you mean 'classification'?"
    )
    assert "but has 3" in told(task=3)


def test_all_mistakes_are_told_at_once_in_the_words_of_the_task():
    message = told(task="masked", masking={"shar": 0.2}, training={"warmpu": 3}, model={"num_layer": 2})
    assert message == (
        "recipe 'mine' has 3 mistakes: "
        "unknown key 'model.num_layer', did you mean 'model.num_layers'?; "
        "unknown key 'training.warmpu', did you mean 'training.warmup'?; "
        "unknown key 'masking.shar', did you mean 'masking.share'?"
    )


def test_a_key_of_translation_is_unknown_to_an_encoder():
    assert "unknown key 'decoding'" in told(task="tagging", decoding={"beam": 3})


def test_overrides_are_read_in_the_types_of_the_task():
    recipe = load_recipe("classify-sst2", ["corpus.train=2024", "corpus.text=3", "title=12"])
    assert (recipe.corpus.train, recipe.corpus.text, recipe.title) == ("2024", 3, "12")


@pytest.mark.parametrize("task", ["classification", "regression", "embedding"])
def test_what_is_to_be_told_needs_a_column(task):
    assert f"task '{task}' needs corpus.label, the column of what is to be told" in told(
        task=task, corpus={"pair": 1}
    )


def test_vectors_are_learned_from_pairs():
    assert "task 'embedding' needs corpus.pair" in told(task="embedding", corpus={"label": 1})


def test_ranking_needs_no_scores():
    tree = {"task": "embedding", "corpus": {"pair": 1}, "embedding": {"loss": "ranking"}}
    assert check_recipe(tree, where="mine").corpus.label is None


@pytest.mark.parametrize("task", METRICS)
def test_a_metric_of_another_task_is_told(task):
    wrong = "accuracy" if task in ("regression", "embedding", "masked") else "spearman"
    message = told(task=task, corpus={"label": 2, "pair": 1}, validation={"metric": wrong})
    assert f"must be one of {', '.join(METRICS[task])} for {task}, but is {wrong}" in message


def test_f1_of_one_label_a_text_is_told():
    message = told(task="classification", corpus={"label": 1}, validation={"metric": "f1"})
    assert "validation.metric f1 is of several labels a text; take accuracy or macro_f1" in message


def test_several_labels_belong_to_classification():
    assert "labels.several belongs to classification, but the task is tagging" in told(
        task="tagging", labels={"several": True}
    )


def test_shares_of_masking_are_one_together():
    message = told(task="masked", masking={"mask": 0.8, "random": 0.3})
    assert "masking: mask and random must be 1 together at most, but are 0.8 and 0.3" in message


def test_scores_rise():
    message = told(
        task="embedding", corpus={"pair": 1, "label": 2}, embedding={"lowest": 5.0, "highest": 5.0}
    )
    assert "embedding: lowest must be below highest, but they are 5.0 and 5.0" in message


def test_a_resumed_run_keeps_its_task_and_all_but_limits():
    before = load_recipe("pretrain-masked")
    check_resumable(before, load_recipe("pretrain-masked", ["validation.every=7", "training.save_every=3"]))
    with pytest.raises(RecipeError, match=r"masking\.share was 0\.15, is 0\.2; give the values back"):
        check_resumable(before, load_recipe("pretrain-masked", ["masking.share=0.2"]))
    with pytest.raises(RecipeError, match="task was 'masked', is 'translation'"):
        check_resumable(before, load_recipe("numbers"))
