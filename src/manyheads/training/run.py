"""A run: everything that a recipe turns into, and what it leaves in its folder.

`training/` holds what a resume needs (recipe, prepared corpus, progress, candidates for averaging); the model
beside it works without that folder.
"""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from manyheads.batches.translation import TranslationBatches
from manyheads.checkpoint.atomic import write_file
from manyheads.checkpoint.config import TranslatorConfig
from manyheads.checkpoint.parameters import fill, parameters_of
from manyheads.checkpoint.store import StoredModel, save_model
from manyheads.checkpoint.tensors import load_tensors, tensors_file
from manyheads.errors import InputError, RecipeError
from manyheads.evaluation.translation import translation_metrics
from manyheads.evaluation.translator import evaluate_translator
from manyheads.inference.load import load
from manyheads.inference.precision import Prepared
from manyheads.inference.translate import Translator
from manyheads.model.build import build_transformer
from manyheads.model.initialize import initialize
from manyheads.model.transformer import Transformer
from manyheads.recipes.load import check_resumable, load_recipe, to_toml
from manyheads.recipes.schema import Recipe
from manyheads.text.prepare import PreparedPairs
from manyheads.text.tokenizer import Tokenizer
from manyheads.training.corpus import prepare_corpus
from manyheads.training.describe import card_text, machine, run_lines
from manyheads.training.device import Placement, place
from manyheads.training.events import Validated
from manyheads.training.optimizer import build_optimizer
from manyheads.training.progress import Progress, load_progress, restore, save_progress
from manyheads.training.step import Stepper
from manyheads.training.validation import Validator

TRAINING, LOG = "training", "log.jsonl"


@dataclass
class Run:
    """A run under way.

    Attributes:
        recipe: What is asked for.
        folder: Where the model goes.
        prepared: The corpus.
        placement: Where and in which precision it computes.
        batches: What it learns from.
        translator: Around the model that is trained, for validation.
        stepper: Takes the updates.
        validator: Tries the model.
        progress: How far it is.
    """

    recipe: Recipe
    folder: Path
    prepared: PreparedPairs
    placement: Placement
    batches: TranslationBatches
    translator: Translator
    stepper: Stepper
    validator: Validator
    progress: Progress

    @property
    def training_folder(self) -> Path:
        """Where everything stands that only a resume needs."""
        return self.folder / TRAINING

    def lines(self) -> list[str]:
        """Say what is trained on what, for people.

        Returns:
            A few lines.
        """
        return run_lines(
            self.recipe, self.prepared.report, self.stepper.model, self.placement, self.progress.threads
        )

    def validate(self) -> tuple[float, float, str, list[str]]:
        """Try the model.

        Returns:
            Loss, BLEU, its signature, and the translations; where there is nothing to validate on, none of
            them.
        """
        if not self.validator:
            return 0.0, 0.0, "", []
        return self.validator.loss(), *self.validator.bleu()

    def score(self, loss: float, bleu: float) -> float:
        """Say how good the model is; where there is nothing to validate on, the newest is the best.

        Args:
            loss: On the validation part.
            bleu: On the validation part.

        Returns:
            More is better.
        """
        if not self.validator:
            return float(self.progress.update)
        return bleu if self.recipe.validation.metric == "bleu" else -loss

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

    def export(self, validated: Validated, *, averaged: Sequence[int] = ()) -> None:
        """Write the model folder with the parameters as they are now.

        Args:
            validated: What they score.
            averaged: The updates whose models they are the mean of; empty where they are of one.
        """
        src, tgt = self.translator.src_tokenizer, self.translator.tgt_tokenizer
        stored = StoredModel(
            config=self.translator.config.model_dump(mode="json"),
            weights=parameters_of(self.stepper.model),
            tokenizers={"shared": src} if src is tgt else {"src": src, "tgt": tgt},
            card=card_text(self.recipe, self.prepared.report, validated, machine(), averaged=averaged),
            extra={"split.json": (self.prepared.folder / "split.json").read_bytes()},
        )
        save_model(self.folder, stored)

    def score_test(self) -> list[str]:
        """Translate the test part with the model that was kept, and score it.

        Returns:
            Lines for people; none where there is no test part.
        """
        src, tgt = self.prepared.test_texts()
        if not src:
            return []
        translator = load(self.folder, device=self.placement.device.type)
        scores = evaluate_translator(translator, src, tgt).scores
        return [
            f"test, {len(src):,} pairs: {scores.bleu.name} {scores.bleu.value:.2f} ({scores.bleu.signature})"
        ]


