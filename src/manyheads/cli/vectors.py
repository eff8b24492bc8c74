"""Vectors as they come, into `.npy` or Parquet: never all of them in memory."""

from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Float32

from manyheads.checkpoint.atomic import write_file
from manyheads.cli.rows import Chunk

Block = tuple[Chunk, Float32[np.ndarray, "texts d_model"]]


def write_npy(path: Path, blocks: Iterable[Block], *, d_model: int) -> None:
    """Write one float32 array of all vectors, in order.

    Args:
        path: Where to; the file appears when all of them are there.
        blocks: Some vectors at a time.
        d_model: Their width.
    """

    def put(aside: Path) -> None:
        with aside.open("wb") as file:
            _write_header(file, 0, d_model)
            rows = 0
            for _, vectors in blocks:
                file.write(vectors.astype("<f4").tobytes())
                rows += len(vectors)
            # numpy leaves room in a header for its first axis to grow.
            file.seek(0)
            _write_header(file, rows, d_model)

    write_file(path, put)


def write_parquet(path: Path, blocks: Iterable[Block], *, d_model: int, ids: bool) -> None:
    """Write rows of the text and its vector, and before them the id where there are ids.

    Args:
        path: Where to; the file appears when all of them are there.
        blocks: Some vectors at a time, with their texts.
        d_model: The vectors' width.
        ids: Whether the texts have ids.
    """
    columns = [("id", pa.string())] if ids else []
    schema = pa.schema([*columns, ("text", pa.string()), ("vector", pa.list_(pa.float32(), d_model))])

    def put(aside: Path) -> None:
        with pq.ParquetWriter(aside, schema) as writer:
            for chunk, vectors in blocks:
                flat = pa.array(vectors.astype(np.float32).ravel())
                arrays = [pa.array(chunk.ids)] if chunk.ids is not None else []
                arrays += [pa.array(chunk.texts), pa.FixedSizeListArray.from_arrays(flat, d_model)]
                writer.write_table(pa.table(arrays, schema=schema))

    write_file(path, put)


def _write_header(file: BinaryIO, rows: int, d_model: int) -> None:
    shape = {"descr": "<f4", "fortran_order": False, "shape": (rows, d_model)}
    np.lib.format.write_array_header_1_0(file, shape)
