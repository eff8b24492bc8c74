"""Batches of token ids on disk, and what every speed measurement says (needs numpy only).

A folder of batches holds, besides `config.json` (sizes and settings, see README.md):

    src_ids.npy   src_lengths.npy          int32, flat, all sentences in order; each source ends with </s>
    tgt_ids.npy   tgt_lengths.npy          int32, flat; raw targets, without special tokens
    sentences_per_update.npy               int32, one number an update
    test_src.jsonl                         the test sources, one list of ids a line, each ending with </s>
"""

import json
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

BOS_ID, EOS_ID = 1, 2
WARM_UP_UPDATES = 3


@dataclass(frozen=True, slots=True)
class Batch:
    """The sentences of one update."""

    src: list[np.ndarray]
    tgt: list[np.ndarray]

    @property
    def tokens(self) -> int:
        """Positions that have to be computed: sources and targets, each with its </s>, no padding."""
        return sum(map(len, self.src)) + sum(len(ids) + 1 for ids in self.tgt)

    @property
    def plain_tokens(self) -> int:
        """The same without any special token."""
        return self.tokens - len(self.src) - len(self.tgt)


class ExportedBatches:
    """The updates of a folder, mapped into memory."""

    def __init__(self, folder: Path) -> None:
        self.config: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self._ids, self._ends = {}, {}
        for side in ("src", "tgt"):
            self._ids[side] = np.load(folder / f"{side}_ids.npy", mmap_mode="r")
            lengths = np.load(folder / f"{side}_lengths.npy")
            self._ends[side] = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
        sentences = np.load(folder / "sentences_per_update.npy")
        self._first = np.concatenate([[0], np.cumsum(sentences, dtype=np.int64)])

    def __len__(self) -> int:
        return len(self._first) - 1

    def __getitem__(self, update: int) -> Batch:
        rows = range(self._first[update], self._first[update + 1])
        return Batch(
            src=[self._sentence("src", row) for row in rows], tgt=[self._sentence("tgt", row) for row in rows]
        )

    def _sentence(self, side: str, row: int) -> np.ndarray:
        ends = self._ends[side]
        return np.asarray(self._ids[side][ends[row] : ends[row + 1]], dtype=np.int64)

    def sample(self, count: int) -> list[Batch]:
        """The warm-up's batches, then `count` updates spread over the whole run, so all lengths are there."""
        warm_up, timed = (np.linspace(0, len(self) - 1, n).round() for n in (WARM_UP_UPDATES, count))
        return [self[int(update)] for update in (*warm_up, *timed)]


def time_updates(train: Callable[[Any], object], batches: Sequence[Any], *, name: str) -> dict[str, Any]:
    """Train on every batch; the first few are not counted."""
    for batch in batches[:WARM_UP_UPDATES]:
        train(batch)
    timed = batches[WARM_UP_UPDATES:]
    started, cpu_started = time.perf_counter(), time.process_time()
    for batch in timed:
        train(batch)
    return speed_line(
        name,
        tokens=sum(batch.tokens for batch in timed),
        plain_tokens=sum(batch.plain_tokens for batch in timed),
        updates=len(timed),
        seconds=time.perf_counter() - started,
        cpu_seconds=time.process_time() - cpu_started,
    )


def speed_line(
    name: str, *, tokens: int, plain_tokens: int, updates: int, seconds: float, cpu_seconds: float
) -> dict[str, Any]:
    """The one JSON object that every speed measurement prints."""
    return {
        "name": name,
        "tokens_per_second": round(tokens / seconds, 1),
        "plain_tokens_per_second": round(plain_tokens / seconds, 1),
        "tokens_per_cpu_second": round(tokens / cpu_seconds, 1),
        "updates": updates,
        "tokens": tokens,
        "seconds": round(seconds, 2),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }
