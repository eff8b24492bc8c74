"""Translators that differ in one thing: the same text, tokens, code and seeds for all of them.

A trial is one setting of one thing. It is trained once a seed, and what was measured is kept beside the
experiments: those that ask for the same trial share it.
"""

import statistics
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from torch import nn

from manyheads.experiments.changed_attention import look_back_only
from manyheads.experiments.experiment import Measured, Setting
from manyheads.experiments.own_run import open_own_run, recipe_inputs, train_own
from manyheads.experiments.shuffled import shuffled_sources
from manyheads.inference.load import load
from manyheads.inference.translate import Translator
from manyheads.recipes.load import load_recipe
from manyheads.recipes.schema import Recipe
from manyheads.text.prepare import PreparedPairs, open_prepared
from manyheads.training.listeners import read_log
from manyheads.training.run import CORPUS, LOG, TRAINING, Run

MULTI30K = ("multi30k", "tok")
_FILES = {part: f"{name}.lc.norm.tok" for part, name in {"train": "train", "valid": "val"}.items()}
_FULL = (
    "corpus.test=[]",
    "corpus.test_share=0.0",
    "training.updates=900",
    "training.batch_tokens=4096",
    "training.learning_rate=3e-3",
    "training.warmup=300",
    "training.average=0",
    "training.save_every=300",
    "validation.every=900",
    "validation.max_sentences=2000",
    "validation.metric='loss'",
)
"""3.7 million tokens, about eight minutes on two cores without bfloat16; tried once, at the end, so that
nothing is chosen by what is reported."""
_QUICK = (
    "corpus.valid_share=0.01",
    "corpus.test_share=0.0",
    "model.d_model=16",
    "model.d_ff=16",
    "model.num_encoder_layers=1",
    "model.num_decoder_layers=1",
    "training.updates=12",
    "training.log_every=4",
    "training.batch_tokens=256",
    "training.warmup=4",
    "validation.every=12",
    "validation.max_sentences=10",
)
_SEEDS, _QUICK_SEEDS = (1, 2, 3), (1,)


@dataclass(frozen=True, slots=True)
class Trial:
    """One setting of one thing.

    Attributes:
        name: Its files' name.
        title: What tables and figures call it.
        changes: `key=value` of the recipe.
        seen_by: What observers change in it: nothing, or its encoder looks back only.
        shuffled: Whether the words of each source stand in an order drawn at random.
        quick: Whether a quick run tries it too.
    """

    name: str
    title: str
    changes: tuple[str, ...] = ()
    seen_by: Literal["nobody", "look_back_only"] = "nobody"
    shuffled: bool = False
    quick: bool = True

    def changed(self, model: nn.Module) -> AbstractContextManager[None]:
        """Run a model with what this trial changes in it.

        Args:
            model: The trial's network.

        Returns:
            A context to train and to translate in.
        """
        return look_back_only(model) if self.seen_by == "look_back_only" else nullcontext()


BASE = Trial("base", "4 heads, 4+4 layers")
"""The trial that every grid compares with: the recipe as it is."""


class Look(Protocol):
    """Measures something in a trained translator."""

    def __call__(self, translator: Translator, prepared: PreparedPairs, *, quick: bool) -> Measured:
        """Look into a translator with its corpus beside it; a few pairs will do where it is `quick`."""
        ...


@dataclass(frozen=True, slots=True)
class Study:
    """What is looked at in the trained models of the first seed.

    Attributes:
        name: What is studied, as files and results call it.
        look: Measures it.
    """

    name: str
    look: Look


def run_trials(
    setting: Setting, trials: Sequence[Trial], *, study: Study | None = None
) -> dict[str, Measured]:
    """Train every trial once a seed.

    Args:
        setting: Quick or full, and where.
        trials: What is compared.
        study: What is looked at in the first seed's models as well.

    Returns:
        By trial its `title` and `runs`, one a seed; with what was studied beside them, by the study's name.
    """
    tried = [trial for trial in trials if trial.quick or not setting.quick]
    return {trial.name: _run_trial(setting, trial, study=study) for trial in tried}


def _run_trial(setting: Setting, trial: Trial, *, study: Study | None) -> Measured:
    seeds = _QUICK_SEEDS if setting.quick else _SEEDS
    measured: Measured = {
        "title": trial.title,
        "changes": list(trial.changes),
        "runs": [run_seed(setting, trial, seed) for seed in seeds],
    }
    if study:
        measured[study.name] = _study(setting, trial, seeds[0], study)
    return measured


