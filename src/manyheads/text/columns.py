"""Some columns of a file of rows: TSV, CSV and JSONL, some rows at a time, every value a string as it stands.

A column's name means that the first row is a header; numbers, which count from 0, mean that there is none.
An empty line is a row of empty texts, so that rows keep their numbers. A file that cannot be read, or a row
that lacks a column, is an `InputError` that names file and line.
"""

import csv
import json
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

from manyheads.errors import InputError, suggest
from manyheads.text.lines import MAX_LINE_BYTES, ROWS_PER_CHUNK, read_blocks, read_lines

Column = str | int
"""A column's name, or its number from 0."""

Columns = tuple[Column, ...]
_Row = dict[str, Any] | list[Any] | None
Chunk = tuple[int, list[list[str]]]
"""The number of the first row, from 1, a header included; then the texts of each column asked for."""


def read_tsv(path: Path, columns: Columns) -> Iterator[Chunk]:
    """Read columns of tab-separated values: no quoting, `"` is a character like any other.

    Args:
        path: The file, plain or gzipped.
        columns: Which columns, in the order wanted.

    Yields:
        The columns' texts, some thousand rows at a time.
    """
    places = None
    for first, lines in read_lines(path):
        rows = [line.split("\t") for line in lines]
        begin = 0
        if places is None:
            places, begin = _places(columns, rows[0], path)
        numbers = range(first + begin, first + len(rows))
        if texts := _pick(rows[begin:], numbers, places, path):
            yield first + begin, texts


def read_csv(path: Path, columns: Columns) -> Iterator[Chunk]:
    """Read columns of comma-separated values as RFC 4180 has them: quotes, and line ends between quotes.

    Args:
        path: The file, plain or gzipped.
        columns: Which columns, in the order wanted.

    Yields:
        The columns' texts, some thousand rows at a time; a row counts once, however many lines it takes.
    """
    first = 1
    places = None
    for rows, numbers in _csv_rows(path):
        begin = 0
        if places is None:
            places, begin = _places(columns, rows[0], path)
        if texts := _pick(rows[begin:], numbers[begin:], places, path):
            yield first + begin, texts
        first += len(rows)


def read_jsonl(path: Path, columns: Columns, numbers: Collection[Column] = ()) -> Iterator[Chunk]:
    """Read fields of JSON objects, or places of JSON arrays, one a line.

    Args:
        path: The file, plain or gzipped.
        columns: Which fields, in the order wanted; a number is a place in an array, or means the field that
            stands at that place in the first object.
        numbers: In which of them numbers and truth values may stand too; they come as JSON writes them.

    Yields:
        The fields' texts, some thousand rows at a time.
    """
    names = None
    for first, lines in read_lines(path):
        rows = [_json_row(line, path, number) for number, line in enumerate(lines, first)]
        names = names or _field_names(columns, rows)
        texts = [
            [
                _json_text(row, name, path, number, plain=column not in numbers)
                for number, row in enumerate(rows, first)
            ]
            for column, name in zip(columns, names, strict=True)
        ]
        for column in texts:
            check_texts(column, path, first)
        yield first, texts


def check_texts(texts: Sequence[str], path: Path, first: int) -> None:
    """Refuse texts that no text file could hold: with NUL characters, half a surrogate pair, or over 1 MB.

    Args:
        texts: Texts of consecutive rows.
        path: The file they come from.
        first: The number of the first row.

    Raises:
        InputError: If one of them cannot be used; its row is named.
    """
    joined = "\n".join(texts)
    fine = joined.isascii() or not any("\ud800" <= character <= "\udfff" for character in set(joined))
    if fine and "\0" not in joined and max(map(len, texts), default=0) <= MAX_LINE_BYTES:
        return
    for number, text in enumerate(texts, first):
        if "\0" in text:
            raise InputError(f"a text must not hold NUL characters, but row {number} of {path} does")
        if len(text) > MAX_LINE_BYTES:
            raise InputError(
                f"a text must have at most {MAX_LINE_BYTES:,} characters, "
                f"but row {number} of {path} has {len(text):,}"
            )
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise InputError(f"row {number} of {path} holds half a surrogate pair, which is no character")


