"""Pairs for a verb that needs all of them."""

from dataclasses import dataclass
from pathlib import Path

from manyheads.cli.files import as_column, unit_of


@dataclass(frozen=True, slots=True)
class Pairs:
    """Sources and references, side by side.

    Attributes:
        name: Where the sources stand.
        src: The sources.
        tgt: The references.
        first_line: The number of the first pair's line.
        unit: What is counted: lines or rows.
    """

    name: str
    src: list[str]
    tgt: list[str]
    first_line: int
    unit: str = "line"

    def place(self, number: int) -> str:
        """Say where a pair stands.

        Args:
            number: Which pair it is, from 0.

        Returns:
            For instance `row 3 of pairs.csv`.
        """
        return f"{self.unit} {self.first_line + number} of {self.name}"


def read_all_pairs(path: Path, second: Path | None, src: str | None, tgt: str | None) -> Pairs:
    """Read a file with columns, or two files line by line; mistakes in them are an `InputError`.

    Args:
        path: The file, or the sources alone.
        second: The references.
        src: The column of the sources, by name or number; 0 by default.
        tgt: The column of the references; 1 by default.

    Returns:
        All pairs.
    """
    from manyheads.text.corpus import PairSource, read_pairs

    paths = (path,) if second is None else (path, second)
    source = PairSource(paths, as_column(src or "0"), as_column(tgt or "1"))
    chunks = list(read_pairs(source))
    return Pairs(
        str(path),
        [text for chunk in chunks for text in chunk.src],
        [text for chunk in chunks for text in chunk.tgt],
        chunks[0].first_line,
        unit_of(path),
    )
