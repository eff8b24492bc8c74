"""A run: everything that a recipe turns into, and what it leaves in its folder.

`training/` holds what a resume needs (recipe, prepared corpus, progress, candidates for averaging); the model
beside it works without that folder.
"""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from manyheads.checkpoint.atomic import write_file
from manyheads.checkpoint.parameters import parameters_of
from manyheads.checkpoint.store import CARD, save_model
from manyheads.checkpoint.tensors import load_tensors, tensors_file
from manyheads.errors import InputError, RecipeError
from manyheads.recipes.load import AnyRecipe, check_resumable, load_recipe, to_toml
from manyheads.recipes.schema import Recipe
from manyheads.training.classification import make_classification
from manyheads.training.describe import Kept, card_text, machine, run_lines
from manyheads.training.device import Placement, place
from manyheads.training.embedding import make_embedding
from manyheads.training.encoder_corpus import check_files
from manyheads.training.masked import make_masked
from manyheads.training.optimizer import build_optimizer
from manyheads.training.progress import Progress, load_progress, restore, save_progress
from manyheads.training.regression import make_regression
from manyheads.training.step import Stepper
from manyheads.training.tagging import make_tagging
from manyheads.training.task import FinalScore, Task, Verdict
from manyheads.training.translation_task import make_translation_task

TRAINING, CORPUS, LOG = "training", "corpus", "log.jsonl"


@dataclass
class Run:
    """A run under way.

    Attributes:
        recipe: What is asked for.
        folder: Where the model goes.
        placement: Where and in which precision it computes.
        task: What is learned, from what, and how it is tried.
        stepper: Takes the updates.
        progress: How far it is.
        kept: Which model stands in the folder; None where there is none yet.
    """

    recipe: AnyRecipe
    folder: Path
    placement: Placement
    task: Task
    stepper: Stepper
    progress: Progress
    kept: Kept | None = None

    @property
    def training_folder(self) -> Path:
        """Where everything stands that only a resume needs."""
        return self.folder / TRAINING

    @property
    def corpus_folder(self) -> Path:
        """Where the prepared corpus stands."""
        return self.training_folder / CORPUS

    def lines(self) -> list[str]:
        """Say what is trained on what, for people.

        Returns:
            A few lines.
        """
        return run_lines(self.task, self.placement, self.progress.threads)

    def score(self, verdict: Verdict | None) -> float:
        """Say how good the model is; where there is nothing to validate on, the newest is the best.

        Args:
            verdict: What was found on the validation part, if there is one.

        Returns:
            More is better.
        """
        if verdict is None:
            return float(self.progress.update)
        return verdict.worth(self.task.metric)

    def candidate(self, update: int) -> Mapping[str, Tensor]:
        """Read a model that may be averaged.

        Args:
            update: After which update it was kept.

        Returns:
            Its parameters.
        """
        return load_tensors(self._candidate_path(update))

    def keep_candidate(self) -> None:
        """Write the newest model down if it may be averaged."""
        update = self.progress.update
        if update in {tried.update for tried in self.progress.kept}:
            write_file(self._candidate_path(update), tensors_file(parameters_of(self.stepper.model)))

    def save(self) -> None:
        """Write down how far the run is; only then go the candidates that it does not need any more."""
        save_progress(self.training_folder, self.progress, self.stepper)
        kept = {self._candidate_path(tried.update) for tried in self.progress.kept}
        for path in self._candidates.glob("update-*.safetensors"):
            if path not in kept:
                path.unlink()

    @property
    def _candidates(self) -> Path:
        return self.training_folder / "candidates"

    def _candidate_path(self, update: int) -> Path:
        return self._candidates / f"update-{update:07d}.safetensors"

    def export(self, kept: Kept) -> None:
        """Write the model folder with the parameters as they are now.

        Args:
            kept: What they are, and what they score.
        """
        self.kept = kept
        save_model(self.folder, self.task.stored(self._card()))

    def test(self) -> FinalScore | None:
        """Score the model that was kept on the test part, and say so on its card.

        Returns:
            The scores; None where there is no test part.
        """
        tested = self.task.test(self.folder)
        if tested:
            write_file(self.folder / CARD, self._card(tested).encode())
        return tested

    def _card(self, tested: FinalScore | None = None) -> str:
        if self.kept is None:
            raise ValueError("a card tells of a model that was kept, but none was yet")
        return card_text(self.recipe, self.task.facts(), self.kept, machine(), tested=tested)