def find_column(column: Column, known: Sequence[str], where: object) -> int:
    """Say at which place a column stands.

    Args:
        column: Its name or its number.
        known: The names of the columns that are there.
        where: The file, for the error.

    Returns:
        Its number.

    Raises:
        InputError: If there is no such column, or more than one of this name.
    """
    if isinstance(column, int):
        if column < len(known):
            return column
        raise InputError(f"{where} must have a column {column} (they count from 0), but has {len(known)}")
    if column not in known:
        there = ", ".join(f"'{name}'" for name in known) or "none"
        raise InputError(f"{where} must have a column '{column}', but has {there}{suggest(column, known)}")
    if known.count(column) > 1:
        raise InputError(
            f"{where} must have one column '{column}', but has {known.count(column)}; rename one"
        )
    return known.index(column)


def _places(columns: Columns, first_row: list[str], path: Path) -> tuple[list[int], int]:
    """Say where in a row the columns stand, and how many rows the header takes."""
    numbers = [column for column in columns if isinstance(column, int)]
    if len(numbers) == len(columns):
        return numbers, 0
    return [find_column(column, first_row, path) for column in columns], 1


def _pick(
    rows: list[list[str]], numbers: Sequence[int], places: list[int], path: Path
) -> list[list[str]] | None:
    if not rows:
        return None
    try:
        return [[row[place] for row in rows] for place in places]
    except IndexError:
        width = max(places) + 1
        for number, row in zip(numbers, rows, strict=True):
            if any(row) and len(row) < width:
                raise InputError(
                    f"a row of {path} must have at least {width} fields, but line {number} has {len(row)}"
                ) from None
    return [[row[place] if len(row) > place else "" for row in rows] for place in places]


def _csv_rows(path: Path) -> Iterator[tuple[list[list[str]], list[int]]]:
    """Give some thousand rows at a time, with the number of the line at which each begins."""
    csv.field_size_limit(max(csv.field_size_limit(), MAX_LINE_BYTES))
    reader = csv.reader(_lines_with_ends(path), strict=True)
    rows: list[list[str]] = []
    numbers: list[int] = []
    line = 1
    try:
        for row in reader:
            rows.append(row)
            numbers.append(line)
            line = reader.line_num + 1
            if len(rows) == ROWS_PER_CHUNK:
                yield rows, numbers
                rows, numbers = [], []
    except csv.Error as error:
        raise InputError(f"{path} must be CSV, but its row at line {line} is not: {error}") from error
    if rows:
        yield rows, numbers


def _lines_with_ends(path: Path) -> Iterator[str]:
    for _, text in read_blocks(path):
        lines = text.split("\n")
        last = lines.pop()
        yield from (line + "\n" for line in lines)
        if last:
            yield last


def _json_row(line: str, path: Path, number: int) -> _Row:
    if not line.strip():
        return None
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"every line of {path} must be JSON, but line {number} is not: {error}") from error
    if not isinstance(row, dict | list):
        raise InputError(
            f"each line of {path} must be a JSON object or array, but line {number} is {line[:40]}"
        )
    return row


def _field_names(columns: Columns, rows: Sequence[_Row]) -> Columns:
    known = next((list(row) for row in rows if isinstance(row, dict)), [])
    return tuple(known[c] if isinstance(c, int) and c < len(known) else c for c in columns)


def _json_text(row: _Row, name: Column, path: Path, number: int, *, plain: bool) -> str:
    if row is None:
        return ""
    if isinstance(row, dict):
        value = row[name] if name in row else row[list(row)[_find(name, list(row), path, number)]]
    else:
        value = row[_find(name, [str(place) for place in range(len(row))], path, number)]
    if isinstance(value, str):
        return value
    if not plain and isinstance(value, int | float):
        return json.dumps(value)
    found = json.dumps(value)[:40]
    kinds = "strings" if plain else "strings or numbers"
    raise InputError(f"column '{name}' of {path} must hold {kinds}, but line {number} holds {found}")


def _find(name: Column, known: list[str], path: Path, number: int) -> int:
    return find_column(name, known, f"line {number} of {path}")
