"""To tell the tag of every word: names of people and places, parts of speech."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from manyheads.batches.labelled_batches import LabelledBatch, PlannedBatches, pack_tag_rows
from manyheads.errors import InputError, suggest
from manyheads.evaluation.tagging import score_tags
from manyheads.model.bert import EncoderModel
from manyheads.recipes.encoder_recipe import EncoderRecipe
from manyheads.text.labelled import TaggedSentence, read_conll
from manyheads.text.text_tokens import TextTokens
from manyheads.training.device import Placement
from manyheads.training.encoded_corpus import EncodedCorpus, encode_parts, read_texts
from manyheads.training.encoder_corpus import Examples, Parts, corpus_tokenizer, read_parts
from manyheads.training.encoder_start import Start, known_labels, read_before, start
from manyheads.training.encoder_task import EncoderTask
from manyheads.training.loss import Loss
from manyheads.training.objective import Part
from manyheads.training.task import Verdict

_NONE = -1
"""The word of a token that is not the first of one: nothing is told of it."""
_OUTSIDE = "O"


@dataclass(frozen=True)
class Tagging:
    """Tags of words, each told at the first piece of its word.

    Attributes:
        labels: The tags, in the order of the head's rows.
        corpus: The examples.
        words: Of each token of each part which word of its sentence it begins, or -1.
        batches: What is learned from.
        weights: What a mistake about each tag costs; None where all cost the same.
        batch_tokens: The most tokens of a batch when the model is tried.
        device: Where the network is.
    """

    labels: tuple[str, ...]
    corpus: EncodedCorpus[TaggedSentence]
    words: dict[Part, Int[np.ndarray, " tokens"]]
    batches: PlannedBatches[LabelledBatch]
    weights: Float[Tensor, " labels"] | None
    batch_tokens: int
    device: torch.device

    unit = "nats a word"

    @property
    def about(self) -> str:
        """What the model does."""
        return f"tells which of {len(self.labels)} tags words have"

    def lines(self) -> list[str]:
        """Say what is learned from.

        Returns:
            A line for each part, and how often each tag stands in the training part.
        """
        counts = Counter(tag for sentence in self.corpus.parts.train.labels for tag in sentence.tags)
        return [
            *self.corpus.lines(),
            "tags: " + ", ".join(f"{label} ({counts[label]:,})" for label in self.labels),
        ]

    def loss(self, model: EncoderModel, batch: LabelledBatch, smoothing: float) -> Loss:
        """Sum the cross-entropy of a batch's words.

        Args:
            model: The network.
            batch: Sentences, and the tags of the tokens that begin a word.
            smoothing: Share of the probability that is spread over the tags.

        Returns:
            The sums; the plain one is not weighted.
        """
        if model.head is None or batch.places is None:
            raise ValueError("tags are told by a head at places, but the model or the batch has none")
        logits = model.head(model.bert(batch.texts)[batch.places]).float()
        smoothed = F.cross_entropy(
            logits, batch.labels, self.weights, reduction="sum", label_smoothing=smoothing
        )
        return Loss(smoothed, F.cross_entropy(logits, batch.labels, reduction="sum").detach())

    def judge(self, model: EncoderModel, part: Part) -> Verdict:
        """Tell the tags of a part's words and count entities.

        Args:
            model: The network, in evaluation mode.
            part: Which part.

        Returns:
            F1 of entities, the mean of its types' F1, and the share of right tags.
        """
        texts, sentences = self.corpus.texts[part], self.corpus.examples(part).labels
        logits = read_texts(texts, model, batch_tokens=self.batch_tokens, device=self.device, tokens=True)
        words = self.words[part]
        labels = torch.from_numpy(tag_rows(sentences, texts.lengths, words, self.labels))
        told = labels >= 0
        loss = F.cross_entropy(logits[told], labels[told]).item()
        said = self._said(sentences, texts.lengths, words, logits.argmax(dim=1).numpy())
        scores = score_tags(said, [sentence.tags for sentence in sentences])
        sample = (
            ("words", " ".join(sentences[0].words)),
            ("model", " ".join(said[0])),
            ("tags", " ".join(sentences[0].tags)),
        )
        figures = {"f1": scores.micro.f1, "macro_f1": scores.macro_f1, "accuracy": scores.tag_accuracy}
        return Verdict(loss, figures, "", sample)

    def _said(
        self,
        sentences: Sequence[TaggedSentence],
        lengths: Int[np.ndarray, " texts"],
        words: Int[np.ndarray, " tokens"],
        best: Int[np.ndarray, " tokens"],
    ) -> list[list[str]]:
        """List what is said of each word; one that was cut off, or has no piece, is outside of everything."""
        said = [[_OUTSIDE] * len(sentence.words) for sentence in sentences]
        owner = np.repeat(np.arange(len(sentences)), lengths)
        for place in np.flatnonzero(words != _NONE).tolist():
            said[owner[place]][words[place]] = self.labels[best[place]]
        return said


def first_pieces(tokens: TextTokens, words: Sequence[str]) -> list[int]:
    """Say which tokens begin a word of a sentence whose words are joined by spaces.

    Args:
        tokens: The sentence's tokens.
        words: Its words.

    Returns:
        Of each token the number of the word whose first piece it is, or -1.
    """
    ends = list(accumulate(len(word) + 1 for word in words))
    found, number, before = [], 0, _NONE
    for side, (begin, end) in zip(tokens.sides, tokens.offsets, strict=True):
        if side is None or end <= begin:
            found.append(_NONE)
            continue
        # A piece may have the space before it within: its last character tells the word.
        while ends[number] < end:
            number += 1
        found.append(number if number != before else _NONE)
        before = number
    return found


def tag_rows(
    sentences: Sequence[TaggedSentence],
    lengths: Int[np.ndarray, " texts"],
    words: Int[np.ndarray, " tokens"],
    labels: Sequence[str],
) -> Int[np.ndarray, " tokens"]:
    """Write tags as the numbers of the head's rows.

    Args:
        sentences: The sentences.
        lengths: Tokens of each.
        words: Which word each token begins, or -1.
        labels: The tags, in the order of the head's rows.

    Returns:
        A number for each token; -1 where none is to be told.
    """
    rows = {label: row for row, label in enumerate(labels)}
    owner = np.repeat(np.arange(len(sentences)), lengths)
    told = np.full(len(words), _NONE, np.int64)
    for place in np.flatnonzero(words != _NONE).tolist():
        told[place] = rows[sentences[owner[place]].tags[words[place]]]
    return told


def make_tagging(recipe: EncoderRecipe, folder: Path, placement: Placement) -> EncoderTask:
    """Prepare everything that a recipe for tags names.

    Args:
        recipe: What is asked for.
        folder: Where the run keeps its vocabulary, if it learns one.
        placement: Where and in which precision.

    Returns:
        The task.
    """
    before = read_before(recipe)
    parts = read_parts(recipe, _read)
    labels = known_labels(before, tuple(sorted({tag for each in parts.train.labels for tag in each.tags})))
    _check_known(parts, labels)
    vocabulary = partial(corpus_tokenizer, recipe, folder, parts.train.all_texts)
    begun = start(recipe, before, vocabulary, labels=labels)
    return EncoderTask(recipe, begun, _objective(recipe, parts, begun, placement.device))


def _objective(
    recipe: EncoderRecipe, parts: Parts[TaggedSentence], begun: Start, device: torch.device
) -> Tagging:
    pieces: dict[Part, list[int]] = {"train": [], "valid": [], "test": []}

    def note(part: Part) -> Callable[[int, TextTokens], None]:
        sentences: Sequence[TaggedSentence] = getattr(parts, part).labels
        return lambda number, tokens: pieces[part].extend(first_pieces(tokens, sentences[number].words))

    corpus = encode_parts(begun.tokenizer, parts, max_tokens=begun.max_tokens, noun="sentences", note=note)
    labels, train = begun.config.labels, corpus.texts["train"]
    words: dict[Part, Int[np.ndarray, " tokens"]] = {
        part: np.array(numbers, np.int64) for part, numbers in pieces.items()
    }
    rows = tag_rows(parts.train.labels, train.lengths, words["train"], labels)
    weights = None
    if recipe.labels.class_weights == "balanced":
        counts = np.maximum(np.bincount(rows[rows >= 0], minlength=len(labels)), 1)
        weights = torch.from_numpy(counts.sum() / (len(labels) * counts)).float().to(device)
    return Tagging(
        labels=labels,
        corpus=corpus,
        words=words,
        batches=corpus.batches(recipe, partial(pack_tag_rows, train, rows)),
        weights=weights,
        batch_tokens=recipe.validation.batch_tokens,
        device=device,
    )


def _read(path: Path) -> Examples[TaggedSentence]:
    sentences = read_conll(path)
    return Examples(
        [" ".join(sentence.words) for sentence in sentences],
        None,
        sentences,
        lambda number: f"the sentence at line {sentences[number].line} of {path}",
    )


def _check_known(parts: Parts[TaggedSentence], labels: Sequence[str]) -> None:
    for part in (parts.valid, parts.test):
        for number, sentence in enumerate(part.labels):
            for word, tag in zip(sentence.words, sentence.tags, strict=True):
                if tag not in labels:
                    known = ", ".join(f"'{name}'" for name in labels)
                    raise InputError(
                        f"a tag must be one of those learned from ({known}), but {part.place(number)} has "
                        f"'{tag}' for '{word}'{suggest(tag, labels)}"
                    )
