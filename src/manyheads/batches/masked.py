"""Masked-language training: which tokens a model has to guess, drawn anew every time a text is read.

Reference:
    Devlin et al. 2018, section 3.1, task 1 (15%; 80% mask, 10% random, 10% as it was); whole words: the
    authors' later models.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int

from manyheads.batches.packed import Packed

NO_WORD = -1
"""The word of a token that is never masked: a special one, or of a word that is partly unknown."""

Ids = Int[np.ndarray, " tokens"]


@dataclass(frozen=True)
class MaskedBatch:
    """Packed texts with masks in them, and what stood there.

    Attributes:
        packed: The texts as the model reads them.
        positions: Which tokens of the batch are to be guessed, in order.
        labels: What stood at each of these positions.
        next_sentence: For each sequence 1 where its second text does follow on its first, 0 where it does
            not; None where sequences are no pairs.
    """

    packed: Packed
    positions: Int[torch.Tensor, " masked"]
    labels: Int[torch.Tensor, " masked"]
    next_sentence: Int[torch.Tensor, " sequences"] | None = None

    @property
    def tokens(self) -> int:
        """Count the tokens that are read, special ones included."""
        return self.packed.lengths.total

    def to(self, device: torch.device) -> "MaskedBatch":
        """Copy the batch to a device.

        Args:
            device: Where to.

        Returns:
            The batch there.
        """
        next_sentence = None if self.next_sentence is None else self.next_sentence.to(device)
        return MaskedBatch(
            self.packed.to(device), self.positions.to(device), self.labels.to(device), next_sentence
        )


@dataclass(frozen=True, slots=True)
class Masking:
    """How much is masked, and with what.

    Attributes:
        mask_id: The token that says that something is to be guessed.
        drawable: Ids that may stand in a token's place at random: no special ones.
        share: Share of a sequence's tokens that are to be guessed, special ones not counted.
        mask_share: Of these, the share that becomes the mask.
        random_share: Of these, the share that becomes any other token; the rest stay as they were.
        whole_words: Whether a word is to be guessed as a whole or not at all.
    """

    mask_id: int
    drawable: Int[np.ndarray, " drawable"]
    share: float = 0.15
    mask_share: float = 0.8
    random_share: float = 0.1
    whole_words: bool = False


def draw_masked(
    word_ids: Ids, lengths: Int[np.ndarray, " sequences"], rng: np.random.Generator, *, share: float
) -> Bool[np.ndarray, " tokens"]:
    """Draw whole words until a share of each sequence's tokens is reached.

    A sequence's words are put in random order and taken until `share` of its tokens is full. The word on the
    border is taken with the probability with which it lies inside, so that the number of tokens is `share`
    of them on average, exactly, however long words are; and it is never a word more or less than that. Each
    sequence gets at least one word if it has any.

    Args:
        word_ids: The word of every token, `NO_WORD` for what is never masked; equal neighbours within a
            sequence are one word. Where each has another, tokens are drawn one by one.
        lengths: Tokens of each sequence.
        rng: Decides.
        share: Share of the maskable tokens, from 0 to 1.

    Returns:
        Which tokens are to be guessed.
    """
    maskable = word_ids != NO_WORD
    sequence = np.repeat(np.arange(len(lengths)), lengths)
    same = (word_ids[1:] == word_ids[:-1]) & (sequence[1:] == sequence[:-1])
    begins = maskable & np.concatenate([[True], ~same])[: len(word_ids)]
    word_of = np.cumsum(begins) - 1
    sizes = np.bincount(word_of[maskable], minlength=int(begins.sum()))
    taken = _words_taken(sizes, sequence[begins], len(lengths), rng, share=share)
    masked = np.zeros(len(word_ids), bool)
    masked[maskable] = taken[word_of[maskable]]
    return masked


def _words_taken(
    sizes: Int[np.ndarray, " words"],
    sequence: Int[np.ndarray, " words"],
    sequences: int,
    rng: np.random.Generator,
    *,
    share: float,
) -> Bool[np.ndarray, " words"]:
    order = np.lexsort((rng.random(len(sizes)), sequence))  # at random within each sequence
    size, owner = sizes[order], sequence[order]
    tokens = np.bincount(owner, weights=size, minlength=sequences)
    before = np.cumsum(size) - size - (np.cumsum(tokens) - tokens)[owner]
    room = share * tokens[owner] - before
    inside: Float[np.ndarray, " words"] = room / size
    taken = np.zeros(len(sizes), bool)
    taken[order] = (inside > rng.random(sequences)[owner]) | (before == 0)
    return taken


def mask_tokens(
    token_ids: Ids,
    word_ids: Ids,
    lengths: Int[np.ndarray, " sequences"],
    rng: np.random.Generator,
    *,
    masking: Masking,
) -> tuple[Ids, Int[np.ndarray, " masked"], Int[np.ndarray, " masked"]]:
    """Hide some tokens of packed sequences: a function of the texts and of chance, and of nothing else.

    What becomes of a token is drawn for each by itself, in whole words too, as in BERT.

    Args:
        token_ids: Of all sequences, one after another.
        word_ids: The word of every token, `NO_WORD` for what is never masked.
        lengths: Tokens of each sequence.
        rng: Decides.
        masking: How much, and with what.

    Returns:
        The ids that the model reads, the positions that it has to guess, in order, and what stood there.
    """
    if not masking.whole_words:
        word_ids = np.where(word_ids == NO_WORD, NO_WORD, np.arange(len(word_ids)))
    positions = np.flatnonzero(draw_masked(word_ids, lengths, rng, share=masking.share))
    labels = token_ids[positions]
    fate = rng.random(len(positions))
    drawn = masking.drawable[rng.integers(len(masking.drawable), size=len(positions))]
    read = token_ids.copy()
    read[positions] = np.select(
        [fate < masking.mask_share, fate < masking.mask_share + masking.random_share],
        [np.full(len(positions), masking.mask_id), drawn],
        labels,
    )
    return read, positions, labels
