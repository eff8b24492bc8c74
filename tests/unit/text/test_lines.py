import errno
import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyheads.errors import InputError
from manyheads.text.lines import MAX_LINE_BYTES, failures_told, read_blocks, read_lines, split_lines


def lines_of(path):
    return [line for _, lines in read_lines(path) for line in lines]


def error_of(path):
    with pytest.raises(InputError) as caught:
        lines_of(path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"a\nb\n", ["a", "b"]),
        (b"a\nb", ["a", "b"]),
        (b"a\r\n\r\nb\r\n", ["a", "", "b"]),
        (b"\n", [""]),
        (b"\xef\xbb\xbfa\nb\n", ["a", "b"]),
        (b"a\n\xef\xbb\xbfb\n", ["a", "\ufeffb"]),
    ],
)
def test_lines_end_at_line_feeds_with_or_without_carriage_return(tmp_path, content, lines):
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    assert lines_of(path) == lines


def test_no_other_character_ends_a_line(tmp_path):
    """Each of these is a line end to `str.splitlines`."""
    line = "a\x0bb\x0cc\x1cd\x1de\x1ef\x85g\u2028h\u2029i\rj"
    path = tmp_path / "a.txt"
    path.write_text(line + "\n", encoding="utf-8", newline="")
    assert lines_of(path) == [line]


@pytest.mark.property
@given(
    st.lists(st.text(st.characters(exclude_characters="\r\n\0", codec="utf-8"))),
    st.sampled_from(["\n", "\r\n"]),
)
def test_lines_joined_and_split_are_the_same_lines(lines, end):
    assert split_lines("".join(line + end for line in lines)) == lines


def test_lines_longer_than_a_block_and_across_blocks_are_whole(tmp_path):
    """A block is 524,288 bytes: the first line ends in the second block, the third in the third."""
    lines = ["ä" * 300_000, "b" * 10, "c" * 900_000, "d"]
    path = tmp_path / "a.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="")
    assert lines_of(path) == lines
    assert [first for first, _ in read_blocks(path)] == [1, 3]


def test_chunks_know_the_number_of_their_first_line(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"a\n" * 10_000)
    chunks = [(first, len(lines)) for first, lines in read_lines(path)]
    assert chunks == [(1, 4096), (4097, 4096), (8193, 1808)]


def test_a_gzipped_file_is_unpacked_whatever_its_name(tmp_path):
    for name in ("a.txt.gz", "a.txt"):
        (tmp_path / name).write_bytes(gzip.compress("grün\nb\n".encode()))
        assert lines_of(tmp_path / name) == ["grün", "b"]


def test_a_missing_file_is_named_with_the_nearest_one(tmp_path):
    (tmp_path / "train.en").write_bytes(b"a\n")
    assert error_of(tmp_path / "trian.en") == (
        f"there is no file {tmp_path}/trian.en; did you mean 'train.en'?"
    )
    assert error_of(tmp_path / "nowhere" / "a.en") == (
        f"there is no file {tmp_path}/nowhere/a.en: the folder {tmp_path}/nowhere does not exist"
    )


def test_a_folder_is_no_file(tmp_path):
    assert error_of(tmp_path) == f"{tmp_path} must be a file, but is a folder; name a file in it"


@pytest.mark.parametrize(
    "content",
    [b"", b"\xef\xbb\xbf", gzip.compress(b"", mtime=0)],
    ids=["nothing", "a mark alone", "nothing, gzipped"],
)
def test_an_empty_file_is_refused(tmp_path, content):
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    assert error_of(path) == f"{path} must hold at least one line, but is empty"


def test_a_byte_that_is_no_utf8_is_named_by_line_and_place(tmp_path):
    """Line 3 is "caf" and then 0xE9, which is é in Latin-1: the fourth byte of its line."""
    path = tmp_path / "a.txt"
    path.write_bytes(b"one\ntwo\ncaf\xe9 four\n")
    assert error_of(path) == (
        f"{path} must be UTF-8, but line 3 is not: byte 4 of the line is 0xE9; save the file as UTF-8"
    )


def test_a_file_in_utf16_is_recognised(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("one\n".encode("utf-16"))
    assert error_of(path) == (
        f"{path} must be UTF-8 (it looks like UTF-16), but line 1 is not: byte 1 of the line is 0xFF; "
        "save the file as UTF-8"
    )


def test_a_nul_byte_is_named_by_line(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"one\ntwo\nth\0ree\n")
    assert error_of(path) == f"text must not hold NUL bytes, but line 3 of {path} does; is it a text file?"


@pytest.mark.parametrize("end", [b"", b"\nnext\n"])
def test_a_line_over_a_megabyte_is_named_with_its_size(tmp_path, end):
    path = tmp_path / "a.txt"
    path.write_bytes(b"short\nshort\n" + b"x" * 3_000_000 + end)
    assert error_of(path) == (
        f"a line must have at most 1,000,000 bytes, but line 3 of {path} has 3,000,000; "
        "is it one text a line?"
    )


def test_a_line_of_just_a_megabyte_is_read(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" * MAX_LINE_BYTES + b"\n" + b"y" * MAX_LINE_BYTES)
    assert [len(line) for line in lines_of(path)] == [MAX_LINE_BYTES, MAX_LINE_BYTES]
    path.write_bytes(b"y\n" + b"x" * (MAX_LINE_BYTES + 1) + b"\n")
    assert "line 2 of" in error_of(path)
    assert "has 1,000,001;" in error_of(path)


def test_a_name_in_gz_with_plain_text_in_it_is_told(tmp_path):
    path = tmp_path / "a.tsv.gz"
    path.write_bytes(b"plain\n")
    assert error_of(path) == f"{path} is named .gz, but is no gzip file; rename it if it is unpacked already"


def test_a_gzip_file_that_is_cut_off_is_told(tmp_path):
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(bytes(range(1, 128)) * 50)[:-20])
    assert error_of(path) == f"{path} is cut off: its gzip stream has no end; copy the file again"


def test_a_damaged_gzip_file_is_told(tmp_path):
    path = tmp_path / "a.gz"
    content = bytearray(gzip.compress(b"some text\n" * 50))
    content[-6] ^= 0xFF
    path.write_bytes(content)
    assert error_of(path).startswith(f"{path} is a damaged gzip file (CRC check failed")
    assert error_of(path).endswith("; copy the file again")


def test_what_the_system_refuses_is_told(tmp_path):
    with pytest.raises(InputError) as caught, failures_told(tmp_path / "a"):
        raise OSError(errno.EIO, "Input/output error")
    assert str(caught.value) == f"{tmp_path}/a cannot be read: Input/output error"
