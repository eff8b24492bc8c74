"""Try a model on pairs that it does not learn from: by loss, and by BLEU of real beam decoding."""

import math

import torch

from manyheads.batches.translation import TranslationBatches
from manyheads.evaluation.translator import evaluate_translator
from manyheads.inference.translate import Translator
from manyheads.recipes.schema import Recipe
from manyheads.text.prepare import PreparedPairs
from manyheads.training.device import Placement
from manyheads.training.step import Sums
from manyheads.training.translation_loss import translation_loss


class Validator:
    """Validates one run's model again and again.

    Args:
        translator: Around the very model that is trained.
        prepared: The run's corpus.
        recipe: The run.
        placement: Where and in which precision.
    """

    def __init__(
        self, translator: Translator, prepared: PreparedPairs, recipe: Recipe, placement: Placement
    ) -> None:
        self._translator = translator
        self._placement = placement
        self._recipe = recipe
        self._pairs = prepared.valid
        src, tgt = prepared.valid_texts()
        most = recipe.validation.max_sentences
        self.src, self.tgt = src[:most], tgt[:most]

    def __bool__(self) -> bool:
        """Say whether there is anything to validate on."""
        return bool(self.src)

    def loss(self) -> float:
        """Compute the cross-entropy on all validation pairs.

        Returns:
            Nats a target token, without smoothing.
        """
        model, sums = self._translator.model, Sums()
        batches = TranslationBatches(
            self._pairs,
            budget=self._recipe.validation.batch_tokens,
            seed=0,
            special=self._translator.special,
        )
        model.eval()
        with torch.no_grad(), self._placement.autocast():
            for position in range(batches.per_epoch):
                batch = batches.batch(position).to(self._placement.device)
                plain = translation_loss(model, batch, 0.0).plain.item()
                sums += Sums(plain, plain, len(batch.labels), batch.tokens)
        return sums.plain / sums.labels if sums.labels else math.nan

    def bleu(self) -> tuple[float, str, list[str]]:
        """Translate the validation sentences and count BLEU.

        Returns:
            BLEU, its signature, and the translations.
        """
        self._translator.model.eval()
        evaluation = evaluate_translator(
            self._translator, self.src, self.tgt, batch_tokens=self._recipe.validation.batch_tokens
        )
        return evaluation.scores.bleu.value, evaluation.scores.bleu.signature, evaluation.hypotheses
