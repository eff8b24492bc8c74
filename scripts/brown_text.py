"""Turn the Brown corpus as NLTK ships it, words with tags in a zip, into documents of plain text.

Run with `python scripts/brown_text.py brown.zip brown.txt`: a sentence on each line, an empty line after each
document, which is what `manyheads train pretrain-masked data=brown.txt` reads.
"""

import argparse
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

_DOCUMENT = re.compile(r"brown/c[a-r]\d\d")
_BEHIND = {",", ".", ";", ":", "?", "!", ")", "]", "}", "%"}
"""What stands at the end of the word before."""
_BEFORE = {"(", "[", "{", "$"}
"""What the next word follows at once."""
_DOUBLED = {";", ":", "?", "!"}
"""The corpus writes these twice."""


def words_of(line: str) -> list[str]:
    """Take the tags off a sentence; the tag is what stands behind the last slash."""
    words = [token.rpartition("/")[0] or token for token in line.split()]
    before = [None, *words]
    return [word for word, last in zip(words, before, strict=False) if word not in _DOUBLED or word != last]


def plain(words: list[str]) -> str:
    """Write words as people do: marks at their words, quotes around theirs."""
    text, glued, single = "", True, False
    for word in words:
        opens = word in _BEFORE or word == "``" or (word == "'" and not single)
        closes = word in _BEHIND or word == "''" or (word == "'" and single)
        single = not single if word == "'" else single
        written = '"' if word in {"``", "''"} else word
        text += written if glued or closes else f" {written}"
        glued = opens
    return text


def documents(path: Path) -> Iterator[list[str]]:
    """Read the documents of the zip in the order of their names, a sentence a string."""
    with zipfile.ZipFile(path) as archive:
        for name in sorted(filter(_DOCUMENT.fullmatch, archive.namelist())):
            lines = archive.read(name).decode("utf-8").split("\n")
            yield [plain(words_of(line)) for line in lines if line.strip()]


def main() -> None:
    """Write the text."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path, help="brown.zip of nltk_data")
    parser.add_argument("target", type=Path, help="the text to write")
    asked = parser.parse_args()
    texts = list(documents(asked.source))
    whole = "\n".join("\n".join(sentences) + "\n" for sentences in texts)
    asked.target.write_text(whole, encoding="utf-8", newline="\n")
    print(f"{asked.target.name}: {len(texts):,} documents, {sum(map(len, texts)):,} sentences")


if __name__ == "__main__":
    main()
