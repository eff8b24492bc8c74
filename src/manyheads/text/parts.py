"""The parts of a corpus as files: token ids for training and validation loss, texts for BLEU."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int64, UInt8, UInt64

from manyheads.text.cleaning import Reason, clean_text
from manyheads.text.corpus import PairSource, read_pairs
from manyheads.text.split import hash_text, normalize_source
from manyheads.text.subwords import Subwords
from manyheads.text.token_pairs import TokenPairsWriter

NumberedChunks = Iterator[tuple[Int64[np.ndarray, " chunk"], list[str], list[str]]]
"""Rows or lines by number, their sources and their targets."""


@dataclass(frozen=True, slots=True)
class Written:
    """What was written of a part.

    Attributes:
        pairs: How many pairs its texts or, where it has none, its tokens have.
        src_tokens: How many tokens its sources have.
        tgt_tokens: How many tokens its targets have.
        refused: The numbers of pairs that have no tokens, or too many.
        reasons: Why each of them was refused.
    """

    pairs: int
    src_tokens: int
    tgt_tokens: int
    refused: Int64[np.ndarray, " refused"]
    reasons: UInt8[np.ndarray, " refused"]


@dataclass(frozen=True, slots=True)
class PartFiles:
    """Where a part goes.

    Attributes:
        tokens: The file of token ids; None: they are only counted.
        texts: The file of texts, one JSON object a line; None: there is none.
        keep_refused: Whether pairs that have no tokens, or too many, stay among the texts.
    """

    tokens: Path | None
    texts: Path | None
    keep_refused: bool = False


@dataclass(frozen=True, slots=True)
class PairEncoder:
    """Turns pairs into token ids.

    Attributes:
        src: The source's tokenizer.
        tgt: The target's; it may be the same.
        max_tokens: The most tokens of a side; None: any.
    """

    src: Subwords
    tgt: Subwords
    max_tokens: int | None

    def encode(
        self, src: list[str], tgt: list[str]
    ) -> tuple[list[list[int]], list[list[int]], UInt8[np.ndarray, " chunk"]]:
        """Encode pairs, and judge them by their numbers of tokens.

        Args:
            src: The sources.
            tgt: The targets.

        Returns:
            Their ids, and for every pair whether and why it is refused.
        """
        ids = self.src.encode_ids(src), self.tgt.encode_ids(tgt)
        lengths = np.array([[len(text) for text in side] for side in ids])
        reasons = np.full(len(src), Reason.KEPT, np.uint8)
        if self.max_tokens is not None:
            reasons[(lengths > self.max_tokens).any(axis=0)] = Reason.LENGTH
        reasons[(lengths == 0).any(axis=0)] = Reason.EMPTY
        return *ids, reasons


def write_part(chunks: NumberedChunks, encoder: PairEncoder, files: PartFiles) -> Written:
    """Write a part, chunk by chunk.

    Args:
        chunks: Its pairs.
        encoder: Makes token ids of them.
        files: Where they go.

    Returns:
        What was written.
    """
    pairs = src_tokens = tgt_tokens = 0
    refused = [(np.zeros(0, np.int64), np.zeros(0, np.uint8))]
    with ExitStack() as stack:
        tokens = files.tokens and stack.enter_context(TokenPairsWriter(files.tokens))
        texts = files.texts and stack.enter_context(files.texts.open("w", encoding="utf-8", newline="\n"))
        for numbers, src, tgt in chunks:
            src_ids, tgt_ids, reasons = encoder.encode(src, tgt)
            fits = np.flatnonzero(reasons == Reason.KEPT).tolist()
            chosen_src, chosen_tgt = [src_ids[row] for row in fits], [tgt_ids[row] for row in fits]
            shown = range(len(src)) if files.keep_refused else fits
            if tokens:
                tokens.write(chosen_src, chosen_tgt)
            if texts:
                texts.writelines(_line(int(numbers[row]), src[row], tgt[row]) for row in shown)
            pairs += len(shown)
            src_tokens += sum(map(len, chosen_src))
            tgt_tokens += sum(map(len, chosen_tgt))
            refused.append((numbers[reasons != Reason.KEPT], reasons[reasons != Reason.KEPT]))
    rows, why = (np.concatenate(arrays) for arrays in zip(*refused, strict=True))
    return Written(pairs=pairs, src_tokens=src_tokens, tgt_tokens=tgt_tokens, refused=rows, reasons=why)


def given_chunks(
    source: PairSource,
) -> Iterator[tuple[Int64[np.ndarray, " chunk"], list[str], list[str]]]:
    """Read a part that has files of its own, as it is: only the texts' outer white space goes.

    Args:
        source: Where it stands.

    Yields:
        Its pairs, with their line numbers.
    """
    for chunk in read_pairs(source):
        numbers = np.arange(chunk.first_line, chunk.first_line + len(chunk.src), dtype=np.int64)
        yield numbers, [clean_text(text) for text in chunk.src], [clean_text(text) for text in chunk.tgt]


def read_part_texts(path: Path) -> tuple[list[str], list[str]]:
    """Read the texts of a part.

    Args:
        path: A file that `write_part` has written.

    Returns:
        The sources and the targets.
    """
    with path.open(encoding="utf-8", newline="\n") as file:
        rows = [json.loads(line) for line in file]
    return [row["src"] for row in rows], [row["tgt"] for row in rows]


def source_hashes(texts: Path) -> UInt64[np.ndarray, " distinct"]:
    """Hash the normalised sources of a part.

    Args:
        texts: A file that `write_part` has written.

    Returns:
        The distinct hashes, sorted.
    """
    sources, _ = read_part_texts(texts)
    return np.unique(np.array([hash_text(normalize_source(text)) for text in sources], np.uint64))


def _line(number: int, src: str, tgt: str) -> str:
    return json.dumps({"line": number, "src": src, "tgt": tgt}, ensure_ascii=False) + "\n"
