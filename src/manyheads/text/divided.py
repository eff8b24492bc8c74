"""A corpus with the fate of every row: the part it went to, or why it was removed; and a record by line."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Int64, UInt8, UInt64

from manyheads.text.cleaning import REMOVED, Reason
from manyheads.text.corpus import PairSource
from manyheads.text.scan import Scan
from manyheads.text.split import Part, choose_parts, held_out_sizes


@dataclass(frozen=True, slots=True)
class DividedCorpus:
    """A corpus divided into parts.

    Attributes:
        scan: The cleaned corpus; more of its rows may be removed later.
        parts: Each row's part, removed rows included.
    """

    scan: Scan
    parts: UInt8[np.ndarray, " rows"]

    def rows(self, part: Part) -> Bool[np.ndarray, " rows"]:
        """Tell which rows a part has now.

        Args:
            part: The part.

        Returns:
            True for its rows.
        """
        return (self.scan.reasons == Reason.KEPT) & (self.parts == part)

    def sources(self, part: Part) -> UInt64[np.ndarray, " distinct"]:
        """Give the hashes of a part's normalised sources.

        Args:
            part: The part.

        Returns:
            The distinct hashes, sorted.
        """
        return np.unique(self.scan.sources[self.rows(part)])

    def removed(self) -> dict[str, int]:
        """Count the removed rows.

        Returns:
            Their number by the name of the reason, zeros included.
        """
        return {reason.name.lower(): int((self.scan.reasons == reason).sum()) for reason in REMOVED}

    def record(self, files: dict[Part, PairSource | None], corpus: PairSource) -> dict[str, Any]:
        """Say which lines of which files went where.

        Args:
            files: The files of the parts that have some of their own.
            corpus: The files of the corpus that was divided.

        Returns:
            For each part its files and ranges of lines, or `all`; and the ranges removed, by reason.
        """
        record: dict[str, Any] = {}
        for part in Part:
            source = files.get(part)
            lines = "all" if source else self._lines(self.rows(part))
            record[part.name.lower()] = {"files": _names((source or corpus).paths), "lines": lines}
        removed = {reason.name.lower(): self._lines(self.scan.reasons == reason) for reason in REMOVED}
        return record | {"removed": removed}

    def _lines(self, rows: Bool[np.ndarray, " rows"]) -> list[list[int]]:
        return line_ranges(np.flatnonzero(rows) + self.scan.first_line)


def divide(scan: Scan, *, valid_fraction: float, test_fraction: float, max_held_out: int) -> DividedCorpus:
    """Divide a cleaned corpus into parts, by source.

    Args:
        scan: The cleaned corpus.
        valid_fraction: The share of the distinct sources that validates.
        test_fraction: The share that tests.
        max_held_out: The most distinct sources that either of these parts gets.

    Returns:
        The corpus and its parts.
    """
    kept = scan.reasons == Reason.KEPT
    num_valid, num_test = held_out_sizes(
        len(np.unique(scan.sources[kept])),
        valid_fraction=valid_fraction,
        test_fraction=test_fraction,
        max_held_out=max_held_out,
    )
    parts = np.full(len(kept), Part.TRAIN, np.uint8)
    parts[kept] = choose_parts(scan.sources[kept], num_valid=num_valid, num_test=num_test)
    return DividedCorpus(scan=scan, parts=parts)


def line_ranges(numbers: Int64[np.ndarray, " lines"]) -> list[list[int]]:
    """Put ascending numbers together to ranges.

    Args:
        numbers: Line numbers, each once.

    Returns:
        The first and the last number of every range without a gap.

    Example:
        >>> line_ranges(np.array([1, 2, 3, 7, 9, 10]))
        [[1, 3], [7, 7], [9, 10]]
    """
    if not len(numbers):
        return []
    ends = np.flatnonzero(np.diff(numbers) != 1)
    firsts, lasts = numbers[np.r_[0, ends + 1]], numbers[np.r_[ends, len(numbers) - 1]]
    return np.stack([firsts, lasts], axis=1).tolist()


def _names(paths: tuple[Path, ...]) -> list[str]:
    return [path.name for path in paths]
