"""Where an encoder's texts come from: single ones or pairs, with the ids that they have in their file."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from manyheads.cli.files import as_column, open_texts, unit_of
from manyheads.errors import InputError

Pairing = Literal["never", "maybe", "always"]
"""Whether a verb takes pairs; `maybe`: a file is one of pairs where its first line has a TAB."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive texts.

    Attributes:
        first: The number of the first one's line.
        texts: The texts, none of them empty.
        pairs: The second texts, as many; None where there are none.
        ids: What the file calls each; None where that was not asked for.
    """

    first: int
    texts: list[str]
    pairs: list[str] | None = None
    ids: list[str] | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """Texts or pairs to work on, in their order.

    Attributes:
        name: Where they stand, for errors.
        chunks: Some thousand at a time.
        total: How many there are; None where that is not known beforehand.
        live: Somebody types them and waits for each answer.
        unit: What is counted: lines, rows, or texts.
    """

    name: str
    chunks: Iterator[Chunk]
    total: int | None
    live: bool = False
    unit: str = "line"

    def place(self, number: int) -> str:
        """Say where a text stands.

        Args:
            number: Of its line, from 1.

        Returns:
            For instance `line 3 of in.txt`.
        """
        return f"{self.unit} {number} of {self.name}"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the options say of where texts stand.

    Attributes:
        texts: Those on the command line.
        path: A file.
        column: The file's column of texts, by name or number from 0.
        pairs: The second texts of those on the command line; of a file, the one column that has them.
        ids: The file's column of ids.
        pairing: Whether the verb takes pairs.
    """

    texts: list[str]
    path: Path | None = None
    column: str | None = None
    pairs: list[str] | None = None
    ids: str | None = None
    pairing: Pairing = "never"


def open_rows(asked: Asked) -> Rows:
    """Choose between the texts on the command line, those of a file and those of standard input.

    Args:
        asked: What the options say.

    Returns:
        The texts; a file has been read through once, so that its mistakes are found before any work is done.

    Raises:
        InputError: Options that do not go together, texts that cannot be read, an empty one, or half a pair.
    """
    _check_options(asked)
    if asked.path is not None and asked.column is not None:
        return _of_columns(asked, asked.path)
    if asked.path is not None:
        return _of_file(asked.path, lambda path: _lines(path, asked.pairing))
    source = open_texts(asked.texts, None, None)
    if asked.pairs:
        chunk = Chunk(1, asked.texts, asked.pairs)
        return Rows(source.name, iter([_checked(chunk, source.place)]), source.total, unit=source.unit)
    chunks = _checked_all(_split(source.chunks, asked.pairing, source.place), source.place)
    return Rows(source.name, chunks, source.total, source.live, source.unit)


def _check_options(asked: Asked) -> None:
    if asked.texts and asked.path:
        raise InputError(
            f"texts come from the command line or from --input, but both are given ({asked.path})"
        )
    for option, value in (("--column", asked.column), ("--id", asked.ids)):
        if value is not None and asked.path is None:
            raise InputError(f"{option} {value} is a column of a file: name the file with --input")
    columns = [column for column in (asked.ids, *(asked.pairs or ())) if column is not None]
    if asked.path is not None and columns and asked.column is None:
        raise InputError(
            f"'{columns[0]}' is a column of {asked.path}: say with --column which holds the texts"
        )
    if asked.path is not None and len(asked.pairs or ()) > 1:
        raise InputError(f"--pair names one column of {asked.path}, but {len(asked.pairs or ())} are given")
    if asked.path is None and asked.pairs and len(asked.pairs) != len(asked.texts):
        raise InputError(
            f"a pair must have both texts, but there are {len(asked.texts)} texts and "
            f"{len(asked.pairs)} --pair"
        )


def _of_columns(asked: Asked, path: Path) -> Rows:
    from manyheads.text.corpus import read_columns

    pair, ids = asked.pairs or [], [asked.ids] if asked.ids is not None else []
    names = [as_column(name) for name in (asked.column or "0", *pair, *ids)]
    wanted = tuple(dict.fromkeys(names))  # a text may be its own id
    numbers = tuple(as_column(name) for name in ids)

    def read(path: Path) -> Iterator[Chunk]:
        for first, columns in read_columns(path, wanted, numbers=numbers):
            texts, *others = (columns[wanted.index(name)] for name in names)
            yield Chunk(first, texts, others[0] if pair else None, others[-1] if ids else None)

    if asked.pairing == "always" and not pair:
        raise InputError(
            f"--column {asked.column} is the first text of a pair: say with --pair where the second is"
        )
    return _of_file(path, read)


def _of_file(path: Path, read: Callable[[Path], Iterator[Chunk]]) -> Rows:
    from manyheads.text.lines import check_is_file

    check_is_file(path)
    unit = unit_of(path)

    def chunks() -> Iterator[Chunk]:
        return _checked_all(read(path), place)

    def place(number: int) -> str:
        return f"{unit} {number} of {path}"

    total = sum(len(chunk.texts) for chunk in chunks()) if path.is_file() else None
    return Rows(str(path), chunks(), total, unit=unit)


def _lines(path: Path, pairing: Pairing) -> Iterator[Chunk]:
    """Read lines of texts or pairs; a TSV file too, where no column is named."""
    from manyheads.text.corpus import format_of, read_texts

    layout = "text" if format_of(path) == "tsv" and pairing != "never" else "auto"
    read = ((chunk.first_line, chunk.texts) for chunk in read_texts(path, format=layout))
    return _split(read, pairing, lambda number: f"line {number} of {path}")


def _split(
    chunks: Iterator[tuple[int, list[str]]], pairing: Pairing, place: Callable[[int], str]
) -> Iterator[Chunk]:
    """Cut lines of pairs at their TAB: all of them, or none, as the first one has it.

    Unlike a generator, `map` can go on after an error: whoever typed half a pair types another.
    """
    paired = {"never": False, "always": True}.get(pairing)

    def split(lines: tuple[int, list[str]]) -> Chunk:
        nonlocal paired
        first, texts = lines
        if pairing == "never":
            return Chunk(first, texts)
        paired = "\t" in texts[0] if paired is None else paired
        for number, text in enumerate(texts, first):
            _check_tabs(text.count("\t"), paired, place(number))
        halves = [text.partition("\t") for text in texts]
        return Chunk(first, [half[0] for half in halves], [half[2] for half in halves] if paired else None)

    return map(split, chunks)


def _check_tabs(tabs: int, paired: bool, place: str) -> None:
    if paired and tabs != 1:
        raise InputError(
            f"a pair must have both texts, with one TAB between them, but {place} has {tabs or 'no'} "
            f"TAB{'s' * (tabs > 1)}"
        )
    if tabs and not paired:
        raise InputError(f"lines must be all pairs or none, but {place} has a TAB and the first has none")


def _checked_all(chunks: Iterator[Chunk], place: Callable[[int], str]) -> Iterator[Chunk]:
    return map(partial(_checked, place=place), chunks)


def _checked(chunk: Chunk, place: Callable[[int], str]) -> Chunk:
    from manyheads.inference.asked import refuse_empty, refuse_half

    def where(number: int) -> str:
        return place(chunk.first + number)

    if chunk.pairs is None:
        refuse_empty(chunk.texts, where)
    else:
        refuse_half(chunk.texts, chunk.pairs, where)
    return chunk
