"""To make vectors of texts: near to each other where the texts say the same."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from manyheads.batches.labelled_batches import (
    EncodedTexts,
    PairBatch,
    PlannedBatches,
    join_texts,
    pack_partner_rows,
)
from manyheads.batches.packed import Packed
from manyheads.errors import InputError
from manyheads.model.bert import EncoderModel
from manyheads.model.pooling import pool
from manyheads.recipes.encoder_recipe import Embedding, EncoderRecipe
from manyheads.training.device import Placement
from manyheads.training.embedding_loss import cosine_loss, ranking_loss
from manyheads.training.encoded_corpus import encode, read_texts
from manyheads.training.encoder_corpus import Examples, Parts, corpus_tokenizer, read_parts, read_rows
from manyheads.training.encoder_start import Start, read_before, start
from manyheads.training.encoder_task import EncoderTask
from manyheads.training.loss import Loss
from manyheads.training.objective import Part
from manyheads.training.regression import correlations
from manyheads.training.task import Verdict

_RANKED = 64
"""Pairs among which a partner is looked for when a model is tried."""


@dataclass(frozen=True)
class PairCorpus:
    """Pairs of texts, each text with tokens of its own.

    Attributes:
        parts: The pairs and their scores.
        texts: Of each part the n first texts, then their n partners.
        cut: How many texts were longer than the limit.
        max_tokens: The limit.
    """

    parts: Parts[float]
    texts: dict[Part, EncodedTexts]
    cut: int
    max_tokens: int

    noun = "pairs"

    def count(self, part: Part) -> int:
        """Count the pairs of a part.

        Args:
            part: Which.

        Returns:
            How many.
        """
        return len(self.examples(part))

    def examples(self, part: Part) -> Examples[float]:
        """Take the pairs of a part.

        Args:
            part: Which.

        Returns:
            The pairs.
        """
        return getattr(self.parts, part)

    def lines(self) -> list[str]:
        """Say how much there is.

        Returns:
            A line for each part that has pairs, and how many texts were cut.
        """
        return [
            *(
                f"{part}: {self.count(part):,} pairs, {len(texts.token_ids):,} tokens"
                for part, texts in self.texts.items()
                if self.count(part)
            ),
            *([f"{self.cut:,} texts were cut to {self.max_tokens} tokens"] if self.cut else []),
        ]


@dataclass(frozen=True)
class Embeddings:
    """Vectors of texts.

    Attributes:
        corpus: The pairs.
        batches: What is learned from.
        asked: How vectors are made and what is asked of them.
        batch_tokens: The most tokens of a batch when the model is tried.
        device: Where the network is.
    """

    corpus: PairCorpus
    batches: PlannedBatches[PairBatch]
    asked: Embedding
    batch_tokens: int
    device: torch.device

    about = "makes vectors of texts, near to each other where they say the same"

    @property
    def unit(self) -> str:
        """What the loss counts."""
        return "squared error of the cosine" if self.asked.loss == "cosine" else "nats a pair"

    def lines(self) -> list[str]:
        """Say what is learned from.

        Returns:
            A line for each part, and what is asked.
        """
        asked = self.asked
        wanted = {
            "cosine": f"the cosine of a pair is to be its score, {asked.lowest:g} to {asked.highest:g}",
            "ranking": "a text is to be nearest to its own partner among those of the batch",
        }
        return [*self.corpus.lines(), f"learned: {wanted[asked.loss]}"]

    def embed(self, model: EncoderModel, texts: Packed) -> Float[Tensor, "sequences d_model"]:
        """Make a vector of length one of each text.

        Args:
            model: The network.
            texts: The texts, on its device.

        Returns:
            The vectors.
        """
        return F.normalize(pool(model.bert(texts), texts.lengths, self.asked.pooling), dim=1)

    def loss(self, model: EncoderModel, batch: PairBatch, smoothing: float) -> Loss:
        """Sum the loss of a batch's pairs.

        Args:
            model: The network.
            batch: Pairs and their scores.
            smoothing: Share of the probability that is spread over the partners, where they are ranked.

        Returns:
            The sums.
        """
        vectors = self.embed(model, batch.texts)
        first, second = vectors[batch.first], vectors[batch.second]
        if self.asked.loss == "cosine":
            return cosine_loss(first, second, batch.labels)
        return ranking_loss(first, second, batch.same, scale=self.asked.scale, smoothing=smoothing)

    def judge(self, model: EncoderModel, part: Part) -> Verdict:
        """Compare the cosines of a part's pairs with their scores.

        Args:
            model: The network, in evaluation mode.
            part: Which part.

        Returns:
            Spearman's and Pearson's correlation, where pairs have scores that differ.
        """
        pairs = self.corpus.examples(part)
        vectors = read_texts(
            self.corpus.texts[part],
            partial(self.embed, model),
            batch_tokens=self.batch_tokens,
            device=self.device,
        )
        first, second = vectors[: len(pairs)], vectors[len(pairs) :]
        cosines = (first * second).sum(dim=1).tolist()
        sample = (
            ("text", pairs.texts[0]),
            ("partner", (pairs.pairs or [""])[0]),
            ("cosine", f"{cosines[0]:.3f}"),
            ("score", f"{pairs.labels[0]:.3f}"),
        )
        return Verdict(self._loss(first, second, pairs), correlations(cosines, pairs.labels), "", sample)

    def _loss(
        self,
        first: Float[Tensor, "pairs d_model"],
        second: Float[Tensor, "pairs d_model"],
        pairs: Examples[float],
    ) -> float:
        if self.asked.loss == "cosine":
            return cosine_loss(first, second, torch.tensor(pairs.labels)).plain.item() / len(pairs)
        kept = torch.tensor(positives(pairs, self.asked))
        first, second, total = first[kept], second[kept], 0.0
        for begin in range(0, len(kept), _RANKED):
            part = slice(begin, begin + _RANKED)
            total += ranking_loss(first[part], second[part], None, scale=self.asked.scale).plain.item()
        return total / max(len(kept), 1)


def positives(pairs: Examples[float], asked: Embedding) -> list[int]:
    """List the pairs that belong together.

    Args:
        pairs: The pairs, their scores from 0 to 1.
        asked: Says from which score on they do.

    Returns:
        Their numbers.
    """
    least = (asked.positive - asked.lowest) / (asked.highest - asked.lowest)
    return [number for number, score in enumerate(pairs.labels) if score >= least - 1e-9]


def _read(recipe: EncoderRecipe, path: Path) -> Examples[float]:
    """Read pairs; their scores come to lie between 0 and 1, and are 1 where there are none."""
    rows, asked = read_rows(recipe, path), recipe.embedding
    if recipe.corpus.label is None:
        return Examples(rows.texts, rows.pairs, [1.0] * len(rows.texts), rows.place)
    scores = [(number - asked.lowest) / (asked.highest - asked.lowest) for number in rows.numbers()]
    for number, score in enumerate(scores):
        if not 0 <= score <= 1:
            raise InputError(
                f"a score must be between embedding.lowest ({asked.lowest:g}) and embedding.highest "
                f"({asked.highest:g}), but {rows.place(number)} has {rows.labels[number]}"
            )
    return Examples(rows.texts, rows.pairs, scores, rows.place)


def make_embedding(recipe: EncoderRecipe, folder: Path, placement: Placement) -> EncoderTask:
    """Prepare everything that a recipe for vectors names.

    Args:
        recipe: What is asked for.
        folder: Where the run keeps its vocabulary, if it learns one.
        placement: Where and in which precision.

    Returns:
        The task.
    """
    asked = recipe.embedding
    parts = read_parts(recipe, partial(_read, recipe))
    if asked.loss == "ranking":
        kept = positives(parts.train, asked)
        if len(kept) < 2:
            raise InputError(
                f"ranking needs at least 2 pairs that belong together, but {len(kept)} of "
                f"{len(parts.train):,} score {asked.positive:g} or more; lower embedding.positive"
            )
        parts = Parts(parts.train.take(np.array(kept)), parts.valid, parts.test)
    begun = start(
        recipe,
        read_before(recipe),
        partial(corpus_tokenizer, recipe, folder, parts.train.all_texts),
        pooling=asked.pooling,
        normalize=asked.normalize,
    )
    corpus = _encode(parts, begun)
    return EncoderTask(recipe, begun, _objective(recipe, corpus, placement.device))


def _objective(recipe: EncoderRecipe, corpus: PairCorpus, device: torch.device) -> Embeddings:
    texts, pairs = corpus.texts["train"], corpus.parts.train
    _, names = np.unique(pairs.all_texts(), return_inverse=True)
    pack = partial(pack_partner_rows, texts, np.array(pairs.labels, np.float32), names)
    batches = PlannedBatches(
        texts.lengths.reshape(2, -1), budget=recipe.training.batch_tokens, seed=recipe.seed, pack=pack
    )
    return Embeddings(corpus, batches, recipe.embedding, recipe.validation.batch_tokens, device)


def _encode(parts: Parts[float], begun: Start) -> PairCorpus:
    texts: dict[Part, EncodedTexts] = {}
    cut = 0
    for part in ("train", "valid", "test"):
        pairs: Examples[float] = getattr(parts, part)
        prompted = [
            [begun.config.prompt + text for text in side] for side in (pairs.texts, pairs.pairs or ())
        ]
        sides = [encode(begun.tokenizer, side, None, max_tokens=begun.max_tokens) for side in prompted]
        texts[part] = join_texts(sides[0][0], sides[1][0])
        cut += sides[0][1] + sides[1][1]
    return PairCorpus(parts, texts, cut, begun.max_tokens)
