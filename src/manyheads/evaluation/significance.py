"""Is one translator better than another, or was it the choice of sentences? Paired bootstrap resampling.

The numbers are those of sacreBLEU's `PairedTest` (a test holds us to it), whose way was not taken: it holds a
thousand copies of the corpus's counts in memory (7 GB for 100,000 sentences), reads its seed from the
environment, takes seed 0 for none, and calls a system significantly different from itself.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64
from sacrebleu.metrics.base import Score
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.metrics.ter import TER

from manyheads.errors import InputError
from manyheads.evaluation.surface import surface_warnings
from manyheads.evaluation.translation import check_counts, translation_metrics

SIGNIFICANT = 0.05


@dataclass(frozen=True, slots=True)
class Contest:
    """Two systems in one metric.

    Attributes:
        name: What sacreBLEU calls the metric: BLEU, chrF2 or TER.
        value: The system's score in percent.
        interval: Where 95% of the system's resampled scores lie.
        baseline: The other system's score.
        baseline_interval: Where 95% of the other system's resampled scores lie.
        difference: The system's score less the baseline's; with TER a negative one is the better.
        p_value: How often chance alone makes a difference as large; 1 where there is none.
        signature: How it was counted, in sacreBLEU's words, with samples and seed.
    """

    name: str
    value: float
    interval: tuple[float, float]
    baseline: float
    baseline_interval: tuple[float, float]
    difference: float
    p_value: float
    signature: str

    @property
    def gain(self) -> float:
        """By how much the system is better than the baseline, whichever way the metric counts."""
        return -self.difference if self.name == "TER" else self.difference


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two systems in all three metrics.

    Attributes:
        bleu: The contest in BLEU.
        chrf: The contest in chrF.
        ter: The contest in TER.
        warnings: Doubts about the texts, a sentence each.
        sentences: How many sentences were compared.
        samples: How many times they were drawn anew.
        seed: What the draws came from.
    """

    bleu: Contest
    chrf: Contest
    ter: Contest
    warnings: tuple[str, ...]
    sentences: int
    samples: int
    seed: int

    @property
    def contests(self) -> tuple[Contest, Contest, Contest]:
        """The contests in the order in which they are shown."""
        return self.bleu, self.chrf, self.ter

    def lines(self) -> list[str]:
        """Lay the contests out for people: a table, then the signatures."""
        head = f"{'':<5}  {'score':>6}  {'95% interval':<15}  {'against':>7}  {'95% interval':<15}"
        rows = [
            f"{c.name:<5}  {c.value:6.2f}  {_between(c.interval)}  {c.baseline:7.2f}  "
            f"{_between(c.baseline_interval)}  {c.difference:+10.2f}  {c.p_value:6.4f}"
            for c in self.contests
        ]
        signatures = [f"{c.name:<5}  {c.signature}" for c in self.contests]
        return [f"{head}  {'difference':>10}  {'p':>6}", *rows, *signatures]

    def verdict(self, system: str, baseline: str) -> str:
        """Say in one sentence which system is better in BLEU, or that the sentences do not show it.

        Args:
            system: What to call the system.
            baseline: What to call the one that it was held against.

        Returns:
            The sentence.
        """
        contest = self.bleu
        better, worse = (system, baseline) if contest.gain > 0 else (baseline, system)
        how = f"p = {contest.p_value:.2g}, paired bootstrap, {self.samples:,} samples"
        if contest.p_value < SIGNIFICANT:
            return f"{better} is better than {worse} in BLEU by {abs(contest.gain):.2f}, {how}"
        return (
            f"{system} and {baseline} do not differ significantly in BLEU "
            f"(difference {contest.difference:+.2f}, {how})"
        )

    def as_dict(self) -> dict[str, Any]:
        """Give everything as plain values, ready for JSON."""
        return asdict(self) | {"warnings": list(self.warnings)}


