"""To tell the label of a text or a pair, or all of its labels."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Num
from torch import Tensor
from torch.nn import functional as F

from manyheads.batches.labelled_batches import LabelledBatch, PlannedBatches, pack_label_rows
from manyheads.errors import InputError, suggest
from manyheads.evaluation.classification import score_label_sets, score_labels
from manyheads.model.bert import EncoderModel
from manyheads.recipes.encoder_recipe import EncoderRecipe
from manyheads.training.device import Placement
from manyheads.training.encoded_corpus import EncodedCorpus, encode_parts, read_texts
from manyheads.training.encoder_corpus import Examples, Parts, corpus_tokenizer, read_parts, read_rows
from manyheads.training.encoder_start import Start, known_labels, read_before, start
from manyheads.training.encoder_task import EncoderTask
from manyheads.training.loss import Loss
from manyheads.training.objective import Part
from manyheads.training.task import Verdict

Sets = tuple[str, ...]
"""The labels of a text: one, or any number where there may be several."""


@dataclass(frozen=True)
class Classification:
    """Labels of texts.

    Attributes:
        labels: Their names, in the order of the head's rows.
        several: Whether a text may have any number of them, each by itself.
        corpus: The examples.
        batches: What is learned from.
        weights: What a mistake about each label costs, 1 on average over the texts; None where all are one.
        batch_tokens: The most tokens of a batch when the model is tried.
        device: Where the network is.
    """

    labels: tuple[str, ...]
    several: bool
    corpus: EncodedCorpus[Sets]
    batches: PlannedBatches[LabelledBatch]
    weights: Float[Tensor, " labels"] | None
    batch_tokens: int
    device: torch.device

    unit = "nats a text"

    @property
    def about(self) -> str:
        """What the model does."""
        return f"tells which of {len(self.labels)} labels {self.corpus.noun} have"

    def lines(self) -> list[str]:
        """Say what is learned from.

        Returns:
            A line for each part, and how often each label stands in the training part.
        """
        counts = Counter(label for labels in self.corpus.parts.train.labels for label in labels)
        listed = ", ".join(f"{label} ({counts[label]:,})" for label in self.labels)
        return [*self.corpus.lines(), f"labels: {listed}"]

    def loss(self, model: EncoderModel, batch: LabelledBatch, smoothing: float) -> Loss:
        """Sum the cross-entropy of a batch's texts, weighted if that is asked for.

        Args:
            model: The network.
            batch: Texts and their labels.
            smoothing: Share of the probability that is spread over the labels.

        Returns:
            The sums; the plain one is not weighted.
        """
        return label_loss(model(batch.texts).float(), batch.labels, weights=self.weights, smoothing=smoothing)

    def judge(self, model: EncoderModel, part: Part) -> Verdict:
        """Tell the labels of a part's texts and score them.

        Args:
            model: The network, in evaluation mode.
            part: Which part.

        Returns:
            Accuracy and macro F1, or F1 over all labels where there are several.
        """
        examples, texts = self.corpus.examples(part), self.corpus.texts[part]
        logits = read_texts(texts, model, batch_tokens=self.batch_tokens, device=self.device)
        rows = torch.from_numpy(label_rows(examples.labels, self.labels, several=self.several))
        loss = label_loss(logits, rows, weights=None, smoothing=0.0).plain.item() / len(examples)
        said = told_labels(logits, self.labels, several=self.several)
        sample = (
            ("text", " | ".join([examples.texts[0], *(examples.pairs or [])[:1]])),
            ("model", ", ".join(said[0])),
            ("label", ", ".join(examples.labels[0])),
        )
        return Verdict(loss, self._scores(said, examples.labels), "", sample)

    def _scores(self, said: Sequence[Sets], right: Sequence[Sets]) -> dict[str, float]:
        if self.several:
            sets = score_label_sets(said, right, self.labels)
            return {"f1": sets.micro.f1, "macro_f1": sets.macro_f1, "accuracy": sets.exact}
        scores = score_labels([name for (name,) in said], [name for (name,) in right], self.labels)
        return {"accuracy": scores.accuracy, "macro_f1": scores.macro_f1}


def label_loss(
    logits: Float[Tensor, "rows labels"],
    labels: Num[Tensor, "rows *_"],
    *,
    weights: Float[Tensor, " labels"] | None,
    smoothing: float,
) -> Loss:
    """Compute the loss of rows that have one label each, or yes and no for every label.

    Args:
        logits: The network's scores.
        labels: The right label's number; or for each label 1 where it is right and 0 where it is not.
        weights: What a mistake about each label costs.
        smoothing: Share of the probability that is spread over the labels.

    Returns:
        The sums over the rows; of several labels the mean over them is a row's loss.
    """
    if labels.ndim > 1:
        wanted = labels.float() * (1 - smoothing) + smoothing / 2
        smoothed = F.binary_cross_entropy_with_logits(logits, wanted, weights, reduction="none")
        plain = F.binary_cross_entropy_with_logits(logits, labels.float(), reduction="none")
        return Loss(smoothed.mean(dim=1).sum(), plain.mean(dim=1).sum().detach())
    smoothed = F.cross_entropy(logits, labels, weights, reduction="sum", label_smoothing=smoothing)
    return Loss(smoothed, F.cross_entropy(logits, labels, reduction="sum").detach())


def label_rows(labels: Sequence[Sets], names: Sequence[str], *, several: bool) -> Num[np.ndarray, "rows *_"]:
    """Write labels as numbers: one a text, or a row of ones and zeros.

    Args:
        labels: The labels of each text.
        names: All labels, in the order of the head's rows.
        several: Whether a text may have any number of them.

    Returns:
        The numbers.
    """
    rows = {name: row for row, name in enumerate(names)}
    if not several:
        return np.array([rows[name] for (name,) in labels], np.int64)
    table = np.zeros((len(labels), len(names)), np.float32)
    for number, each in enumerate(labels):
        table[number, [rows[name] for name in each]] = 1
    return table


def told_labels(logits: Float[Tensor, "rows labels"], names: Sequence[str], *, several: bool) -> list[Sets]:
    """Read labels off scores: the highest one, or all above zero, which is a probability of one half.

    Args:
        logits: The network's scores.
        names: All labels, in the order of the head's rows.
        several: Whether a text may have any number of them.

    Returns:
        The labels of each row.
    """
    if several:
        return [tuple(name for name, yes in zip(names, row, strict=True) if yes) for row in logits > 0]
    best: list[int] = logits.argmax(dim=1).tolist()
    return [(names[row],) for row in best]


def balanced_weights(labels: Sequence[Sets], names: Sequence[str]) -> Float[Tensor, " labels"]:
    """Let every label count the same in all, however rare it is.

    Args:
        labels: The labels of each training text.
        names: All labels.

    Returns:
        Texts / (labels x texts with this label), which is 1 where labels are even.
    """
    counts = Counter(label for each in labels for label in each)
    return torch.tensor([len(labels) / (len(names) * counts[name]) for name in names])


def make_classification(recipe: EncoderRecipe, folder: Path, placement: Placement) -> EncoderTask:
    """Prepare everything that a recipe for labels names.

    Args:
        recipe: What is asked for.
        folder: Where the run keeps its vocabulary, if it learns one.
        placement: Where and in which precision.

    Returns:
        The task.
    """
    before, several = read_before(recipe), recipe.labels.several
    parts = read_parts(recipe, partial(_read, recipe))
    labels = known_labels(before, tuple(sorted({label for each in parts.train.labels for label in each})))
    check_known(parts, labels)
    vocabulary = partial(corpus_tokenizer, recipe, folder, parts.train.all_texts)
    begun = start(recipe, before, vocabulary, labels=labels, several_labels=several)
    return EncoderTask(recipe, begun, _objective(recipe, parts, begun, placement.device))


def _objective(
    recipe: EncoderRecipe, parts: Parts[Sets], begun: Start, device: torch.device
) -> Classification:
    labels, several = begun.config.labels, recipe.labels.several
    noun = "texts" if parts.train.pairs is None else "pairs"
    corpus = encode_parts(begun.tokenizer, parts, max_tokens=begun.max_tokens, noun=noun)
    rows = label_rows(parts.train.labels, labels, several=several)
    balanced = recipe.labels.class_weights == "balanced"
    return Classification(
        labels=labels,
        several=several,
        corpus=corpus,
        batches=corpus.batches(recipe, partial(pack_label_rows, corpus.texts["train"], rows)),
        weights=balanced_weights(parts.train.labels, labels).to(device) if balanced else None,
        batch_tokens=recipe.validation.batch_tokens,
        device=device,
    )


def _read(recipe: EncoderRecipe, path: Path) -> Examples[Sets]:
    rows = read_rows(recipe, path)
    labels = rows.label_sets() if recipe.labels.several else [(label,) for label in rows.labels]
    return Examples(rows.texts, rows.pairs, labels, rows.place)


def check_known(parts: Parts[Sets], labels: Sequence[str]) -> None:
    """Make sure that every label that is to be told can be told.

    Args:
        parts: The examples.
        labels: The labels of the training part.

    Raises:
        InputError: The validation or test part has another one; it is named with its place.
    """
    for part in (parts.valid, parts.test):
        for number, each in enumerate(part.labels):
            for label in each:
                if label not in labels:
                    known = ", ".join(f"'{name}'" for name in labels)
                    raise InputError(
                        f"a label must be one of those learned from ({known}), but {part.place(number)} has "
                        f"'{label}'{suggest(label, labels)}"
                    )
