"""Files of lines: opened, unpacked and decoded a block at a time, and refused by line where they are broken.

Lines end at a line feed, with or without a carriage return before it, and nowhere else: the other characters
that `str.splitlines` takes for line ends stand in real text.
"""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path

from manyheads.errors import InputError, suggest

MAX_LINE_BYTES = 1_000_000
"""A longer line is taken for a file of another kind, or for one whose line ends are lost."""

ROWS_PER_CHUNK = 4096
"""How many rows of a file are Python objects at a time."""

# Shorter than a line may be: so only a block's first line, begun in the block before, can be too long.
_BLOCK_BYTES = 1 << 19
_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def check_is_file(path: Path) -> None:
    """Refuse a path at which there is nothing to read.

    Args:
        path: Where a file should stand; a pipe will do.

    Raises:
        InputError: If nothing stands there, or a folder.
    """
    if path.is_dir():
        raise InputError(f"{path} must be a file, but is a folder; name a file in it")
    if path.exists():
        return
    if not path.parent.is_dir():
        raise InputError(f"there is no file {path}: the folder {path.parent} does not exist")
    near = suggest(path.name, (other.name for other in path.parent.iterdir()))
    raise InputError(f"there is no file {path}{near}")


@contextmanager
def failures_told(path: Path) -> Iterator[None]:
    """Turn the system's refusal to read a file into one sentence.

    Args:
        path: The file being read.

    Yields:
        Nothing.

    Raises:
        InputError: If the system refuses, or the gzip stream is damaged or cut off.
    """
    try:
        yield
    except EOFError as error:
        raise InputError(f"{path} is cut off: its gzip stream has no end; copy the file again") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise InputError(f"{path} is a damaged gzip file ({error}); copy the file again") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error


def read_blocks(path: Path) -> Iterator[tuple[int, str]]:
    """Read a file some hundred thousand characters at a time, always whole lines.

    Args:
        path: Text in UTF-8, plain or gzipped; a byte order mark at its start is dropped.

    Yields:
        The number of the block's first line, from 1, and its text with the line ends as they are.

    Raises:
        InputError: If the file is missing, empty, damaged or not UTF-8, or holds a NUL or a line over 1 MB.
    """
    check_is_file(path)
    line = 1
    empty = True
    with failures_told(path), path.open("rb") as plain:
        for block in _whole_lines(_unpacked(plain, path), path):
            empty = False
            yield line, _decode(block, line, path)
            line += block.count(b"\n")
    if empty:
        raise InputError(f"{path} must hold at least one line, but is empty")


def read_lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Read a file some thousand lines at a time.

    Args:
        path: As for `read_blocks`, whose errors these are too.

    Yields:
        The number of the first of the lines, from 1, and the lines without their ends.
    """
    for first, text in read_blocks(path):
        lines = split_lines(text)
        for start in range(0, len(lines), ROWS_PER_CHUNK):
            yield first + start, lines[start : start + ROWS_PER_CHUNK]


def split_lines(text: str) -> list[str]:
    r"""Split text at \n and \r\n, and nowhere else.

    Args:
        text: Whole lines; the last may lack its end.

    Returns:
        The lines, without their ends.

    Example:
        >>> split_lines("a\u2028b\r\nc\n")
        ['a\u2028b', 'c']
    """
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    return [line.removesuffix("\r") for line in lines] if "\r" in text else lines


def _unpacked(file: BufferedReader, path: Path) -> BufferedReader | gzip.GzipFile:
    # What is in the file decides, so that a .gz that some download has unpacked already is told apart.
    begin = file.peek(2)[:2]
    if begin == _GZIP:
        return gzip.GzipFile(fileobj=file)
    if path.suffix == ".gz" and begin:
        raise InputError(f"{path} is named .gz, but is no gzip file; rename it if it is unpacked already")
    return file


def _whole_lines(file: BufferedReader | gzip.GzipFile, path: Path) -> Iterator[bytes]:
    rest = b""
    line = 1
    for block in iter(lambda: file.read(_BLOCK_BYTES), b""):
        if line == 1 and not rest:
            block = block.removeprefix(_BOM)  # noqa: PLW2901
        end = block.find(b"\n")
        if len(rest) + (len(block) if end < 0 else end) > MAX_LINE_BYTES:
            raise _too_long(rest + block, file, line, path)
        cut = block.rfind(b"\n") + 1
        if cut:
            whole = rest + block[:cut]
            yield whole
            line += whole.count(b"\n")
            rest = b""
        rest += block[cut:]
    if rest:
        yield rest


def _too_long(begin: bytes, file: BufferedReader | gzip.GzipFile, line: int, path: Path) -> InputError:
    size = begin.find(b"\n")
    if size < 0:
        size = len(begin)
        while block := file.read(_BLOCK_BYTES):
            end = block.find(b"\n")
            size += len(block) if end < 0 else end
            if end >= 0:
                break
    return InputError(
        f"a line must have at most {MAX_LINE_BYTES:,} bytes, but line {line} of {path} has {size:,}; "
        "is it one text a line?"
    )


def _decode(block: bytes, line: int, path: Path) -> str:
    try:
        text = block.decode("utf-8")
    except UnicodeDecodeError as error:
        line += block.count(b"\n", 0, error.start)
        place = error.start - block.rfind(b"\n", 0, error.start)
        guess = " (it looks like UTF-16)" if line == 1 and block.startswith(_UTF16) else ""
        raise InputError(
            f"{path} must be UTF-8{guess}, but line {line} is not: byte {place} of the line is "
            f"0x{block[error.start]:02X}; save the file as UTF-8"
        ) from error
    if "\0" in text:
        line += text.count("\n", 0, text.index("\0"))
        raise InputError(f"text must not hold NUL bytes, but line {line} of {path} does; is it a text file?")
    return text
