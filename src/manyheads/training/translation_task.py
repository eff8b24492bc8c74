"""To translate: pairs, the loss of their target tokens, and BLEU of real beam decoding."""

from dataclasses import dataclass
from pathlib import Path

import torch

from manyheads.batches.translation import TranslationBatch, TranslationBatches
from manyheads.checkpoint.config import TranslatorConfig
from manyheads.checkpoint.parameters import fill, parameters_of
from manyheads.checkpoint.store import StoredModel
from manyheads.evaluation.translation import translation_metrics
from manyheads.evaluation.translator import evaluate_translator
from manyheads.inference.load import load
from manyheads.inference.precision import Prepared
from manyheads.inference.translate import Translator
from manyheads.model.build import Translating, build_translator
from manyheads.model.initialize import initialize
from manyheads.recipes.schema import Recipe
from manyheads.text.prepare import PreparedPairs
from manyheads.text.subwords import Subwords
from manyheads.training.corpus import prepare_corpus
from manyheads.training.device import Placement
from manyheads.training.loss import Loss
from manyheads.training.task import Facts, FinalScore, Verdict
from manyheads.training.translation_loss import translation_loss
from manyheads.training.validation import Validator


@dataclass(frozen=True)
class TranslationTask:
    """A translator in the making.

    Attributes:
        recipe: What is asked for.
        placement: Where and in which precision it computes.
        prepared: The corpus.
        batches: What it learns from.
        translator: Around the model that is trained.
        validator: Tries the model.
    """

    recipe: Recipe
    placement: Placement
    prepared: PreparedPairs
    batches: TranslationBatches
    translator: Translator
    validator: Validator

    unit = "nats a token"

    @property
    def model(self) -> Translating:
        """The network."""
        return self.translator.model

    @property
    def metric(self) -> str:
        """What decides which model is kept."""
        return self.recipe.validation.metric

    def loss(self, batch: TranslationBatch, smoothing: float) -> Loss:
        """Sum a batch's loss over its target tokens.

        Args:
            batch: Packed pairs.
            smoothing: Share of the probability that is spread over the vocabulary.

        Returns:
            The sums.
        """
        return translation_loss(self.model, batch, smoothing)

    def corpus_lines(self) -> list[str]:
        """Say what it learns from.

        Returns:
            Lines for people.
        """
        report = self.prepared.report
        untried = ["valid: none, so the newest model is kept, untried"]
        return [*report.lines(), *([] if report.valid.pairs else untried)]

    def model_lines(self) -> list[str]:
        """Say what the network is.

        Returns:
            Lines for people.
        """
        sizes = self.recipe.model
        return [
            *(
                [f"going on from {self.recipe.init}, with its vocabulary and sizes"]
                if self.recipe.init
                else []
            ),
            f"model: {sizes.in_words()}",
        ]

    def try_model(self) -> Verdict | None:
        """Compute the loss of the validation part, and BLEU of its first sentences.

        Returns:
            What was found; None where there is no validation part.
        """
        if not self.validator:
            return None
        loss, (bleu, signature, hypotheses) = self.validator.loss(), self.validator.bleu()
        texts = (self.validator.src[0], hypotheses[0], self.validator.tgt[0])
        sample = tuple(zip(("source", "model", "reference"), texts, strict=True))
        return Verdict(loss, {"bleu": bleu}, signature, sample)

    def test(self, folder: Path) -> FinalScore | None:
        """Translate the test part and score it.

        Args:
            folder: The model that was kept.

        Returns:
            BLEU; None where there is no test part.
        """
        src, tgt = self.prepared.test_texts()
        if not src:
            return None
        translator = load(folder, kind=Translator, precision="float32", device=self.placement.device.type)
        bleu = evaluate_translator(translator, src, tgt).scores.bleu
        return FinalScore(Verdict(float("nan"), {"bleu": bleu.value}, bleu.signature), len(src), "pairs")

    def facts(self) -> Facts:
        """Say what the card needs to know: no text of the corpus.

        Returns:
            The facts.
        """
        report, corpus = self.prepared.report, self.recipe.corpus
        src, tgt = corpus.src_language, corpus.tgt_language
        languages = f"from {src or 'its source language'} to {tgt or 'its target language'}"
        tried = min(report.valid.pairs, self.recipe.validation.max_sentences)
        return Facts(
            task=self.recipe.task,
            name=f"A translator from {src} to {tgt}" if src and tgt else "A translator",
            languages=(src or "und", tgt or "und"),
            summary=f"{self._kind()} that translates {languages}, trained with manyheads on "
            f"{report.train.pairs:,} pairs.",
            corpus=tuple(report.lines()),
            tried_on=f"{'the' if tried == report.valid.pairs else 'the first'} {tried:,} validation pairs",
        )

    def _kind(self) -> str:
        recurrent = self.recipe.model.architecture == "recurrent"
        return "A recurrent network" if recurrent else "A Transformer"

    def stored(self, card: str) -> StoredModel:
        """Say what belongs into the model's folder.

        Args:
            card: The text of README.md.

        Returns:
            The model as it is now.
        """
        src, tgt = self.translator.src_tokenizer, self.translator.tgt_tokenizer
        return StoredModel(
            config=self.translator.config.model_dump(mode="json"),
            weights=parameters_of(self.model),
            tokenizers={"shared": src} if src is tgt else {"src": src, "tgt": tgt},
            card=card,
            extra={"split.json": (self.prepared.folder / "split.json").read_bytes()},
        )


