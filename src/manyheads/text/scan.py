"""The first pass over a corpus: clean it, and keep of every pair no more than two hashes and a verdict.

The cleaned texts go to a file that later passes map into memory.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from jaxtyping import Bool, Int64, UInt8, UInt64

from manyheads.text.cleaning import CleaningRules, Reason, clean_text, judge
from manyheads.text.corpus import PairChunk, PairSource, read_pairs
from manyheads.text.split import hash_text, normalize_source

_SCHEMA = pa.schema([("src", pa.string()), ("tgt", pa.string())])


@dataclass(frozen=True, slots=True)
class Scan:
    """A cleaned corpus: one entry in each array for every pair that was read.

    Attributes:
        texts: The file of cleaned texts, without those removed for their text alone.
        first_line: The number of the first pair's line in the corpus.
        stored: The row of each of the file's pairs.
        reasons: Why each row is removed, or `Reason.KEPT`.
        sources: The hash of each row's normalised source; 0 where it is not stored.
    """

    texts: Path
    first_line: int
    stored: Int64[np.ndarray, " stored"]
    reasons: UInt8[np.ndarray, " rows"]
    sources: UInt64[np.ndarray, " rows"]

    def chunks(
        self, chosen: Bool[np.ndarray, " rows"]
    ) -> Iterator[tuple[Int64[np.ndarray, " chunk"], list[str], list[str]]]:
        """Read the texts of some rows.

        Args:
            chosen: Which rows; of those not stored none is given.

        Yields:
            The rows, their sources and their targets, some thousand at a time.
        """
        for rows, batch in self._batches(chosen):
            yield rows, batch.column("src").to_pylist(), batch.column("tgt").to_pylist()

    def column(self, name: str, chosen: Bool[np.ndarray, " rows"]) -> Iterator[str]:
        """Read one side of some rows.

        Args:
            name: `src` or `tgt`.
            chosen: Which rows.

        Yields:
            The texts.
        """
        for _, batch in self._batches(chosen):
            yield from batch.column(name).to_pylist()

    def _batches(self, chosen: Bool[np.ndarray, " rows"]) -> Iterator[tuple[np.ndarray, pa.RecordBatch]]:
        with pa.memory_map(str(self.texts)) as file:
            reader = pa.ipc.open_file(file)
            start = 0
            for number in range(reader.num_record_batches):
                batch = reader.get_batch(number)
                rows = self.stored[start : start + len(batch)]
                start += len(batch)
                if (wanted := chosen[rows]).any():
                    yield rows[wanted], batch.filter(pa.array(wanted))


def scan_pairs(source: PairSource, rules: CleaningRules, texts: Path) -> Scan:
    """Read a corpus once and clean it.

    Args:
        source: Where it stands.
        rules: What is removed; the limit on tokens is not looked at here.
        texts: Where the cleaned texts are written.

    Returns:
        The corpus, its duplicates marked.
    """
    parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    first_line = 0
    with pa.ipc.new_file(str(texts), _SCHEMA) as writer:
        for chunk in read_pairs(source):
            first_line = first_line or chunk.first_line
            reasons, src, tgt = _clean(chunk, rules)
            parts.append((reasons, *_hashes(reasons, src, tgt)))
            if src:
                writer.write_batch(pa.record_batch([pa.array(src), pa.array(tgt)], schema=_SCHEMA))
    reasons, sources, pairs = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    stored = np.flatnonzero(reasons == Reason.KEPT)
    if rules.drop_duplicates:
        reasons[stored[_repeated(pairs[stored])]] = Reason.DUPLICATE
    return Scan(texts=texts, first_line=first_line, stored=stored, reasons=reasons, sources=sources)


def _clean(
    chunk: PairChunk, rules: CleaningRules
) -> tuple[UInt8[np.ndarray, " chunk"], list[str], list[str]]:
    """Judge all pairs of a chunk, and give the texts of those that stay."""
    src, tgt = [clean_text(text) for text in chunk.src], [clean_text(text) for text in chunk.tgt]
    reasons = [judge(a, b, rules) for a, b in zip(src, tgt, strict=True)]
    stay = [number for number, reason in enumerate(reasons) if reason is Reason.KEPT]
    return np.array(reasons, np.uint8), [src[number] for number in stay], [tgt[number] for number in stay]


def _hashes(
    reasons: UInt8[np.ndarray, " chunk"], src: list[str], tgt: list[str]
) -> tuple[UInt64[np.ndarray, " chunk"], UInt64[np.ndarray, " chunk"]]:
    """Hash the normalised source and the whole pair; what joins its sides stands in no text."""
    sources, pairs = np.zeros(len(reasons), np.uint64), np.zeros(len(reasons), np.uint64)
    sources[reasons == Reason.KEPT] = [hash_text(normalize_source(text)) for text in src]
    pairs[reasons == Reason.KEPT] = [hash_text(f"{a}\0{b}") for a, b in zip(src, tgt, strict=True)]
    return sources, pairs


def _repeated(hashes: UInt64[np.ndarray, " stored"]) -> Bool[np.ndarray, " stored"]:
    repeated = np.ones(len(hashes), bool)
    repeated[np.unique(hashes, return_index=True)[1]] = False
    return repeated