def compare(
    hypotheses: Sequence[str],
    baseline: Sequence[str],
    references: Sequence[str],
    *,
    samples: int = 1000,
    seed: int = 12345,
    tokenize: str = "13a",
    lowercase: bool = False,
) -> Comparison:
    """Hold a system against another on the same sentences.

    Sentences are drawn with replacement, as many as there are, again and again; the p-value is how often the
    difference departs from its mean by more than the real one. The same seed gives the same numbers.

    Args:
        hypotheses: What the system said.
        baseline: What the other one said, in the same order.
        references: What a person said, in the same order.
        samples: How many times to draw, from 1; the p-value is never below 1 / (samples + 1).
        seed: What the draws come from, from 0.
        tokenize: How BLEU cuts text into words.
        lowercase: Whether case does not count for BLEU and chrF.

    Returns:
        Both systems' scores with intervals, and p-values.

    Raises:
        InputError: There is no sample to draw; or, as in `score_translations`, counts or tokenizer are wrong.

    Reference:
        Koehn 2004, "Statistical Significance Tests for Machine Translation Evaluation", section 3.3.
    """
    if samples < 1:
        raise InputError(f"samples must be at least 1 for a paired bootstrap, not {samples}")
    for given in (hypotheses, baseline):
        check_counts(len(given), len(references))
    metrics = translation_metrics(tokenize=tokenize, lowercase=lowercase)
    bleu, chrf, ter = (
        _contest(metric, hypotheses, baseline, references, samples=samples, seed=seed) for metric in metrics
    )
    ours, theirs = (
        surface_warnings(texts, references, tokenize=tokenize, lowercase=lowercase)
        for texts in (hypotheses, baseline)
    )
    other = (sentence.replace("the hyp", "the baseline's hyp") for sentence in theirs if sentence not in ours)
    warnings = (*ours, *other)
    return Comparison(bleu, chrf, ter, warnings, len(references), samples, seed)


def _contest(
    metric: BLEU | CHRF | TER,
    hypotheses: Sequence[str],
    baseline: Sequence[str],
    references: Sequence[str],
    *,
    samples: int,
    seed: int,
) -> Contest:
    """Count one metric for both systems, on the corpus and on every draw from it."""
    ours, theirs = (_counts(metric, texts, references) for texts in (hypotheses, baseline))
    value, against = _score(metric, ours.sum(0)), _score(metric, theirs.sum(0))
    draws = [
        (_score(metric, weights @ ours).score, _score(metric, weights @ theirs).score)
        for weights in _draws(len(references), samples, seed)
    ]
    resampled, resampled_against = np.array(draws).T
    signature = metric.get_signature()
    signature.update("bs", samples)
    signature.update("seed", seed)
    return Contest(
        value.name,
        value.score,
        _interval(resampled),
        against.score,
        _interval(resampled_against),
        value.score - against.score,
        _p_value(resampled - resampled_against, value.score - against.score),
        str(signature),
    )


def _counts(
    metric: BLEU | CHRF | TER, texts: Sequence[str], references: Sequence[str]
) -> Float64[np.ndarray, "sentences counts"]:
    """Count what the metric needs of each sentence; a corpus's score comes from their sum."""
    return np.array(metric._extract_corpus_statistics(texts, [references]), dtype=np.float64)


def _score(metric: BLEU | CHRF | TER, counts: Float64[np.ndarray, "counts"]) -> Score:
    """Turn summed counts into the metric's score."""
    return metric._compute_score_from_stats(counts.tolist())


def _draws(sentences: int, samples: int, seed: int) -> Iterator[Float64[np.ndarray, "sentences"]]:
    """Draw the sentences with replacement: how often each one came, draw by draw."""
    rng = np.random.default_rng(seed)
    for _ in range(samples):
        chosen = rng.choice(sentences, size=sentences, replace=True)
        yield np.bincount(chosen, minlength=sentences).astype(np.float64)


def _interval(scores: Float64[np.ndarray, "samples"]) -> tuple[float, float]:
    """Leave out a fortieth of the scores at either end."""
    ordered = np.sort(scores)
    left_out = len(ordered) // 40
    return float(ordered[left_out]), float(ordered[-1 - left_out])


def _p_value(differences: Float64[np.ndarray, "samples"], real: float) -> float:
    """Count how often the difference departs from its mean by more than the real one, and that one itself."""
    if real == 0:
        return 1.0
    sizes = np.abs(differences)
    return float((np.sum(sizes - sizes.mean() > abs(real)) + 1) / (len(differences) + 1))


def _between(interval: tuple[float, float]) -> str:
    return f"{f'[{interval[0]:.2f}, {interval[1]:.2f}]':<15}"