def open_run(recipe: AnyRecipe, folder: Path, *, resume: bool = False) -> Run:
    """Make a run of a recipe, or take up one that was stopped.

    Args:
        recipe: What is asked for.
        folder: Where the model goes.
        resume: Whether to go on with the run in that folder.

    Returns:
        The run, ready for its next update.

    Raises:
        InputError: The folder is taken, or holds nothing to resume.
    """
    training = folder / TRAINING
    saved = training / "recipe.toml"
    if resume and not saved.exists():
        raise InputError(
            f"--resume needs a run in {folder}, but there is none; leave --resume out to begin one"
        )
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} must be a folder, but is a file; give another --output")
    if not resume and folder.exists() and any(folder.iterdir()):
        raise InputError(
            f"{folder} must be free for a new run, but is not empty; add --resume, or give another --output"
        )
    if resume:
        check_resumable(load_recipe(str(saved)), recipe)
        return make_run(recipe, folder)
    with _nothing_left_behind(folder):
        write_file(saved, to_toml(recipe).encode())
        return make_run(recipe, folder)


@contextmanager
def _nothing_left_behind(folder: Path) -> Iterator[None]:
    """Leave the folder free, as it was, where a run cannot begin: the next try will not have to clear it."""
    there = folder.exists()
    try:
        yield
    except Exception:
        shutil.rmtree(folder / TRAINING if there else folder, ignore_errors=True)
        raise


def make_run(recipe: AnyRecipe, folder: Path) -> Run:
    """Prepare everything that a recipe names.

    Args:
        recipe: What is asked for.
        folder: Where the model goes; what a run saved there is taken up.

    Returns:
        The run.
    """
    training = folder / TRAINING
    progress = load_progress(training)
    if progress:
        _check_not_beyond(progress, recipe)
        placement = place(progress.device, progress.precision, reason="as when the run began")
    else:
        placement = place(recipe.device, recipe.precision)
    threads = (progress.threads if progress else recipe.threads) or torch.get_num_threads()
    torch.set_num_threads(threads)
    task = make_task(recipe, training / CORPUS, placement)
    recipe, model = task.recipe, task.model.to(placement.device).train()
    stepper = Stepper(
        model, build_optimizer(model, recipe.training), recipe.training, placement, recipe.seed, task.loss
    )
    if progress:
        restore(training, stepper)
    best = progress.best if progress else None
    return Run(
        recipe=recipe,
        folder=folder,
        placement=placement,
        task=task,
        stepper=stepper,
        progress=progress or Progress(placement.precision, threads, placement.device.type),
        kept=Kept(best.update, progress.verdict) if progress and best else None,
    )


_MAKE_ENCODER = {
    "classification": make_classification,
    "regression": make_regression,
    "embedding": make_embedding,
    "tagging": make_tagging,
    "masked": make_masked,
}


def make_task(recipe: AnyRecipe, corpus: Path, placement: Placement) -> Task:
    """Prepare what a recipe's task learns from, and the network that learns.

    Args:
        recipe: What is asked for.
        corpus: Where the prepared corpus stands, or will.
        placement: Where and in which precision.

    Returns:
        The task.
    """
    if isinstance(recipe, Recipe):
        return make_translation_task(recipe, corpus, placement)
    check_files(recipe, corpus)
    return _MAKE_ENCODER[recipe.task](recipe, corpus, placement)


def _check_not_beyond(progress: Progress, recipe: AnyRecipe) -> None:
    if progress.update > recipe.training.updates:
        raise RecipeError(
            f"training.updates must be at least the {progress.update:,} that are taken already, but is "
            f"{recipe.training.updates:,}; give {progress.update} to end the run where it stands"
        )
