"""Score a translator on pairs: the function that `manyheads evaluate` and training's validation share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from manyheads.evaluation.translation import TranslationScores, score_translations
from manyheads.inference.translate import Translator


@dataclass(frozen=True, slots=True)
class TranslatorEvaluation:
    """What a translator made of the sources, and what that is worth.

    Attributes:
        hypotheses: One translation a source.
        scores: BLEU, chrF and TER against the references.
    """

    hypotheses: list[str]
    scores: TranslationScores


def evaluate_translator(
    translator: Translator,
    sources: Sequence[str],
    references: Sequence[str],
    *,
    tokenize: str | None = None,
    lowercase: bool | None = None,
    batch_tokens: int = 4096,
    progress: Callable[[int], None] | None = None,
    **decoding: Any,  # noqa: ANN401
) -> TranslatorEvaluation:
    """Translate and score.

    Args:
        translator: The translator.
        sources: What to translate.
        references: What a person made of each.
        tokenize: How BLEU cuts text; by default what the model's config.json says.
        lowercase: Whether case counts; by default what the model's config.json says.
        batch_tokens: About how many source tokens are translated at once.
        progress: Called with how many more texts are done, every now and then.
        **decoding: Passed on to `Translator.translate`.

    Returns:
        Translations and scores.
    """
    scoring = translator.config.scoring
    translations = translator.translate(sources, batch_tokens=batch_tokens, progress=progress, **decoding)
    hypotheses = [translation.text for translation in translations]
    scores = score_translations(
        hypotheses,
        references,
        tokenize=scoring.tokenize if tokenize is None else tokenize,
        lowercase=scoring.lowercase if lowercase is None else lowercase,
    )
    return TranslatorEvaluation(hypotheses, scores)
