import io
import sys

import pytest

from manyheads.cli.stdin import read_stdin
from manyheads.errors import InputError


@pytest.fixture
def read(monkeypatch):
    """Read bytes as if they stood on standard input."""

    def read(content, at_once=1000, *, typed=False):
        stream = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8")
        stream.isatty = lambda: typed
        monkeypatch.setattr(sys, "stdin", stream)
        return list(read_stdin(at_once))

    return read


def test_lines_end_at_line_feeds_alone(read):
    assert read("a\u2028b\r\n\n c\rd ".encode()) == [(1, ["a\u2028b", "", " c\rd "])]


def test_chunks_carry_the_number_of_their_first_line(read):
    assert read(b"a\nb\nc\n", at_once=2) == [(1, ["a", "b"]), (3, ["c"])]


def test_a_byte_order_mark_is_dropped_at_the_start_only(read):
    assert read(b"\xef\xbb\xbfa\n\xef\xbb\xbfb\n") == [(1, ["a", "\ufeffb"])]


def test_a_line_of_a_million_bytes_is_taken(read):
    assert read(b"a" * 1_000_000 + b"\nb\n") == [(1, ["a" * 1_000_000, "b"])]


def test_nothing_is_a_mistake_but_not_where_somebody_types(read):
    assert read(b"", typed=True) == []
    with pytest.raises(InputError, match=r"^standard input must hold at least one line, but is empty$"):
        read(b"")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            b"a\nb\xe4\n",
            "text must be UTF-8, but line 2 of standard input is not: byte 2 of the line is 0xE4",
        ),
        (b"a\n\nb\0\n", "text must not hold NUL bytes, but line 3 of standard input does"),
        (
            b"a\n" + b"b" * 1_000_001,
            "a line must have at most 1,000,000 bytes, but line 2 of standard input has more; "
            "is it one text a line?",
        ),
    ],
)
def test_a_broken_line_is_named(read, content, message):
    with pytest.raises(InputError) as error:
        read(content)
    assert str(error.value) == message
