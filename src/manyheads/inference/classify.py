"""Texts or pairs of them in, labels or numbers out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from manyheads.batches.packed import Packed
from manyheads.inference.asked import Long, check_call
from manyheads.inference.encoder import BATCH_TOKENS, EncoderRunner, Progress, in_chunks
from manyheads.text.text_tokens import TextTokens

_HALF = 0.5


@dataclass(frozen=True, slots=True)
class Classification:
    """What a text or a pair was found to be.

    Attributes:
        label: The likeliest label; None for a model of numbers, or where none of several is over a half.
        labels: All that hold: that one, or where a text may have several each that is over a half, the
            likeliest first.
        probabilities: Of every label, in the model's order; they sum to one unless a text may have several.
        number: What a model of numbers says; None for one of labels.
        truncated: Whether the end of the text, or of the pair's, was left out.
    """

    label: str | None
    labels: tuple[str, ...]
    probabilities: Mapping[str, float]
    number: float | None = None
    truncated: bool = False


class Classifier:
    """An encoder that tells labels, or a number, of texts or of pairs; as it was trained.

    Args:
        runner: Its network, and how it runs.
    """

    def __init__(self, runner: EncoderRunner) -> None:
        self.runner = runner
        self.model = runner.model
        self.tokenizer = runner.tokenizer
        self.config = runner.config

    @property
    def max_tokens(self) -> int:
        """The most tokens that a text or a pair may have, special ones included."""
        return self.runner.max_tokens

    def classify(
        self,
        texts: Sequence[str],
        pairs: Sequence[str] | None = None,
        *,
        long: Long = "truncate",
        batch_tokens: int = BATCH_TOKENS,
        progress: Progress | None = None,
    ) -> list[Classification]:
        """Classify texts, or pairs of texts.

        Args:
            texts: Any number of them, none of them empty.
            pairs: The second text of each pair, as many; None for single texts.
            long: What to do with what is over the model's limit: leave out the end (of a pair's longer text
                first), split a single text into windows whose answers are averaged by their tokens, or raise.
            batch_tokens: About how many tokens are worked on at once.
            progress: Called with the number of texts done, every now and then.

        Returns:
            One answer a text or pair, in their order.

        Raises:
            InputError: A text is empty, a pair has but one, or one is over the limit and `long` is `error`.
        """
        check_call(texts, long, pairs)
        found: list[Classification] = []
        for rows in in_chunks(len(texts)):
            seconds = None if pairs is None else pairs[rows]
            tokens = self.runner.tokenise(texts[rows], seconds, long=long, first=rows.start)
            answers = self.runner.run_tokens(tokens, self._read, batch_tokens=batch_tokens, progress=progress)
            found += map(self._classification, tokens, answers)
        return found

    def _read(self, batch: Packed, _windows: list[TextTokens]) -> list[np.ndarray]:
        logits = self.model(batch).float()
        if self.config.task == "regression":
            answers = logits
        elif self.config.several_labels:
            answers = logits.sigmoid()
        else:
            answers = torch.softmax(logits, dim=-1)
        return list(answers.cpu().numpy())

    def _classification(
        self, windows: list[TextTokens], answers: list[Float[np.ndarray, " labels"]]
    ) -> Classification:
        mean = np.average(answers, axis=0, weights=[len(window) for window in windows])
        truncated = windows[0].truncated
        if self.config.task == "regression":
            return Classification(None, (), {}, float(mean[0]), truncated)
        probabilities = dict(zip(self.config.labels, mean.tolist(), strict=True))
        ranked = sorted(probabilities, key=lambda label: -probabilities[label])
        several = self.config.several_labels
        labels = tuple(label for label in ranked if probabilities[label] > _HALF) if several else (ranked[0],)
        return Classification(next(iter(labels), None), labels, probabilities, truncated=truncated)
