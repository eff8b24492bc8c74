"""Where a verb's texts come from, and where its answers go: a whole file or none."""

import gzip
import io
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from manyheads.cli.stdin import NAME, read_stdin
from manyheads.errors import InputError

_LINES_AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts to work on, in their order.

    Attributes:
        name: Where they stand, for errors.
        chunks: Some thousand texts at a time, with the number of the first one's line.
        total: How many there are; None where that is not known beforehand.
        live: Somebody types them and waits for each answer.
        unit: What is counted: lines, rows, or texts.
    """

    name: str
    chunks: Iterator[tuple[int, list[str]]]
    total: int | None
    live: bool = False
    unit: str = "line"

    def place(self, number: int) -> str:
        """Say where a text stands.

        Args:
            number: Of its line, from 1.

        Returns:
            For instance `line 3 of in.txt`.
        """
        return f"{self.unit} {number} of {self.name}"


def open_texts(given: list[str], path: Path | None, column: str | None) -> Texts:
    """Choose between the texts on the command line, those of a file and those of standard input.

    Args:
        given: On the command line.
        path: Of a file.
        column: Of that file, by name or by number from 0.

    Returns:
        The texts; a file has been read through once, so that its mistakes are found before any work is done.

    Raises:
        InputError: Both are given, a column is given without a file, or the texts cannot be read.
    """
    if given and path:
        raise InputError(f"texts come from the command line or from --input, but both are given ({path})")
    if column is not None and path is None:
        raise InputError(f"--column {column} is a column of a file: name the file with --input")
    if path:
        from manyheads.text.lines import check_is_file

        check_is_file(path)
        total = sum(len(texts) for _, texts in _read(path, column)) if path.is_file() else None
        return Texts(str(path), _read(path, column), total, unit=unit_of(path))
    if given:
        for text in given:
            _check_unicode(text)
        return Texts("the command line", iter([(1, given)]), len(given), unit="text")
    live = sys.stdin.isatty()
    return Texts(NAME, read_stdin(1 if live else _LINES_AT_ONCE), None, live)


def _read(path: Path, column: str | None) -> Iterator[tuple[int, list[str]]]:
    from manyheads.text.corpus import read_texts

    for chunk in read_texts(path, column=None if column is None else as_column(column)):
        yield chunk.first_line, chunk.texts


def unit_of(path: Path) -> str:
    """Say what is counted in a file.

    Args:
        path: The file; its name tells the format.

    Returns:
        `row` where a text may take several lines or none, `line` elsewhere.
    """
    from manyheads.text.corpus import format_of

    return "row" if format_of(path) in {"csv", "parquet"} else "line"


def as_column(column: str) -> str | int:
    """Take a column's number for a number.

    Args:
        column: As it was given.

    Returns:
        The number, or the name.
    """
    return int(column) if column.isdecimal() else column


def _check_unicode(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InputError(
            f"a text must be UTF-8, but {text!r} is not at character {error.start + 1}"
        ) from error


def check_output(path: Path | None) -> None:
    """Refuse a place where no file can be written, before any work is done.

    Args:
        path: Where it shall be written; None is standard output.

    Raises:
        InputError: It is a folder, or in none.
    """
    if path is None:
        return
    if path.is_dir():
        raise InputError(f"--output must be a file, but {path} is a folder; name a file in it")
    if not path.parent.is_dir():
        raise InputError(f"--output {path} needs a folder that exists, but there is no {path.parent}")


def one_line(text: str, *, tabs: bool = True) -> str:
    r"""Keep a text in its line, whatever white space is in it.

    Args:
        text: The text.
        tabs: Whether tabs may stay, which would end a column.

    Returns:
        The text with spaces for its line ends.

    Example:
        >>> one_line("a\r\nb\tc"), one_line("b\tc", tabs=False)
        ('a b\tc', 'b c')
    """
    ends = r"\r\n|\n|\r" if tabs else r"\r\n|\n|\r|\t"
    return re.sub(ends, " ", text)


def write_lines(path: Path | None, lines: Iterable[str]) -> None:
    """Write lines as they come: into a file that appears when all of them are there, or to standard output.

    Args:
        path: The file, gzipped if its name ends in .gz; None for standard output.
        lines: Without their ends.
    """
    if path is None:
        for line in lines:
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
        return
    from manyheads.checkpoint.atomic import write_file

    write_file(path, lambda aside: _put(aside, lines))


def _put(path: Path, lines: Iterable[str]) -> None:
    with path.open("wb") as raw:
        packed = (
            gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0)
            if path.suffix.lower() == ".gz"
            else raw
        )
        with io.TextIOWrapper(packed, encoding="utf-8", newline="\n") as file:
            file.writelines(f"{line}\n" for line in lines)