def make_translation_task(recipe: Recipe, corpus: Path, placement: Placement) -> TranslationTask:
    """Prepare everything that a recipe for translation names.

    Args:
        recipe: What is asked for.
        corpus: Where the prepared corpus stands, or will.
        placement: Where and in which precision.

    Returns:
        The task.
    """
    translation_metrics(tokenize=recipe.scoring.tokenize, lowercase=recipe.scoring.lowercase)
    before = None
    if recipe.init:
        before = load(recipe.init, kind=Translator, precision="float32", device="cpu", pack=False)
    recipe = _sized_as(before, recipe) if before else recipe
    tokenizers = (before.src_tokenizer, before.tgt_tokenizer) if before else None
    prepared = prepare_corpus(recipe, corpus, tokenizers=tokenizers)
    tokenizers = prepared.tokenizers()
    model, config = _first_model(recipe, tokenizers) if before is None else _model_of(recipe, before)
    translator = Translator(model, tokenizers, config, Prepared(placement.device))
    return TranslationTask(
        recipe=recipe,
        placement=placement,
        prepared=prepared,
        batches=TranslationBatches(
            prepared.train, budget=recipe.training.batch_tokens, seed=recipe.seed, special=translator.special
        ),
        translator=translator,
        validator=Validator(translator, prepared, recipe, placement),
    )


def _first_model(
    recipe: Recipe, tokenizers: tuple[Subwords, Subwords]
) -> tuple[Translating, TranslatorConfig]:
    config = config_of(recipe, *(tokenizer.vocab_size for tokenizer in tokenizers))
    model = build_translator(
        recipe.model, src_vocab_size=config.src_vocab_size, tgt_vocab_size=config.tgt_vocab_size
    )
    torch.manual_seed(recipe.seed)
    initialize(model)
    return model, config


def _sized_as(before: Translator, recipe: Recipe) -> Recipe:
    """Whoever goes on from a model has its sizes, whatever the recipe says; the dropout is the recipe's.

    How it translates is the model's too, but for what the recipe says itself.
    """
    own = {"dropout", "attention_dropout", "alignment_layer"}
    own &= type(before.config.model).model_fields.keys() & type(recipe.model).model_fields.keys()
    sizes = before.config.model.model_copy(update={key: getattr(recipe.model, key) for key in own})
    languages = {
        key: getattr(recipe.corpus, key) or getattr(before.config, key)
        for key in ("src_language", "tgt_language")
    }
    said = {key: getattr(recipe.decoding, key) for key in recipe.decoding.model_fields_set}
    parts = {
        "model": sizes,
        "corpus": recipe.corpus.model_copy(update=languages),
        "decoding": before.config.decoding.model_copy(update=said),
    }
    return recipe.model_copy(update=parts)


def _model_of(recipe: Recipe, before: Translator) -> tuple[Translating, TranslatorConfig]:
    config = config_of(recipe, before.config.src_vocab_size, before.config.tgt_vocab_size)
    config = config.model_copy(update={"tokenizer": before.config.tokenizer})
    model = build_translator(
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
    last_but_one = max(recipe.model.num_cross_layers - 2, 0)
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
