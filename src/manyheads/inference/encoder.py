"""What all that run an encoder share: texts to windows, windows to batches, answers in the texts' order."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TypeVar

import numpy as np
import torch

from manyheads.batches.budget import cut
from manyheads.batches.labelled import pack_texts
from manyheads.batches.packed import Packed
from manyheads.checkpoint.config import EncoderConfig
from manyheads.errors import InputError
from manyheads.inference.asked import Long, named, refuse_long
from manyheads.inference.at_once import at_once, share_out
from manyheads.inference.native_encoder import NativeEncoder
from manyheads.inference.precision import Prepared
from manyheads.inference.windows import split_tokens
from manyheads.model.bert import EncoderModel
from manyheads.text.text_tokenizer import TextTokenizer
from manyheads.text.text_tokens import TextTokens

BATCH_TOKENS = 4096
_TEXTS_AT_ONCE = 4096

Window = TypeVar("Window", list[int], TextTokens)
Answer = TypeVar("Answer")
Progress = Callable[[int], None]
Read = Callable[[Packed, list[Window]], Sequence[Answer]]
"""What runs the network over a batch, and makes an answer for each of its windows."""


@dataclass(frozen=True, slots=True)
class EncoderRunner:
    """An encoder's network with all that it takes to run it over texts.

    Attributes:
        model: The network, in evaluation mode and in the precision in which it computes.
        tokenizer: Cuts texts into the tokens that the network knows.
        config: What its config.json says.
        prepared: In which precision and where it computes.
    """

    model: EncoderModel
    tokenizer: TextTokenizer
    config: EncoderConfig
    prepared: Prepared

    @property
    def max_tokens(self) -> int:
        """The most tokens that a text or a pair may have, special ones included."""
        return self.config.max_tokens or self.config.model.max_length

    def tokenise(
        self,
        texts: Sequence[str],
        pairs: Sequence[str] | None = None,
        *,
        long: Long,
        first: int = 0,
        templates: bool = False,
    ) -> list[list[TextTokens]]:
        """Cut texts into tokens, and what is too long as was asked.

        Args:
            texts: The texts.
            pairs: The second ones, if any.
            long: What to do with what is too long.
            first: How many texts stand before these, for errors.
            templates: Whether the mask token, where a text spells it, is the real one.

        Returns:
            The windows of each text: one, or several of a text that is split.

        Raises:
            InputError: A text is too long and must not be, or a pair would have to be split.
        """
        if long == "split" and pairs is not None:
            raise InputError("a pair cannot be split into windows, but long is 'split'; let it be truncated")
        limit = self.max_tokens if long == "truncate" else None
        tokens = self.tokenizer.encode(texts, pairs, max_tokens=limit, templates=templates)
        if long == "error":
            counts = [len(text) for text in tokens]
            refuse_long(counts, self.max_tokens, named(texts, first), pair=pairs is not None)
        return [split_tokens(text, self.max_tokens) for text in tokens]

    def run_tokens(
        self,
        texts: Sequence[Sequence[TextTokens]],
        read: Read[TextTokens, Answer],
        *,
        batch_tokens: int,
        progress: Progress | None,
    ) -> list[list[Answer]]:
        """Run the network over the windows of texts, as for `run`.

        Args:
            texts: The windows of each text.
            read: Runs a batch, and makes its answers.
            batch_tokens: About how many tokens are worked on at once.
            progress: Called with the number of texts done, every now and then.

        Returns:
            The answers for the windows of each text.
        """
        return self.run(texts, pack_texts, read, batch_tokens=batch_tokens, progress=progress)

    def run(
        self,
        texts: Sequence[Sequence[Window]],
        pack: Callable[[list[Window]], Packed],
        read: Read[Window, Answer],
        *,
        batch_tokens: int,
        progress: Progress | None,
    ) -> list[list[Answer]]:
        """Run the network over the windows of texts, whatever form their tokens have.

        Equal lengths become neighbours, so that attention takes them as one block; the longest go first, so
        that memory runs out at once or never.

        Args:
            texts: The windows of each text.
            pack: Makes a batch of windows.
            read: Runs a batch, and makes its answers.
            batch_tokens: About how many tokens are worked on at once.
            progress: Called with the number of texts done, every now and then.

        Returns:
            The answers for the windows of each text.
        """
        flat = [window for windows in texts for window in windows]
        starts = [0, *accumulate(len(windows) for windows in texts)]
        first_windows = set(starts[:-1])
        answers: dict[int, Answer] = {}

        def answer(rows: list[int]) -> Sequence[Answer]:
            windows = [flat[row] for row in rows]
            batch = pack(windows).to(self.prepared.device)
            with torch.inference_mode():
                return read(batch, windows)

        # Only C lets go of Python meanwhile, and whoever observes sees batches in their order.
        encoder = self.model.bert.encoder
        in_c = isinstance(encoder, NativeEncoder) and not encoder.observed
        workers = torch.get_num_threads() if in_c else 1
        batches = _by_length(flat, batch_tokens, workers)
        for rows, found in zip(batches, at_once(answer, batches, workers=workers), strict=True):
            answers.update(zip(rows, found, strict=True))
            if progress is not None:
                progress(len(first_windows.intersection(rows)))
        return [[answers[row] for row in range(start, end)] for start, end in pairwise(starts)]


def in_chunks(count: int) -> Iterator[slice]:
    """Take many texts some thousand at a time: their tokens need a lot more memory than they do.

    Args:
        count: How many there are.

    Yields:
        Which are next.
    """
    for start in range(0, count, _TEXTS_AT_ONCE):
        yield slice(start, start + _TEXTS_AT_ONCE)


def _by_length(windows: Sequence[list[int] | TextTokens], batch_tokens: int, workers: int) -> list[list[int]]:
    lengths = np.array([len(window) for window in windows], np.int64)
    order = np.argsort(-lengths, kind="stable")
    budget = share_out(int(lengths.sum()), batch_tokens, workers=workers)
    return [order[rows].tolist() for rows in cut(lengths[order], budget)]
