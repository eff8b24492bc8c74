"""Vectors of texts, and how alike two are, as output. Imports torch."""

import json
from collections.abc import Iterator
from functools import partial

import numpy as np
from jaxtyping import Float32

from manyheads.cli.encoders import Wish, answer, check_lengths, fields_of, id_before
from manyheads.cli.int8_cost import say_cost_to_vectors
from manyheads.cli.progress import Advance
from manyheads.cli.rows import Chunk, Rows
from manyheads.cli.truncated import Truncated
from manyheads.cli.vectors import Block, write_npy, write_parquet
from manyheads.inference.embed import Encoder
from manyheads.model.pooling import Pooling

_Vectors = Float32[np.ndarray, "texts d_model"]


def embed_rows(encoder: Encoder, rows: Rows, wish: Wish, pooling: Pooling | None, *, ids: bool) -> None:
    """Embed texts and write the vectors.

    Args:
        encoder: The model.
        rows: The texts.
        wish: How, and where to.
        pooling: None for the model's own.
        ids: Whether the texts have ids.
    """
    truncated = Truncated()

    def ask(chunk: Chunk, advance: Advance) -> _Vectors:
        prompt = encoder.config.prompt
        check_lengths(encoder.tokenizer, encoder.max_tokens, rows, chunk, wish.long, prompt=prompt)
        if chunk.first == 1:
            say_cost_to_vectors(encoder, chunk.texts)
        cut: list[int] = []
        vectors = encoder.embed(
            chunk.texts,
            pooling=pooling,
            long=wish.long,
            batch_tokens=wish.batch_tokens,
            progress=advance,
            truncated=cut.append,
        )
        truncated.note([chunk.first + number for number in cut])
        return vectors

    answer_all = partial(answer, rows, encoder.runner.prepared, wish.output, ask)
    width = encoder.config.model.d_model
    if wish.output is None or wish.as_json:
        answer_all(partial(_lines, as_json=wish.as_json))
    elif wish.output.suffix.lower() == ".npy":
        answer_all(_blocks, partial(write_npy, wish.output, d_model=width))
    else:
        answer_all(_blocks, partial(write_parquet, wish.output, d_model=width, ids=ids))
    truncated.warn(encoder.max_tokens, rows.place)


def compare_rows(encoder: Encoder, rows: Rows, wish: Wish) -> None:
    """Compare the texts of pairs and write their cosines.

    Args:
        encoder: The model.
        rows: The pairs.
        wish: How, and where to.
    """
    truncated = Truncated()

    def ask(chunk: Chunk, advance: Advance) -> Float32[np.ndarray, " texts"]:
        pairs = chunk.pairs or []
        prompt = encoder.config.prompt
        for side in (chunk.texts, pairs):
            alone = Chunk(chunk.first, side)
            check_lengths(encoder.tokenizer, encoder.max_tokens, rows, alone, wish.long, prompt=prompt)
        cut: list[int] = []
        cosines = encoder.similarity(
            chunk.texts, pairs, long=wish.long, batch_tokens=wish.batch_tokens, truncated=cut.append
        )
        advance(len(cosines))
        truncated.note([chunk.first + number for number in cut])
        return cosines

    def show(chunk: Chunk, cosines: Float32[np.ndarray, " texts"]) -> Iterator[str]:
        for number, cosine in enumerate(cosines):
            if wish.as_json:
                fields = fields_of(chunk, number) | {"similarity": _plain(cosine)}
                yield json.dumps(fields, ensure_ascii=False)
            else:
                yield f"{id_before(chunk, number)}{cosine:.4f}"

    answer(rows, encoder.runner.prepared, wish.output, ask, show)
    truncated.warn(encoder.max_tokens, rows.place)


def _blocks(chunk: Chunk, vectors: _Vectors) -> Iterator[Block]:
    yield chunk, vectors


def _lines(chunk: Chunk, vectors: _Vectors, *, as_json: bool) -> Iterator[str]:
    for number, vector in enumerate(vectors):
        if as_json:
            fields = fields_of(chunk, number) | {"vector": [_plain(value) for value in vector]}
            yield json.dumps(fields, ensure_ascii=False)
        else:
            yield id_before(chunk, number) + " ".join(map(str, vector))


def _plain(value: np.float32) -> float:
    """Give the number with the fewest digits that is this float32 again."""
    return float(str(value))
