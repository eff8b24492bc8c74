"""Texts with their labels, and pairs of texts, to packed batches that training takes in its order."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, TypeVar

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, Num
from torch import Tensor

from manyheads.batches.budget import cut, plan_epoch
from manyheads.batches.packed import Lengths, Packed
from manyheads.shapes import TokenIds
from manyheads.text.text_tokens import TextTokens

Rows = Int[np.ndarray, " batch_rows"]
Batch = TypeVar("Batch")


@dataclass(frozen=True)
class EncodedTexts:
    """Tokenised texts in three arrays instead of many small lists.

    Attributes:
        token_ids: Those of all texts, one after another.
        segment_ids: Of a pair's first or second text; None where all are of the first.
        lengths: Tokens of each text.
    """

    token_ids: Int[np.ndarray, " tokens"]
    segment_ids: Int[np.ndarray, " tokens"] | None
    lengths: Int[np.ndarray, " texts"]

    def __len__(self) -> int:
        """Count the texts."""
        return len(self.lengths)

    def places(self, rows: Rows) -> Int[np.ndarray, " taken"]:
        """Say where the tokens of some texts stand, one text after another.

        Args:
            rows: Which texts.

        Returns:
            Places in `token_ids`.
        """
        lengths = self.lengths[rows]
        starts = (np.cumsum(self.lengths) - self.lengths)[rows]
        within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        return np.repeat(starts, lengths) + within

    def take(self, rows: Rows) -> Packed:
        """Pack some of the texts.

        Args:
            rows: Which, in the order wanted.

        Returns:
            The batch, on the CPU.
        """
        places = self.places(rows)
        segments = None if self.segment_ids is None else _tensor(self.segment_ids[places])
        return Packed(_tensor(self.token_ids[places]), Lengths(tuple(self.lengths[rows].tolist())), segments)


def encode_texts(texts: Iterable[TextTokens]) -> EncodedTexts:
    """Put tokenised texts into arrays.

    Args:
        texts: Their tokens; they are let go one by one.

    Returns:
        The arrays.
    """
    ids, segments, lengths = [np.empty(0, np.int32)], [np.empty(0, np.int8)], []
    for tokens in texts:
        ids.append(np.asarray(tokens.token_ids, np.int32))
        segments.append(np.asarray(tokens.segment_ids, np.int8))
        lengths.append(len(tokens))
    segment_ids = np.concatenate(segments)
    return EncodedTexts(
        np.concatenate(ids), segment_ids if segment_ids.any() else None, np.array(lengths, np.int64)
    )


def join_texts(first: EncodedTexts, second: EncodedTexts) -> EncodedTexts:
    """Put the texts of two sides one behind the other; single texts have no segments.

    Args:
        first: n texts.
        second: Some more.

    Returns:
        All of them, those of the second side from row n on.
    """
    return EncodedTexts(
        np.concatenate([first.token_ids, second.token_ids]),
        None,
        np.concatenate([first.lengths, second.lengths]),
    )


@dataclass(frozen=True)
class LabelledBatch:
    """Packed texts and what is to be told of them, or of some of their tokens.

    Attributes:
        texts: The texts.
        labels: What is to be told: a row for each text, or for each of `places`.
        places: Which tokens the labels are of; None where they are of whole texts.
    """

    texts: Packed
    labels: Num[Tensor, "counted *_"]
    places: TokenIds | None = None

    @property
    def tokens(self) -> int:
        """Count the tokens, special ones included."""
        return self.texts.lengths.total

    def to(self, device: torch.device) -> "LabelledBatch":
        """Copy the batch to a device.

        Args:
            device: Where to.

        Returns:
            The batch there.
        """
        places = None if self.places is None else self.places.to(device)
        return LabelledBatch(self.texts.to(device), self.labels.to(device), places)


@dataclass(frozen=True)
class PairBatch:
    """Pairs of texts, each text packed by itself.

    Attributes:
        texts: All texts, the shortest first.
        first: Which of them is the first text of each pair.
        second: Which is its partner.
        labels: How much a pair has in common, from 0 to 1.
        same: Whether row i's text or partner is the very text that row j has for a partner, but for i = j.
    """

    texts: Packed
    first: Int[Tensor, " pairs"]
    second: Int[Tensor, " pairs"]
    labels: Float[Tensor, " pairs"]
    same: Bool[Tensor, "pairs pairs"]

    @property
    def tokens(self) -> int:
        """Count the tokens of both sides, special ones included."""
        return self.texts.lengths.total

    def to(self, device: torch.device) -> "PairBatch":
        """Copy the batch to a device.

        Args:
            device: Where to.

        Returns:
            The batch there.
        """
        parts = (part.to(device) for part in (self.first, self.second, self.labels, self.same))
        return PairBatch(self.texts.to(device), *parts)


def pack_label_rows(texts: EncodedTexts, labels: Num[np.ndarray, "texts *_"], rows: Rows) -> LabelledBatch:
    """Pack texts with a label, a number, or a row of yes and no for each.

    Args:
        texts: All texts.
        labels: What is to be told of each.
        rows: Which texts, in the order wanted.

    Returns:
        The batch, on the CPU.
    """
    return LabelledBatch(texts.take(rows), torch.from_numpy(labels[rows]))


def pack_tag_rows(texts: EncodedTexts, tags: Int[np.ndarray, " tokens"], rows: Rows) -> LabelledBatch:
    """Pack texts with a label for some of their tokens.

    Args:
        texts: All texts.
        tags: A label for each of their tokens; below 0 where there is none to be told.
        rows: Which texts, in the order wanted.

    Returns:
        The batch, on the CPU.
    """
    taken = tags[texts.places(rows)]
    places = np.flatnonzero(taken >= 0)
    return LabelledBatch(texts.take(rows), _tensor(taken[places]), _tensor(places))


def pack_partner_rows(
    texts: EncodedTexts, scores: Float[np.ndarray, " pairs"], names: Int[np.ndarray, " texts"], rows: Rows
) -> PairBatch:
    """Pack pairs of texts whose vectors will be compared.

    Args:
        texts: The n first texts, then their n partners.
        scores: How much each pair has in common, from 0 to 1.
        names: A number for each text, the same for the same text.
        rows: Which pairs.

    Returns:
        The batch, on the CPU.
    """
    both = np.concatenate([rows, rows + len(scores)])
    order = np.argsort(texts.lengths[both], kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    first, second = names[rows], names[rows + len(scores)]
    same = (second[None, :] == second[:, None]) | (second[None, :] == first[:, None])
    np.fill_diagonal(same, val=False)
    return PairBatch(
        texts.take(both[order]),
        _tensor(place[: len(rows)]),
        _tensor(place[len(rows) :]),
        torch.from_numpy(scores[rows].astype(np.float32)),
        torch.from_numpy(same),
    )


class PlannedBatches(Generic[Batch]):
    """Endless batches of rows of about equal length, each a function of (seed, position).

    Args:
        lengths: Tokens of each row, on each side where there are two.
        budget: The most tokens of a batch.
        seed: Decides the order.
        pack: Makes a batch of rows.
    """

    def __init__(
        self, lengths: Int[np.ndarray, "sides rows"], *, budget: int, seed: int, pack: Callable[[Rows], Batch]
    ) -> None:
        self._lengths = lengths
        self._budget = budget
        self._seed = seed
        self._pack = pack
        self._epoch = lru_cache(maxsize=2)(self._plan)
        self.per_epoch = len(self._epoch(0))

    def _plan(self, epoch: int) -> list[Rows]:
        return plan_epoch(self._lengths, budget=self._budget, seed=self._seed, epoch=epoch)

    def batch(self, position: int) -> Batch:
        """Make the batch at a position.

        Args:
            position: Batches before it since the run began.

        Returns:
            The batch, on the CPU.
        """
        epoch, index = divmod(position, self.per_epoch)
        return self._pack(self._epoch(epoch)[index])


def in_order_of_length(lengths: Int[np.ndarray, " rows"], budget: int) -> list[Rows]:
    """Cut all rows into batches, the shortest first: for trying a model, where order means nothing.

    Args:
        lengths: Tokens of each row.
        budget: The most tokens of a batch.

    Returns:
        The rows of each batch.
    """
    order = np.argsort(lengths, kind="stable")
    return [order[part] for part in cut(lengths[order], budget)]


def _tensor(values: Int[np.ndarray, " _"]) -> Int[Tensor, " _"]:
    return torch.from_numpy(values.astype(np.int64))
