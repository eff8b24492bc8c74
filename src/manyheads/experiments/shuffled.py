"""Text whose words stand in an order drawn at random: what is left of a sentence without its order."""

import gzip
import random
import zlib
from collections.abc import Sequence
from pathlib import Path

from manyheads.checkpoint.atomic import write_file


def shuffle_words(sentence: str) -> str:
    """Put a sentence's words in another order, always the same one for the same sentence.

    Args:
        sentence: Words with spaces between them.

    Returns:
        The same words.
    """
    words = sentence.split()
    random.Random(zlib.crc32(sentence.encode())).shuffle(words)  # noqa: S311 - an order, not a secret
    return " ".join(words)


def shuffled_sources(files: Sequence[Path], ending: str, folder: Path) -> Path:
    """Write files with the words of the sources shuffled, and those of the targets as they are.

    Args:
        files: Gzipped text, a sentence a line.
        ending: How the names of the sources' files end.
        folder: Where the new files go, under the same names.

    Returns:
        That folder.
    """
    for path in files:
        lines = gzip.decompress(path.read_bytes()).decode("utf-8").split("\n")
        written = [shuffle_words(line) for line in lines] if path.name.endswith(ending) else lines
        write_file(folder / path.name, gzip.compress("\n".join(written).encode(), mtime=0))
    return folder
