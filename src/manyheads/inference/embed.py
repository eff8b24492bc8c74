"""Texts in, vectors out."""

from collections.abc import Callable, Sequence
from typing import get_args

import numpy as np
import torch
from jaxtyping import Float32

from manyheads.batches.packed import Packed, pack
from manyheads.errors import InputError, suggest
from manyheads.inference.asked import Long, check_call, named, refuse_long
from manyheads.inference.encoder import BATCH_TOKENS, EncoderRunner, Progress, in_chunks
from manyheads.model.pooling import Pooling, pool

Vectors = Float32[np.ndarray, "texts d_model"]


class Encoder:
    """An encoder that gives texts as vectors; what one gives does not depend on the others.

    Args:
        runner: Its network, and how it runs. What its head would say does not matter.
    """

    def __init__(self, runner: EncoderRunner) -> None:
        self.runner = runner
        self.model = runner.model
        self.tokenizer = runner.tokenizer
        self.config = runner.config

    @property
    def max_tokens(self) -> int:
        """The most tokens that a text may have, special ones and the config's prompt included."""
        return self.runner.max_tokens

    def embed(
        self,
        texts: Sequence[str],
        *,
        pooling: Pooling | None = None,
        normalize: bool | None = None,
        long: Long = "truncate",
        batch_tokens: int = BATCH_TOKENS,
        progress: Progress | None = None,
        truncated: Callable[[int], object] | None = None,
    ) -> Vectors:
        """Make a vector of each text.

        Args:
            texts: Any number of them, none of them empty.
            pooling: How a text's vector is made of its tokens'; by default what config.json says.
            normalize: Whether to bring vectors to length one; by default what config.json says.
            long: What to do with a text over the model's limit: leave out its end, split it into windows
                whose vectors are averaged by their tokens, or raise.
            batch_tokens: About how many tokens are worked on at once.
            progress: Called with the number of texts done, every now and then.
            truncated: Called with the number, from 0, of each text whose end was left out.

        Returns:
            One vector a text, in their order.

        Raises:
            InputError: A text is empty, or over the limit and `long` is `error`, or there is no such pooling.
        """
        check_call(texts, long)
        check_pooling(pooling)
        chosen = pooling or self.config.pooling

        def read(batch: Packed, _windows: list[list[int]]) -> list[np.ndarray]:
            return list(pool(self.model.bert(batch), batch.lengths, chosen).cpu().numpy())

        vectors = np.empty((len(texts), self.config.model.d_model), np.float32)
        for rows in in_chunks(len(texts)):
            windows = self._windows(texts[rows], rows.start, long, truncated)
            parts = self.runner.run(windows, pack, read, batch_tokens=batch_tokens, progress=progress)
            vectors[rows] = [_mean(*of_text) for of_text in zip(parts, windows, strict=True)]
        return _to_length_one(vectors) if _either(normalize, self.config.normalize) else vectors

    def similarity(
        self,
        texts: Sequence[str],
        pairs: Sequence[str],
        *,
        pooling: Pooling | None = None,
        long: Long = "truncate",
        batch_tokens: int = BATCH_TOKENS,
        progress: Progress | None = None,
        truncated: Callable[[int], object] | None = None,
    ) -> Float32[np.ndarray, " texts"]:
        """Say how alike the two texts of each pair are.

        Args:
            texts: The first text of each pair.
            pairs: The second ones, as many.
            pooling: As for `embed`.
            long: As for `embed`.
            batch_tokens: About how many tokens are worked on at once.
            progress: Called with the number of texts done, two a pair, every now and then.
            truncated: Called with the number, from 0, of each pair of which a text's end was left out.

        Returns:
            The cosine of the angle between their vectors, from -1 to 1.

        Raises:
            InputError: Half a pair, or what `embed` refuses.
        """
        check_call(texts, long, pairs)
        of_pairs = set[int]()
        vectors = self.embed(
            [*texts, *pairs],
            pooling=pooling,
            normalize=True,
            long=long,
            batch_tokens=batch_tokens,
            progress=progress,
            truncated=lambda number: of_pairs.add(number % len(texts)),
        )
        if truncated is not None:
            for number in sorted(of_pairs):
                truncated(number)
        return np.einsum("td,td->t", vectors[: len(texts)], vectors[len(texts) :])

    def hidden_states(
        self, texts: Sequence[str], *, long: Long = "truncate", batch_tokens: int = BATCH_TOKENS
    ) -> list[Float32[np.ndarray, "layers tokens d_model"]]:
        """Give what each layer made of each text's tokens, special ones included.

        Args:
            texts: Any number of them.
            long: As for `embed`, but that a text cannot be split.
            batch_tokens: About how many tokens are worked on at once.

        Returns:
            For each text the embedding's output, then that of each layer from the bottom up.

        Raises:
            InputError: What `embed` refuses, or a text would be split.
        """
        check_call(texts, long)
        if long == "split":
            raise InputError("states are those of a whole text, but long is 'split'; let it be truncated")

        def read(batch: Packed, _windows: list[list[int]]) -> list[np.ndarray]:
            layers = torch.stack(self.model.bert.layer_by_layer(batch)).float().cpu().numpy()
            return np.split(layers, batch.lengths.starts[1:-1], axis=1)

        windows = self._windows(texts, 0, long, None)
        states = self.runner.run(windows, pack, read, batch_tokens=batch_tokens, progress=None)
        return [of_text for (of_text,) in states]

    def _windows(
        self, texts: Sequence[str], first: int, long: Long, truncated: Callable[[int], object] | None
    ) -> list[list[list[int]]]:
        """Give the ids of each text's windows: ids alone are several times as fast to have as all else."""
        prompted = [self.config.prompt + text for text in texts]
        limit = self.max_tokens
        rows = [[ids] for ids in self.tokenizer.encode_ids(prompted)]
        if long == "error":
            refuse_long([len(ids) for (ids,) in rows], limit, named(texts, first))
        for number in [number for number, (ids,) in enumerate(rows) if len(ids) > limit]:
            if long == "split":
                rows[number] = self.tokenizer.windows(prompted[number], max_tokens=limit)
            else:
                rows[number] = self.tokenizer.encode_ids([prompted[number]], max_tokens=limit)
                if truncated is not None:
                    truncated(first + number)
        return rows


def check_pooling(pooling: str | None) -> None:
    """Refuse a pooling that there is not.

    Args:
        pooling: Its name; None for the model's own.

    Raises:
        InputError: There is none of that name.
    """
    known = get_args(Pooling)
    if pooling is not None and pooling not in known:
        raise InputError(
            f"pooling must be one of {', '.join(known)}, but is '{pooling}'{suggest(pooling, known)}"
        )


def _either(asked: bool | None, usual: bool) -> bool:
    return usual if asked is None else asked


def _mean(parts: list[Float32[np.ndarray, " d_model"]], windows: list[list[int]]) -> np.ndarray:
    """Average the vectors of a text's windows, each counted by its tokens."""
    if len(parts) == 1:
        return parts[0]
    return np.average(parts, axis=0, weights=[len(ids) for ids in windows])


def _to_length_one(vectors: Vectors) -> Vectors:
    """A vector of nothing but zeros has no direction, and stays."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.maximum(lengths, np.finfo(np.float32).tiny)
