"""The recurrent translator and the Transformer on Multi30k, each with settings of its own, for one budget."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from manyheads.experiments.experiment import Measured, Setting
from manyheads.experiments.grid import MULTI30K
from manyheads.experiments.own_run import open_own_run, recipe_inputs, train_own
from manyheads.recipes.load import load_recipe
from manyheads.recipes.schema import Recipe
from manyheads.training.listeners import read_log
from manyheads.training.run import LOG

_BUDGET = (
    "training.updates=2000",
    "training.batch_tokens=8192",
    "training.save_every=250",
    "validation.every=250",
    "validation.max_sentences=500",
    "training.average=5",
    "training.average_of='best'",
)
"""About 16 million source and target tokens for each: some 20 epochs."""
_QUICK = (
    "training.updates=24",
    "training.log_every=4",
    "training.batch_tokens=256",
    "training.warmup=4",
    "validation.every=8",
    "validation.max_sentences=10",
    "corpus.valid_share=0.01",
    "corpus.test_share=0.01",
)


@dataclass(frozen=True, slots=True)
class Contestant:
    """A translator with the best of those settings that were tried for it.

    Attributes:
        name: Its files' name.
        title: What tables and figures call it.
        recipe: The shipped recipe with its settings.
        toy: The shipped recipe for a quick run.
        changes: `key=value` of the recipe that suit it better under this budget.
    """

    name: str
    title: str
    recipe: str
    toy: str
    changes: tuple[str, ...] = ()


CONTESTANTS = (
    Contestant(
        "transformer",
        "Transformer",
        "translate-multi30k",
        "reverse",
        # The recipe's rate and warm-up are those of batches twice as large and four times the updates.
        ("training.learning_rate=3e-3", "training.warmup=400"),
    ),
    Contestant("recurrent", "recurrent, with attention", "translate-multi30k-recurrent", "reverse-recurrent"),
)


def whole_part(setting: Setting) -> Measured:
    """Train both translators, or take what was measured before.

    Args:
        setting: Quick or full, and where.

    Returns:
        By name `title`, `parameters`, the `seconds_training` without validation, `tokens`, the `curve` of
        validation BLEU and loss against seconds of training, and `test`: BLEU of the model that was kept.
    """
    return {each.name: _train(setting, each) for each in CONTESTANTS}


def check_data(setting: Setting) -> None:
    """Make sure that the data is there which the translators are trained on.

    Args:
        setting: Quick or full, and where; a file that is missing is an `InputError` that names it.
    """
    for contestant in CONTESTANTS:
        contestant_recipe(setting, contestant)


def contestant_recipe(setting: Setting, contestant: Contestant) -> Recipe:
    """Take a contestant's recipe.

    Args:
        setting: Quick takes a toy; full takes Multi30k from the folder of data.
        contestant: Whose.

    Returns:
        The recipe.
    """
    if setting.quick:
        recipe = load_recipe(contestant.toy, _QUICK)
    else:
        files = [
            setting.file(*MULTI30K, f"{stem}.lc.norm.tok.{language}.gz")
            for stem in ("train", "val", "test_2016_flickr")
            for language in ("en", "de")
        ]
        recipe = load_recipe(contestant.recipe, [f"data={files[0].parent}", *_BUDGET, *contestant.changes])
    if not isinstance(recipe, Recipe):
        raise TypeError("a contestant's recipe is a translator's")
    return recipe


def _train(setting: Setting, contestant: Contestant) -> Measured:
    recipe = contestant_recipe(setting, contestant)
    name = f"{'quick-' if setting.quick else ''}whole-{contestant.name}"
    inputs = {"recipe": recipe_inputs(recipe)}

    def measure() -> Measured:
        run = open_own_run(recipe, setting.folder(shared=True) / "models" / name)
        finished = train_own(run, name, setting.say)
        if finished.tested is None:
            raise ValueError("a contestant is scored on a test part, but its recipe has none")
        verdict = finished.tested.verdict
        return {
            "title": contestant.title,
            "sizes": recipe.model.in_words(),
            "parameters": sum(parameter.numel() for parameter in run.task.model.parameters()),
            "precision": run.placement.precision,
            "threads": run.progress.threads,
            "updates": run.progress.update,
            **against_time(read_log(run.folder / LOG)),
            "test": {"bleu": verdict.scores["bleu"], "signature": verdict.signature},
        }

    return setting.part(name, inputs, measure, shared=True)


def against_time(records: Sequence[dict[str, Any]]) -> Measured:
    """Place each validation at the seconds of training before it.

    A batch takes as long as it has tokens, at the run's median speed: what else a machine does at times moves
    no point of the curve, and nor does it when a run was stopped and taken up again.

    Args:
        records: A run's log.

    Returns:
        `seconds_training` and `tokens` in all; and the `curve`: update, seconds, BLEU and loss of each
        validation.
    """
    speed = statistics.median(record["tokens_per_second"] for record in records if _trained(record))
    tokens, curve = 0, []
    for record in records:
        if _trained(record):
            tokens += record["tokens"]
        elif "valid_loss" in record:
            point = {"update": record["update"], "seconds": round(tokens / speed, 1)}
            curve.append(point | {"bleu": record["bleu"], "valid_loss": record["valid_loss"]})
    return {"seconds_training": round(tokens / speed, 1), "tokens": tokens, "curve": curve}


def _trained(record: dict[str, Any]) -> bool:
    return "tokens_per_second" in record
