"""Standard input, a text a line: what `text.lines` does for files, without waiting where somebody types."""

import sys
from collections.abc import Iterator
from itertools import islice

from manyheads.errors import InputError

NAME = "standard input"
_BOM = b"\xef\xbb\xbf"


def read_stdin(at_once: int) -> Iterator[tuple[int, list[str]]]:
    """Read texts.

    Args:
        at_once: How many to wait for; 1 gives each as soon as its line has ended.

    Yields:
        The number of the first line, from 1, and the lines without their ends.

    Raises:
        InputError: A file or a pipe is empty, or a line is too long, not UTF-8 or holds a NUL.
    """
    lines = _lines()
    first = 1
    while texts := list(islice(lines, at_once)):
        yield first, texts
        first += len(texts)
    if first == 1 and not sys.stdin.isatty():
        raise InputError(f"{NAME} must hold at least one line, but is empty")


def _lines() -> Iterator[str]:
    from manyheads.text.lines import MAX_LINE_BYTES

    number = 0
    while line := sys.stdin.buffer.readline(MAX_LINE_BYTES + 2):
        number += 1
        where = f"line {number} of {NAME}"
        line = line.removeprefix(_BOM) if number == 1 else line
        if len(line.removesuffix(b"\n")) > MAX_LINE_BYTES:
            raise InputError(
                f"a line must have at most {MAX_LINE_BYTES:,} bytes, but {where} has more; "
                "is it one text a line?"
            )
        yield _text(line, where).removesuffix("\n").removesuffix("\r")


def _text(line: bytes, where: str) -> str:
    if b"\0" in line:
        raise InputError(f"text must not hold NUL bytes, but {where} does")
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        byte = f"byte {error.start + 1} of the line is 0x{line[error.start]:02X}"
        raise InputError(f"text must be UTF-8, but {where} is not: {byte}") from error
