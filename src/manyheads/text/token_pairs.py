"""Pairs of token ids in a file that is mapped into memory: a million of them cost no Python objects.

The file is Arrow IPC, columns src and tgt, each row a list of int32.
"""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa
from jaxtyping import Int, Int32

_IDS = pa.list_(pa.int32())
_SCHEMA = pa.schema([("src", _IDS), ("tgt", _IDS)])
_Column = tuple[list[np.ndarray], list[np.ndarray]]


class TokenPairs:
    """The token ids of pairs, by row.

    Args:
        table: The columns src and tgt.

    Attributes:
        src_lengths: The number of source tokens of every row.
        tgt_lengths: The number of target tokens of every row.
    """

    def __init__(self, table: pa.Table) -> None:
        batches = table.to_batches()
        self._starts = np.cumsum([0, *(len(batch) for batch in batches)])
        self._src = _views([batch.column("src") for batch in batches])
        self._tgt = _views([batch.column("tgt") for batch in batches])
        self.src_lengths: Int32[np.ndarray, " pairs"] = _lengths(self._src)
        self.tgt_lengths: Int32[np.ndarray, " pairs"] = _lengths(self._tgt)

    @classmethod
    def open(cls, path: Path) -> "TokenPairs":
        """Map a file into memory.

        Args:
            path: A file that `TokenPairsWriter` has written.

        Returns:
            Its pairs.
        """
        with pa.memory_map(str(path)) as file:
            return cls(pa.ipc.open_file(file).read_all())

    def __len__(self) -> int:
        return int(self._starts[-1])

    def take(self, rows: Int[np.ndarray, " rows"]) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Give some rows' token ids, without copying them.

        Args:
            rows: Which rows, in the order wanted.

        Returns:
            Of each row the source's ids and the target's: read-only int32 arrays.
        """
        batches = np.searchsorted(self._starts, rows, side="right") - 1
        places = list(zip(batches.tolist(), (rows - self._starts[batches]).tolist(), strict=True))
        return _slices(self._src, places), _slices(self._tgt, places)


class TokenPairsWriter:
    """Writes token ids to a file, a chunk of pairs at a time."""

    def __init__(self, path: Path) -> None:
        self._writer = pa.ipc.new_file(str(path), _SCHEMA)

    def __enter__(self) -> "TokenPairsWriter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._writer.close()

    def write(self, src: Sequence[Sequence[int]], tgt: Sequence[Sequence[int]]) -> None:
        """Append pairs.

        Args:
            src: The sources' token ids.
            tgt: The targets' token ids, as many.
        """
        if src:
            columns = [pa.array(src, _IDS), pa.array(tgt, _IDS)]
            self._writer.write_batch(pa.record_batch(columns, schema=_SCHEMA))


def _views(columns: list[pa.ListArray]) -> _Column:
    return [column.offsets.to_numpy() for column in columns], [column.values.to_numpy() for column in columns]


def _lengths(column: _Column) -> Int32[np.ndarray, " pairs"]:
    offsets, _ = column
    return np.concatenate([np.zeros(0, np.int32), *(np.diff(part) for part in offsets)])


def _slices(column: _Column, places: list[tuple[int, int]]) -> list[np.ndarray]:
    offsets, values = column
    return [values[b][offsets[b][row] : offsets[b][row + 1]] for b, row in places]
