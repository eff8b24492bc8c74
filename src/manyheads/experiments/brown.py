"""The Brown corpus as NLTK ships it: words with tags in a zip, a document a file."""

import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from manyheads.errors import InputError

_DOCUMENT = re.compile(r"brown/c[a-r]\d\d")
_BEHIND = {",", ".", ";", ":", "?", "!", ")", "]", "}", "%"}
"""What stands at the end of the word before."""
_BEFORE = {"(", "[", "{", "$"}
"""What the next word follows at once."""
_DOUBLED = {";", ":", "?", "!"}
"""The corpus writes these twice."""


def words_of(line: str) -> list[str]:
    """Take the tags off a sentence; the tag is what stands behind the last slash.

    Args:
        line: Words with their tags, spaces between them.

    Returns:
        The words, marks among them.

    Example:
        >>> words_of("Why/wrb ?/. ?/.")
        ['Why', '?']
    """
    words = [token.rpartition("/")[0] or token for token in line.split()]
    before = [None, *words]
    return [word for word, last in zip(words, before, strict=False) if word not in _DOUBLED or word != last]


def plain(words: Sequence[str]) -> str:
    """Write words as people do: marks at their words, quotes around theirs.

    Args:
        words: A sentence's, as the corpus has them.

    Returns:
        The sentence.

    Example:
        >>> plain(["``", "No", "''", ",", "said", "Ann", "."])
        '"No", said Ann.'
    """
    text, glued, single = "", True, False
    for word in words:
        opens = word in _BEFORE or word == "``" or (word == "'" and not single)
        closes = word in _BEHIND or word == "''" or (word == "'" and single)
        single = not single if word == "'" else single
        written = '"' if word in {"``", "''"} else word
        text += written if glued or closes else f" {written}"
        glued = opens
    return text


def read_brown(path: Path) -> Iterator[list[list[str]]]:
    """Read the documents of the zip in the order of their names.

    Args:
        path: `brown.zip` of nltk_data.

    Yields:
        Each document's sentences, as words.

    Raises:
        InputError: The file is no zip, is damaged, or holds no document of the corpus.
    """
    found = False
    try:
        with zipfile.ZipFile(path) as archive:
            for name in sorted(filter(_DOCUMENT.fullmatch, archive.namelist())):
                found = True
                lines = archive.read(name).decode("utf-8").split("\n")
                yield [words_of(line) for line in lines if line.strip()]
    except (zipfile.BadZipFile, UnicodeDecodeError) as error:
        raise InputError(
            f"{path} must be the Brown corpus as NLTK zips it, but cannot be read ({error}); copy it again"
        ) from error
    if not found:
        raise InputError(
            f"{path} must hold the documents of the Brown corpus, brown/ca01 and so on, but holds none"
        )