def open_run(recipe: Recipe, folder: Path, *, resume: bool = False) -> Run:
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


def make_run(recipe: Recipe, folder: Path) -> Run:
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
    translation_metrics(tokenize=recipe.scoring.tokenize, lowercase=recipe.scoring.lowercase)
    threads = (progress.threads if progress else recipe.threads) or torch.get_num_threads()
    torch.set_num_threads(threads)
    before = load(recipe.init, device="cpu") if recipe.init else None
    recipe = _sized_as(before, recipe) if before else recipe
    tokenizers = (before.src_tokenizer, before.tgt_tokenizer) if before else None
    prepared = prepare_corpus(recipe, training / "corpus", tokenizers=tokenizers)
    tokenizers = prepared.tokenizers()
    model, config = _new_model(recipe, tokenizers) if before is None else _model_of(recipe, before)
    model.to(placement.device).train()
    stepper = Stepper(model, build_optimizer(model, recipe.training), recipe.training, placement, recipe.seed)
    if progress:
        restore(training, stepper)
    translator = Translator(model, tokenizers, config, Prepared(placement.device))
    return Run(
        recipe=recipe,
        folder=folder,
        prepared=prepared,
        placement=placement,
        batches=TranslationBatches(prepared.train, budget=recipe.training.batch_tokens, seed=recipe.seed),
        translator=translator,
        stepper=stepper,
        validator=Validator(translator, prepared, recipe, placement),
        progress=progress or Progress(placement.precision, threads, placement.device.type),
    )


def _check_not_beyond(progress: Progress, recipe: Recipe) -> None:
    if progress.update > recipe.training.updates:
        raise RecipeError(
            f"training.updates must be at least the {progress.update:,} that are taken already, but is "
            f"{recipe.training.updates:,}; give {progress.update} to end the run where it stands"
        )


def _new_model(
    recipe: Recipe, tokenizers: tuple[Tokenizer, Tokenizer]
) -> tuple[Transformer, TranslatorConfig]:
    config = config_of(recipe, *(tokenizer.vocab_size for tokenizer in tokenizers))
    model = build_transformer(
        recipe.model, src_vocab_size=config.src_vocab_size, tgt_vocab_size=config.tgt_vocab_size
    )
    torch.manual_seed(recipe.seed)
    initialize(model)
    return model, config


def _sized_as(before: Translator, recipe: Recipe) -> Recipe:
    """Whoever goes on from a model has its sizes, whatever the recipe says; the dropout is the recipe's."""
    own = ("dropout", "attention_dropout", "alignment_layer")
    sizes = before.config.model.model_copy(update={key: getattr(recipe.model, key) for key in own})
    languages = {
        key: getattr(recipe.corpus, key) or getattr(before.config, key)
        for key in ("src_language", "tgt_language")
    }
    return recipe.model_copy(update={"model": sizes, "corpus": recipe.corpus.model_copy(update=languages)})


def _model_of(recipe: Recipe, before: Translator) -> tuple[Transformer, TranslatorConfig]:
    config = config_of(recipe, before.config.src_vocab_size, before.config.tgt_vocab_size)
    model = build_transformer(
        recipe.model, src_vocab_size=config.src_vocab_size, tgt_vocab_size=config.tgt_vocab_size
    )
    fill(model, parameters_of(before.model), Path(recipe.init or ""))
    return model, config


def config_of(recipe: Recipe, src_vocab_size: int, tgt_vocab_size: int) -> TranslatorConfig:
    """Say what the config.json of a recipe's model will hold.

    Args:
        recipe: The run.
        src_vocab_size: Tokens of the source vocabulary.
        tgt_vocab_size: Tokens of the target vocabulary.

    Returns:
        The config.
    """
    last_but_one = max(recipe.model.num_decoder_layers - 2, 0)
    chosen = recipe.model.alignment_layer
    return TranslatorConfig(
        model=recipe.model,
        src_vocab_size=src_vocab_size,
        tgt_vocab_size=tgt_vocab_size,
        src_language=recipe.corpus.src_language,
        tgt_language=recipe.corpus.tgt_language,
        alignment_layer=last_but_one if chosen is None else chosen,
        decoding=recipe.decoding,
        scoring=recipe.scoring,
    )