def run_seed(setting: Setting, trial: Trial, seed: int) -> Measured:
    """Train one trial with one seed, unless that was done before.

    Args:
        setting: Quick or full, and where.
        trial: What is trained.
        seed: Decides the numbers at the start and the order of the text.

    Returns:
        `seed`, `bleu` with its `signature` and `valid_loss` on the validation part, `parameters`, `updates`,
        `tokens`, `tokens_per_second` and the `curve` of training losses.
    """
    recipe = trial_recipe(setting, trial, seed)
    name = _name(setting, trial, seed)
    return setting.part(
        name, _inputs(recipe, trial), lambda: _train(setting, trial, recipe, name), shared=True
    )


def _name(setting: Setting, trial: Trial, seed: int) -> str:
    return f"{'quick-' if setting.quick else ''}{trial.name}-seed-{seed}"


def _inputs(recipe: Recipe, trial: Trial) -> dict[str, Any]:
    return {"recipe": recipe_inputs(recipe), "seen_by": trial.seen_by, "shuffled": trial.shuffled}


def trial_recipe(setting: Setting, trial: Trial, seed: int) -> Recipe:
    """Lay a trial's changes over the recipe that all trials share.

    Args:
        setting: Quick takes a toy; full takes Multi30k from the folder of data.
        trial: What is changed.
        seed: The run's.

    Returns:
        The recipe.
    """
    if setting.quick:
        changes = [*_QUICK, *trial.changes, f"seed={seed}"]
        recipe = load_recipe("reverse", changes)
    else:
        folder = _text(setting, trial)
        recipe = load_recipe("translate-multi30k", [f"data={folder}", *_FULL, *trial.changes, f"seed={seed}"])
    if not isinstance(recipe, Recipe):
        raise TypeError("a trial is a translator's recipe")
    return recipe


def _text(setting: Setting, trial: Trial) -> Path:
    files = [
        setting.file(*MULTI30K, f"{stem}.{language}.gz")
        for stem in _FILES.values()
        for language in ("en", "de")
    ]
    if not trial.shuffled:
        return files[0].parent
    return shuffled_sources(files, ".en.gz", setting.folder(shared=True) / "models" / "shuffled-text")


def _train(setting: Setting, trial: Trial, recipe: Recipe, name: str) -> Measured:
    run = open_own_run(recipe, _model_folder(setting, name))
    with trial.changed(run.task.model):
        train_own(run, name, setting.say)
    return _measured(run, recipe)


def _model_folder(setting: Setting, name: str) -> Path:
    return setting.folder(shared=True) / "models" / name


def _measured(run: Run, recipe: Recipe) -> Measured:
    verdict = run.progress.verdict
    if verdict is None:
        raise ValueError("a trial needs a validation part, but its recipe has none")
    records = list(_updates(run.folder / LOG))
    return {
        "seed": recipe.seed,
        "bleu": verdict.scores["bleu"],
        "signature": verdict.signature,
        "valid_loss": verdict.loss,
        "parameters": sum(parameter.numel() for parameter in run.task.model.parameters()),
        "updates": run.progress.update,
        "batch_tokens": recipe.training.batch_tokens,
        "tokens_per_second": round(statistics.median(record["tokens_per_second"] for record in records)),
        "precision": run.placement.precision,
        "threads": run.progress.threads,
        "curve": [[record["update"], record["loss"]] for record in records],
    }


def _updates(log: Path) -> Iterator[dict[str, Any]]:
    return (record for record in read_log(log) if "tokens_per_second" in record)


def _study(setting: Setting, trial: Trial, seed: int, study: Study) -> Measured:
    """Look into a trained model; where that model is gone, it is trained again first."""
    recipe, name = trial_recipe(setting, trial, seed), _name(setting, trial, seed)

    def measure() -> Measured:
        folder = _model_folder(setting, name)
        if not (folder / TRAINING / CORPUS).exists():
            _train(setting, trial, recipe, name)
        translator = load(folder, kind=Translator, precision="float32", device="cpu")
        prepared = open_prepared(folder / TRAINING / CORPUS)
        return study.look(translator, prepared, quick=setting.quick)

    return setting.part(f"{name}-{study.name}", _inputs(recipe, trial), measure, shared=True)


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure over several seeds.

    Attributes:
        mean: Their mean.
        low: The least.
        high: The greatest.
    """

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        """Write it with its range."""
        return f"{self.mean:.2f} ({self.low:.2f}-{self.high:.2f})"


def spread(trial: Measured, name: str) -> Spread:
    """Gather one figure over a trial's seeds.

    Args:
        trial: What `run_trials` gave of it.
        name: The figure, as the runs call it.

    Returns:
        Mean and range.
    """
    values = [run[name] for run in trial["runs"]]
    return Spread(statistics.fmean(values), min(values), max(values))


def apart(one: Spread, other: Spread) -> bool:
    """Tell whether two trials' seeds do not overlap: with three each, chance does that one time in ten.

    Args:
        one: A trial's figure.
        other: Another trial's.

    Returns:
        Whether every seed of one is above every seed of the other.
    """
    return one.low > other.high or other.low > one.high
