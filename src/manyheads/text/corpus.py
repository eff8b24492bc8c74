"""Files of texts and of pairs, read a chunk at a time: text, TSV, CSV, JSONL, Parquet.

All of them may be gzipped. Text is UTF-8, and every value is taken as the string that it is.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Literal

from manyheads.errors import InputError
from manyheads.text.columns import Chunk, Column, Columns, read_csv, read_jsonl, read_tsv
from manyheads.text.lines import ROWS_PER_CHUNK, check_is_file, read_lines

Format = Literal["auto", "text", "tsv", "csv", "jsonl", "parquet"]
"""How a file is laid out; `auto`: by its suffix, once `.gz` is taken off."""

_FORMATS: dict[str, Format] = {
    ".tsv": "tsv",
    ".tab": "tsv",
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}
# Any other suffix, such as the .en of train.en, is text.
_NO_TEXT = re.compile(
    r"\.(json|xml|tmx|xlf|xliff|xlsx?|ods|docx?|odt|pdf|html?|zip|tar|tgz|bz2|xz|zst|7z|arrow|feather|np[yz])"
)


@dataclass(frozen=True, slots=True)
class PairSource:
    """Where pairs stand: one file with two columns, or two files whose lines belong together.

    Attributes:
        paths: One file or two; of two, the first is the source's.
        src: The column of the source, by name or by number from 0; two files have no columns.
        tgt: The column of the target.
        format: How one file is laid out; a text file with pairs is read as TSV.
    """

    paths: tuple[Path, ...]
    src: str | int = 0
    tgt: str | int = 1
    format: Format = "auto"


@dataclass(frozen=True, slots=True)
class PairChunk:
    """Consecutive pairs of a source.

    Attributes:
        first_line: The number of the first pair's line, from 1; in CSV and Parquet, of its row.
        src: The sources, as they stand in the file.
        tgt: The targets, as many.
    """

    first_line: int
    src: list[str]
    tgt: list[str]


@dataclass(frozen=True, slots=True)
class TextChunk:
    """Consecutive texts of a file.

    Attributes:
        first_line: The number of the first text's line, from 1; in CSV and Parquet, of its row.
        texts: The texts, as they stand in the file.
    """

    first_line: int
    texts: list[str]


def read_pairs(source: PairSource) -> Iterator[PairChunk]:
    """Read pairs, some thousand at a time.

    Args:
        source: The file or files.

    Yields:
        The pairs in their order.

    Raises:
        InputError: If a file is missing, broken or empty, lacks a column, or if two are of unequal length.
    """
    if len(source.paths) == 2:
        yield from _read_two(source)
        return
    if len(source.paths) != 1:
        raise InputError(f"pairs must stand in one file or two, but {len(source.paths)} were given")
    if source.src == source.tgt:
        raise InputError(f"source and target must be two columns, but both are {source.src!r}")
    for first, (src, tgt) in read_columns(source.paths[0], (source.src, source.tgt), source.format):
        yield PairChunk(first_line=first, src=src, tgt=tgt)


def read_texts(
    path: Path,
    *,
    column: str | int | None = None,
    format: Format = "auto",  # noqa: A002
) -> Iterator[TextChunk]:
    """Read texts, some thousand at a time.

    Args:
        path: The file.
        column: Which column holds them, by name or by number from 0; none where a line is a text.
        format: How the file is laid out; a text file with a column is read as TSV.

    Yields:
        The texts in their order.

    Raises:
        InputError: If the file is missing, broken or empty, or if a column is missing or was not said.
    """
    if column is not None:
        chunks = read_columns(path, (column,), format)
        yield from (TextChunk(first_line=first, texts=texts) for first, (texts,) in chunks)
        return
    layout = format_of(path) if format == "auto" else format
    if layout != "text":
        check_is_file(path)
        raise InputError(f"{path} is read as {layout}: say which column holds the texts, by name or number")
    yield from (TextChunk(first_line=first, texts=lines) for first, lines in read_lines(path))


def read_columns(
    path: Path, columns: Columns, layout: Format = "auto", *, numbers: Collection[Column] = ()
) -> Iterator[Chunk]:
    """Read columns of a file of rows, some thousand rows at a time.

    Args:
        path: The file.
        columns: Which columns, by name or by number from 0, in the order wanted.
        layout: How the file is laid out; a text file is read as TSV.
        numbers: In which of them JSON and Parquet may hold numbers instead of strings.

    Yields:
        The number of the first row and the texts of each column.

    Raises:
        InputError: If the file is missing, broken or empty, or lacks a column.
    """
    if layout == "text":
        raise InputError(
            f"text has no columns, but column {columns[-1]!r} of {path} was asked for; is it TSV?"
        )
    for column in columns:
        if isinstance(column, int) and column < 0:
            raise InputError(f"a column's number must be 0 or more, but for {path} it is {column}")
    layout = format_of(path) if layout == "auto" else layout
    rows = 0
    for chunk in _reader(path, columns, layout, numbers):
        rows += 1
        yield chunk
    if not rows:
        raise InputError(f"{path} must hold at least one row below its header, but is empty")


def format_of(path: Path) -> Format:
    """Tell by its name how a file is laid out.

    Args:
        path: The file; it need not exist.

    Returns:
        The format; `text` for every suffix that is not a known one.

    Raises:
        InputError: If the suffix is that of a file without lines of text.

    Example:
        >>> format_of(Path("pairs.tsv.gz")), format_of(Path("train.en"))
        ('tsv', 'text')
    """
    suffix = Path(path.name.lower().removesuffix(".gz")).suffix
    if _NO_TEXT.fullmatch(suffix):
        raise InputError(
            f"{path} must be text, TSV, CSV, JSONL or Parquet, but is named {suffix}; "
            "convert it, or say its format"
        )
    return _FORMATS.get(suffix, "text")


def _reader(path: Path, columns: Columns, layout: Format, numbers: Collection[Column]) -> Iterator[Chunk]:
    if layout == "parquet":
        from manyheads.text.parquet import read_parquet

        return read_parquet(path, columns, numbers)
    if layout == "jsonl":
        return read_jsonl(path, columns, numbers)
    return (read_csv if layout == "csv" else read_tsv)(path, columns)


def _read_two(source: PairSource) -> Iterator[PairChunk]:
    for path in source.paths:
        if (layout := format_of(path) if source.format == "auto" else source.format) != "text":
            raise InputError(
                f"two files of pairs must be text, but {path} is {layout}; give one file with columns"
            )
    src_lines, tgt_lines = (_lines(path) for path in source.paths)
    first = 1
    while True:
        src, tgt = list(islice(src_lines, ROWS_PER_CHUNK)), list(islice(tgt_lines, ROWS_PER_CHUNK))
        if len(src) != len(tgt):
            sizes = (first - 1 + len(src) + _count(src_lines), first - 1 + len(tgt) + _count(tgt_lines))
            raise InputError(
                f"two files of pairs must have equally many lines, but {source.paths[0]} has {sizes[0]:,} "
                f"and {source.paths[1]} has {sizes[1]:,}"
            )
        if not src:
            return
        yield PairChunk(first_line=first, src=src, tgt=tgt)
        first += len(src)


def _lines(path: Path) -> Iterator[str]:
    return chain.from_iterable(lines for _, lines in read_lines(path))


def _count(lines: Iterator[str]) -> int:
    return sum(1 for _ in lines)
