"""Text columns of a Parquet file, a chunk of rows at a time."""

import errno
import gzip
import json
import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

from manyheads.errors import InputError
from manyheads.text.columns import Chunk, Column, Columns, check_texts, find_column
from manyheads.text.lines import ROWS_PER_CHUNK, check_is_file, failures_told

_GZIP = b"\x1f\x8b"


def read_parquet(path: Path, columns: Columns, numbers: Collection[Column] = ()) -> Iterator[Chunk]:
    """Read text columns of a Parquet file; a null is an empty text.

    Args:
        path: The file, plain or gzipped: what is in it decides.
        columns: Names or numbers, in the order wanted.
        numbers: Which of them may hold numbers or truth values too; they come as JSON writes them.

    Yields:
        The columns' texts, some thousand rows at a time.

    Raises:
        InputError: If the file is missing, broken or empty, or lacks a column of text.
    """
    check_is_file(path)
    try:
        with _seekable(path) as plain, pq.ParquetFile(plain, memory_map=True) as file:
            if not file.metadata.num_rows:
                raise InputError(f"{path} must hold at least one row, but is empty")
            names = [
                _column_name(file.schema_arrow, column, path, plain=column not in numbers)
                for column in columns
            ]
            first = 1
            for batch in file.iter_batches(ROWS_PER_CHUNK, columns=names):
                yield first, [_texts(batch.column(name), path, first) for name in names]
                first += len(batch)
    except (pa.ArrowException, OSError) as error:
        reason = str(error).partition("\n")[0]
        raise InputError(f"{path} cannot be read as Parquet: {reason}") from error


@contextmanager
def _seekable(path: Path) -> Iterator[Path | IO[bytes]]:
    """Unpack what is gzipped into a temporary file: Parquet is read from its end."""
    if not _is_gzipped(path):
        yield path
        return
    with tempfile.TemporaryFile() as unpacked:
        with failures_told(path), gzip.open(path) as packed:
            _copy(packed, unpacked, path)
        yield unpacked


def _copy(packed: gzip.GzipFile, unpacked: IO[bytes], path: Path) -> None:
    try:
        shutil.copyfileobj(packed, unpacked)
        unpacked.flush()
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise InputError(
            f"{path} must be unpacked to be read, but {tempfile.gettempdir()} has no space for it; "
            "free some, or unpack it elsewhere"
        ) from error


def _is_gzipped(path: Path) -> bool:
    if not path.is_file():  # a pipe would lose what is read here
        return False
    with failures_told(path), path.open("rb") as file:
        return file.read(len(_GZIP)) == _GZIP


def _column_name(schema: pa.Schema, column: Column, path: Path, *, plain: bool) -> str:
    field = schema.field(find_column(column, schema.names, path))
    kind = field.type
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    if not (_is_text(kind) or (not plain and _is_number(kind))):
        kinds = "strings" if plain else "strings or numbers"
        raise InputError(f"column '{field.name}' of {path} must hold {kinds}, but holds {kind}")
    return field.name


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)


def _as_text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _texts(values: pa.Array, path: Path, first: int) -> list[str]:
    try:
        texts = [_as_text(value) for value in values.to_pylist()]
    except UnicodeDecodeError as error:
        raise InputError(f"{path} must be UTF-8, but a row from {first} on is not: {error}") from error
    check_texts(texts, path, first)
    return texts
