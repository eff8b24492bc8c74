"""Texts of a file, a line each, for measurements on real text."""

import gzip
from pathlib import Path


def read_texts(path: Path, count: int | None = None) -> list[str]:
    """Read the lines that are not empty; of more than `count`, as many, spread evenly over the file."""
    read = gzip.open if path.suffix == ".gz" else open
    with read(path, "rt", encoding="utf-8") as file:
        lines = [line.strip() for line in file.read().split("\n")]
    texts = [line for line in lines if line]
    if not texts:
        raise SystemExit(f"{path} holds no text")
    if count is None or count >= len(texts):
        return texts
    return [texts[number * len(texts) // count] for number in range(count)]
