"""To tell a number of a text or a pair: how alike two sentences are, how good a review is."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch

from manyheads.batches.labelled_batches import LabelledBatch, PlannedBatches, pack_label_rows
from manyheads.evaluation.similarity import correlate
from manyheads.model.bert import EncoderModel
from manyheads.model.heads import LabelHead
from manyheads.recipes.encoder_recipe import EncoderRecipe
from manyheads.training.device import Placement
from manyheads.training.encoded_corpus import EncodedCorpus, encode_parts, read_texts
from manyheads.training.encoder_corpus import Examples, corpus_tokenizer, read_parts, read_rows
from manyheads.training.encoder_start import read_before, start
from manyheads.training.encoder_task import EncoderTask
from manyheads.training.loss import Loss
from manyheads.training.objective import Part
from manyheads.training.task import Verdict


@dataclass(frozen=True)
class Regression:
    """Numbers of texts.

    Attributes:
        corpus: The examples.
        batches: What is learned from.
        variance: That of the numbers of the training part: errors are told as shares of it.
        batch_tokens: The most tokens of a batch when the model is tried.
        device: Where the network is.
    """

    corpus: EncodedCorpus[float]
    batches: PlannedBatches[LabelledBatch]
    variance: float
    batch_tokens: int
    device: torch.device

    unit = "squared error as a share of the variance"

    @property
    def about(self) -> str:
        """What the model does."""
        return f"tells a number of {self.corpus.noun}"

    def lines(self) -> list[str]:
        """Say what is learned from.

        Returns:
            A line for each part, and where the numbers lie.
        """
        numbers = self.corpus.parts.train.labels
        return [
            *self.corpus.lines(),
            f"numbers: {min(numbers):g} to {max(numbers):g}, {np.mean(numbers):.3f} on average",
        ]

    def loss(self, model: EncoderModel, batch: LabelledBatch, smoothing: float) -> Loss:
        """Sum the squared errors of a batch's texts.

        Args:
            model: The network.
            batch: Texts and their numbers.
            smoothing: Has no meaning here.

        Returns:
            The sum, twice.
        """
        errors = (model(batch.texts).float()[:, 0] - batch.labels) ** 2 / self.variance
        return Loss(errors.sum(), errors.sum().detach())

    def judge(self, model: EncoderModel, part: Part) -> Verdict:
        """Tell the numbers of a part's texts and correlate them with the right ones.

        Args:
            model: The network, in evaluation mode.
            part: Which part.

        Returns:
            Spearman's and Pearson's correlation.
        """
        examples, texts = self.corpus.examples(part), self.corpus.texts[part]
        said = read_texts(texts, model, batch_tokens=self.batch_tokens, device=self.device)[:, 0].tolist()
        errors = [(one - other) ** 2 for one, other in zip(said, examples.labels, strict=True)]
        sample = (
            ("text", " | ".join([examples.texts[0], *(examples.pairs or [])[:1]])),
            ("model", f"{said[0]:.2f}"),
            ("right", f"{examples.labels[0]:g}"),
        )
        return Verdict(
            float(np.mean(errors)) / self.variance, correlations(said, examples.labels), "", sample
        )


def correlations(said: Sequence[float], right: Sequence[float]) -> dict[str, float]:
    """Correlate a model's numbers with the right ones; of numbers that are all the same nothing follows.

    Args:
        said: What the model says.
        right: What is right.

    Returns:
        Spearman's and Pearson's correlation; 0 where there is none.
    """
    if min(len(set(said)), len(set(right))) < 2:
        return {"spearman": 0.0, "pearson": 0.0}
    found = correlate(said, right)
    return {"spearman": found.spearman, "pearson": found.pearson}


def read_numbers(recipe: EncoderRecipe, path: Path) -> Examples[float]:
    """Read texts or pairs with a number for each.

    Args:
        recipe: Says which columns they are.
        path: The file.

    Returns:
        The examples.
    """
    rows = read_rows(recipe, path)
    return Examples(rows.texts, rows.pairs, rows.numbers(), rows.place)


def make_regression(recipe: EncoderRecipe, folder: Path, placement: Placement) -> EncoderTask:
    """Prepare everything that a recipe for numbers names.

    Args:
        recipe: What is asked for.
        folder: Where the run keeps its vocabulary, if it learns one.
        placement: Where and in which precision.

    Returns:
        The task.
    """
    parts = read_parts(recipe, partial(read_numbers, recipe))
    numbers = np.array(parts.train.labels, np.float32)
    begun = start(
        recipe, read_before(recipe), partial(corpus_tokenizer, recipe, folder, parts.train.all_texts)
    )
    if isinstance(begun.model.head, LabelHead) and begun.drew("head"):
        # What is not known yet is best guessed by the mean: the head has to learn what differs from it.
        torch.nn.init.constant_(begun.model.head.output.bias, float(numbers.mean()))
    noun = "texts" if parts.train.pairs is None else "pairs"
    corpus = encode_parts(begun.tokenizer, parts, max_tokens=begun.max_tokens, noun=noun)
    objective = Regression(
        corpus=corpus,
        batches=corpus.batches(recipe, partial(pack_label_rows, corpus.texts["train"], numbers)),
        variance=float(numbers.var()) or 1.0,
        batch_tokens=recipe.validation.batch_tokens,
        device=placement.device,
    )
    return EncoderTask(recipe, begun, objective)
