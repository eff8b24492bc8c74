"""Pairs of token ids to packed batches for translation: the one home of the shift between the two."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Int

from manyheads.batches.budget import plan_epoch
from manyheads.batches.packed import Lengths, Packed
from manyheads.shapes import TokenIds
from manyheads.text.subwords import PairSpecials, SpecialIds
from manyheads.text.token_pairs import TokenPairs

Ids = Int[np.ndarray, " _"]


@dataclass(frozen=True)
class TranslationBatch:
    """Packed pairs. At each position the decoder has read `tgt` so far and has to name `labels` there.

    Attributes:
        src: Source ids, each sequence closed with the end token.
        tgt: Decoder input: the begin token, then the target.
        labels: What each position of `tgt` should produce: the target, then the end token.
    """

    src: Packed
    tgt: Packed
    labels: TokenIds

    @property
    def tokens(self) -> int:
        """Count source and target tokens, special ones included."""
        return self.src.lengths.total + self.tgt.lengths.total

    def to(self, device: torch.device) -> "TranslationBatch":
        """Copy the batch to a device.

        Args:
            device: Where to.

        Returns:
            The batch there.
        """
        return TranslationBatch(self.src.to(device), self.tgt.to(device), self.labels.to(device))


def _flat(sequences: Sequence[Ids], *, before: Sequence[int] = (), after: Sequence[int] = ()) -> TokenIds:
    parts = [part for sequence in sequences for part in (before, sequence, after)]
    return torch.from_numpy(np.concatenate(parts).astype(np.int64))


def close_source(sequences: Sequence[Ids], special: SpecialIds) -> Packed:
    """Pack source sentences, each closed with the end token: the form that training and translating share.

    Args:
        sequences: Ids of each sentence, without special tokens.
        special: Those of the source's vocabulary.

    Returns:
        The packed batch.
    """
    lengths = Lengths(tuple(len(sequence) + 1 for sequence in sequences))
    return Packed(_flat(sequences, after=[special.end]), lengths)


def pack_pairs(src: Sequence[Ids], tgt: Sequence[Ids], special: PairSpecials) -> TranslationBatch:
    """Pack pairs for training.

    Args:
        src: Ids of each source sentence, without special tokens.
        tgt: Ids of its translation, without special tokens.
        special: Special ids of both sides.

    Returns:
        The batch, on the CPU.
    """
    lengths = Lengths(tuple(len(sequence) + 1 for sequence in tgt))
    decoder_input = Packed(_flat(tgt, before=[special.tgt.begin]), lengths)
    labels = _flat(tgt, after=[special.tgt.end])
    return TranslationBatch(close_source(src, special.src), decoder_input, labels)


class TranslationBatches:
    """Endless batches of a corpus, each a function of (seed, position): a run can go on anywhere.

    Args:
        pairs: The tokenised corpus.
        budget: The most tokens of a batch, source and target with special tokens.
        seed: Decides the order.
        special: Special ids of both sides.
    """

    def __init__(self, pairs: TokenPairs, *, budget: int, seed: int, special: PairSpecials) -> None:
        self._pairs = pairs
        self._lengths = np.stack([pairs.src_lengths, pairs.tgt_lengths]).astype(np.int64) + 1
        self._budget = budget
        self._seed = seed
        self._special = special
        self._epoch = lru_cache(maxsize=2)(self._plan)
        self.per_epoch = len(self._epoch(0))

    def _plan(self, epoch: int) -> list[Int[np.ndarray, " batch_rows"]]:
        return plan_epoch(self._lengths, budget=self._budget, seed=self._seed, epoch=epoch)

    def rows(self, position: int) -> Int[np.ndarray, " batch_rows"]:
        """Say which pairs the batch at a position holds, shortest source first.

        Args:
            position: Batches before it since the run began.

        Returns:
            Row numbers of the corpus.
        """
        epoch, index = divmod(position, self.per_epoch)
        return self._epoch(epoch)[index]

    def batch(self, position: int) -> TranslationBatch:
        """Make the batch at a position.

        Args:
            position: Batches before it since the run began.

        Returns:
            The batch, on the CPU.
        """
        return pack_pairs(*self._pairs.take(self.rows(position)), self._special)
