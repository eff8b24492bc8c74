"""Endless batches of a corpus of documents for masked-language training, with or without next sentences."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Bool, Int

from manyheads.batches.budget import plan_epoch
from manyheads.batches.documents import Stretches, StretchPairs, cut_documents, draw_pairs, pairable
from manyheads.batches.masked import NO_WORD, MaskedBatch, Masking, mask_tokens
from manyheads.batches.packed import Lengths, Packed
from manyheads.errors import InputError
from manyheads.text.frame import Slot
from manyheads.text.text_tokenizer import TextTokenizer
from manyheads.text.token_documents import TokenDocuments

# What else is drawn from (seed, epoch) must not be drawn from the same numbers; the order has no mark.
_PAIRS, _MASKS = 1, 2


@dataclass(frozen=True, slots=True)
class Reading:
    """How a model reads stretches of documents, and what is hidden from it.

    Attributes:
        frame: What stands around a text; a frame for two means next-sentence pairs.
        special_ids: Ids that stand for no text, or for what has no pieces: no word with one is to be guessed.
        masking: How much is masked, and with what.
    """

    frame: tuple[Slot, ...]
    special_ids: Int[np.ndarray, " special"]
    masking: Masking

    @property
    def pairs(self) -> bool:
        """Whether two texts are read at a time."""
        return any(slot.side == 1 for slot in self.frame)

    @property
    def added(self) -> int:
        """Count the special tokens of the frame."""
        return sum(slot.side is None for slot in self.frame)


def plan_reading(
    tokenizer: TextTokenizer, *, next_sentence: bool, whole_words: bool, share: float = 0.15
) -> Reading:
    """Take from a tokenizer what masked-language training needs to know of it.

    Args:
        tokenizer: The model's.
        next_sentence: Whether the model is to tell real continuations from others.
        whole_words: Whether a word is to be guessed as a whole or not at all.
        share: Share of the tokens that are to be guessed.

    Returns:
        How the model reads.

    Raises:
        InputError: If the vocabulary has no mask.
    """
    if tokenizer.mask_id is None:
        raise InputError("masked-language training needs a mask token, but this vocabulary has none")
    special = np.array(sorted(tokenizer.special_ids), np.int64)
    drawable = np.setdiff1d(np.arange(tokenizer.vocab_size), special)
    masking = Masking(tokenizer.mask_id, drawable, share=share, whole_words=whole_words)
    return Reading(tokenizer.frame(pair=next_sentence), special, masking)


class MaskedBatches:
    """Batches of a corpus, each a function of (seed, position): a run can go on anywhere.

    Every epoch reads each stretch of every document once, hides other tokens and makes other pairs. Where
    another document's text takes the place of a second one, that one is not read in this epoch.

    Args:
        documents: The tokenised corpus.
        reading: How the model reads it.
        max_tokens: The most tokens of a sequence, special ones included.
        budget: The most tokens of a batch.
        seed: Decides order, pairs and masks.

    Attributes:
        per_epoch: How many batches go once through the corpus.
        sequences: How many sequences an epoch has.
    """

    def __init__(
        self, documents: TokenDocuments, reading: Reading, *, max_tokens: int, budget: int, seed: int
    ) -> None:
        # Two texts need two tokens at the least.
        if max_tokens < (least := reading.added + 1 + reading.pairs):
            raise InputError(
                f"sequences must have room for {least} tokens at least, got max_tokens {max_tokens}"
            )
        self._documents = documents
        self._reading = reading
        self._budget = budget
        self._seed = seed
        stretches = cut_documents(documents, room=max_tokens - reading.added)
        self._stretches = pairable(documents, stretches) if reading.pairs else stretches
        # Drawn pairs may be shorter; the cuts between batches follow what they are at most, so that every
        # epoch has as many batches.
        self._lengths = self._stretches.lengths[None] + reading.added
        self._order = lru_cache(maxsize=2)(self._plan)
        self._pairs = lru_cache(maxsize=2)(self._draw)
        self.sequences = len(self._stretches)
        self.per_epoch = len(self._order(0))

    def rows(self, position: int) -> Int[np.ndarray, " batch_rows"]:
        """Say which stretches the batch at a position holds.

        Args:
            position: Batches before it since the run began.

        Returns:
            Their numbers.
        """
        epoch, index = divmod(position, self.per_epoch)
        return self._order(epoch)[index]

    def batch(self, position: int) -> MaskedBatch:
        """Make the batch at a position.

        Args:
            position: Batches before it since the run began.

        Returns:
            The batch, on the CPU, shortest sequence first.
        """
        epoch, index = divmod(position, self.per_epoch)
        rng = np.random.default_rng((self._seed, epoch, index, _MASKS))
        rows = self.rows(position)
        if not self._reading.pairs:
            return frame_and_mask(self._documents, [_take(self._stretches, rows)], self._reading, rng)
        pairs = self._pairs(epoch)
        sides = [_take(pairs.first, rows), _take(pairs.second, rows)]
        order = np.argsort(sides[0].lengths + sides[1].lengths, kind="stable")
        batch = frame_and_mask(self._documents, [_take(side, order) for side in sides], self._reading, rng)
        follows = torch.from_numpy(pairs.follows[rows][order].astype(np.int64))
        return MaskedBatch(batch.packed, batch.positions, batch.labels, follows)

    def _plan(self, epoch: int) -> list[Int[np.ndarray, " batch_rows"]]:
        return plan_epoch(self._lengths, budget=self._budget, seed=self._seed, epoch=epoch)

    def _draw(self, epoch: int) -> StretchPairs:
        return draw_pairs(
            self._documents, self._stretches, np.random.default_rng((self._seed, epoch, _PAIRS))
        )


def frame_and_mask(
    documents: TokenDocuments, sides: list[Stretches], reading: Reading, rng: np.random.Generator
) -> MaskedBatch:
    """Put stretches into a model's frame, pack them, and hide some of their tokens.

    Args:
        documents: The corpus.
        sides: The texts of each sequence: as many sides as the frame has.
        reading: How the model reads.
        rng: Decides what is hidden.

    Returns:
        The batch, on the CPU.
    """
    lengths = sum((side.lengths for side in sides), np.full(len(sides[0]), reading.added))
    places, segments = _lay_out(sides, reading.frame)
    special = places < 0
    token_ids = np.where(special, -1 - places, documents.token_ids[np.maximum(places, 0)]).astype(np.int64)
    words = np.cumsum(_begins(documents, places))
    # What has no pieces cannot be guessed, nor can the rest of its word be a whole one.
    unknown = np.isin(words, words[np.isin(token_ids, reading.special_ids)])
    word_ids = np.where(special | unknown, NO_WORD, words)
    read, positions, labels = mask_tokens(token_ids, word_ids, lengths, rng, masking=reading.masking)
    segment_ids = torch.from_numpy(segments) if segments.any() else None
    packed = Packed(torch.from_numpy(read), Lengths(tuple(lengths.tolist())), segment_ids)
    return MaskedBatch(packed, torch.from_numpy(positions), torch.from_numpy(labels))


def _lay_out(
    sides: list[Stretches], frame: Iterable[Slot]
) -> tuple[Int[np.ndarray, " tokens"], Int[np.ndarray, " tokens"]]:
    """Say for every token of the batch where in the corpus it stands, or -1 - its id, and its segment."""
    frame = list(frame)
    places, segments = [], []
    for row in range(len(sides[0])):
        for slot in frame:
            if slot.side is None:
                found = np.array([-1 - (slot.token_id or 0)])
            else:
                found = np.arange(sides[slot.side].starts[row], sides[slot.side].ends[row])
            places.append(found)
            segments.append(np.full(len(found), slot.segment_id))
    return np.concatenate(places), np.concatenate(segments)


def _begins(documents: TokenDocuments, places: Int[np.ndarray, " tokens"]) -> Bool[np.ndarray, " tokens"]:
    """Say with which tokens of a batch a word begins, if only because it is torn from what stood before."""
    breaks = np.diff(places, prepend=places[0]) != 1
    return breaks | documents.begins_word[np.maximum(places, 0)]


def _take(stretches: Stretches, rows: Int[np.ndarray, " rows"]) -> Stretches:
    return Stretches(stretches.starts[rows], stretches.ends[rows])
