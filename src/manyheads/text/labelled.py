"""Texts that somebody has labelled: a label or number for a text or a pair, or a tag for each word.

All rows are read at once: what people have labelled fits into memory.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from manyheads.errors import InputError
from manyheads.text.columns import Column, Columns
from manyheads.text.corpus import Format, format_of, read_columns
from manyheads.text.lines import read_lines

_TAG = re.compile(r"O|[BI]-.+")
_SEPARATOR = ","


@dataclass(frozen=True, slots=True)
class LabelledSource:
    """Where labelled texts stand: TSV, CSV, JSONL or Parquet, .gz too.

    Attributes:
        path: The file.
        text: The column of the texts, by name or by number from 0.
        pair: The column of the second texts, where labels belong to pairs.
        label: The column of the labels or numbers; None for none, as of pairs that belong together.
        several: Whether a row may have any number of labels, with commas between them.
        header: Whether the first row of TSV or CSV names the columns; None: it does if a column is given so.
        format: How the file is laid out; a text file is read as TSV.
    """

    path: Path
    text: Column = 0
    pair: Column | None = None
    label: Column | None = 1
    several: bool = False
    header: bool | None = None
    format: Format = "auto"


@dataclass(frozen=True, slots=True)
class LabelledTexts:
    """All rows of a source, side by side.

    Attributes:
        path: Where they stand.
        first_line: The number of the first text's line, from 1; in CSV and Parquet, of its row.
        texts: The texts, none of them empty.
        pairs: The second texts, as many; None where labels belong to single texts.
        labels: The labels as they stand there, as many; none of them where none were asked for.
        unit: What is counted: lines or rows.
    """

    path: Path
    first_line: int
    texts: list[str]
    pairs: list[str] | None
    labels: list[str]
    unit: str = "line"

    def place(self, number: int) -> str:
        """Say where a text stands.

        Args:
            number: Which text it is, from 0.

        Returns:
            For instance `line 3 of train.tsv`.
        """
        return f"{self.unit} {self.first_line + number} of {self.path}"

    def numbers(self) -> list[float]:
        """Take the labels for numbers.

        Returns:
            The numbers, all of them finite.

        Raises:
            InputError: If a label is no number; its line is named.
        """
        return [self._number(label, place) for place, label in enumerate(self.labels)]

    def label_sets(self) -> list[tuple[str, ...]]:
        """Take the labels apart where a text may have several.

        Returns:
            The labels of each text; empty for a text that has none.
        """
        return [split_labels(label) for label in self.labels]

    def _number(self, label: str, place: int) -> float:
        try:
            number = float(label)
        except ValueError:
            number = math.nan
        if math.isfinite(number) and "_" not in label:
            return number
        header = (
            "; if that line is a header, give the columns by name" if self.first_line + place == 1 else ""
        )
        raise InputError(f"a label must be a number here, but {self.place(place)} has {label[:40]!r}{header}")


@dataclass(frozen=True, slots=True)
class TaggedSentence:
    """A sentence with a tag for each word.

    Attributes:
        words: The words, at least one.
        tags: The tags, as many: `O`, `B-` or `I-` with a type.
        line: The number of its first line, from 1.
    """

    words: tuple[str, ...]
    tags: tuple[str, ...]
    line: int


def read_labelled(source: LabelledSource) -> LabelledTexts:
    """Read labelled texts.

    Args:
        source: Where they stand.

    Returns:
        All rows.

    Raises:
        InputError: If the file is missing, broken or empty or lacks a column, or if a text or label is empty.
    """
    columns = _columns(source)
    label = () if source.label is None else (source.label,)
    found: list[list[str]] = [[] for _ in columns]
    first_line = 0
    for first, texts in read_columns(source.path, columns, source.format, numbers=label):
        first_line = first_line or first
        for column, more in zip(found, texts, strict=True):
            column.extend(more)
    if source.header and _without_header(source, columns):
        first_line += 1
        found = [column[1:] for column in found]
    if not found[0]:
        raise InputError(f"{source.path} must hold at least one row below its header, but is empty")
    layout = format_of(source.path) if source.format == "auto" else source.format
    labelled = LabelledTexts(
        path=source.path,
        first_line=first_line,
        texts=found[0],
        pairs=None if source.pair is None else found[1],
        labels=[] if source.label is None else found[-1],
        unit="row" if layout in {"csv", "parquet"} else "line",
    )
    _check_complete(labelled, several=source.several)
    return labelled


def read_conll(path: Path) -> list[TaggedSentence]:
    """Read sentences with a tag for each word: a word a line, an empty line after each sentence.

    Columns end at tabs, or at spaces where a line has no tab. The word is the first and the tag the last
    of them; every line must have as many as the first one.

    Args:
        path: The file, plain or gzipped.

    Returns:
        The sentences in their order.

    Raises:
        InputError: If the file is missing, broken or empty, or if a line has too few or too many columns,
            no word, or a tag that is not `O`, `B-` or `I-` with a type; the line is named.
    """
    sentences: list[TaggedSentence] = []
    rows: list[tuple[str, str]] = []
    number = 0
    for number, row in _conll_rows(path):
        if row is not None:
            rows.append(row)
        elif rows:
            sentences.append(_sentence(rows, number))
            rows = []
    if rows:
        sentences.append(_sentence(rows, number + 1))
    if not sentences:
        raise InputError(f"{path} must hold at least one word with its tag, but has empty lines only")
    return sentences


def split_labels(labels: str) -> tuple[str, ...]:
    """Take several labels apart.

    Args:
        labels: With commas between them.

    Returns:
        The labels, each once.

    Example:
        >>> split_labels("joy, surprise"), split_labels("")
        (('joy', 'surprise'), ())
    """
    parts = (label.strip() for label in labels.split(_SEPARATOR))
    return tuple(dict.fromkeys(label for label in parts if label))


def _columns(source: LabelledSource) -> Columns:
    columns = tuple(c for c in (source.text, source.pair, source.label) if c is not None)
    if len(set(columns)) < len(columns):
        given = ", ".join(map(repr, columns))
        raise InputError(f"text, pair and label must be different columns, but for {source.path} are {given}")
    names = [column for column in columns if isinstance(column, str)]
    if names and source.header is False:
        raise InputError(
            f"a file without a header has no column names, but {names[0]!r} of {source.path} is one; "
            "give its number, from 0"
        )
    return columns


def _without_header(source: LabelledSource, columns: Columns) -> bool:
    """Say whether a first row of names has been read as if it were data."""
    layout = format_of(source.path) if source.format == "auto" else source.format
    return layout not in {"jsonl", "parquet"} and all(isinstance(column, int) for column in columns)


def _check_complete(labelled: LabelledTexts, *, several: bool) -> None:
    pairs = labelled.pairs or labelled.texts
    for number, (text, pair) in enumerate(zip(labelled.texts, pairs, strict=True)):
        if text.strip() and pair.strip():
            continue
        if labelled.pairs is not None and (text.strip() or pair.strip()):
            which = "first" if pair.strip() else "second"
            raise InputError(
                f"a pair must have both texts, but {labelled.place(number)} lacks the {which} one"
            )
        raise InputError(f"a text must not be empty, but {labelled.place(number)} has none; remove it")
    for number, label in enumerate(labelled.labels):
        if not several and not label.strip():
            raise InputError(f"a label must not be empty, but {labelled.place(number)} has none")


def _conll_rows(path: Path) -> Iterator[tuple[int, tuple[str, str] | None]]:
    """Give each line's number with its word and tag; None for a line that ends a sentence."""
    width = 0
    for first, lines in read_lines(path):
        for number, line in enumerate(lines, first):
            if not line.strip():
                yield number, None
                continue
            fields = line.split("\t") if "\t" in line else re.split(" +", line.strip(" "))
            width = width or max(len(fields), 2)
            if len(fields) != width:
                raise InputError(
                    f"a line of {path} must have {width} columns, the word first and its tag last, "
                    f"but line {number} has {len(fields)}: {line[:40]!r}"
                )
            yield number, _word_and_tag(fields, number, path)


def _word_and_tag(fields: list[str], number: int, path: Path) -> tuple[str, str]:
    word, tag = fields[0].strip(), fields[-1].strip()
    if not word:
        raise InputError(f"a word must not be empty, but line {number} of {path} has none before '{tag}'")
    if not _TAG.fullmatch(tag):
        raise InputError(
            f"a tag must be O, B-type or I-type (IOB2), but line {number} of {path} has '{tag[:40]}'"
        )
    return word, tag


def _sentence(rows: list[tuple[str, str]], end: int) -> TaggedSentence:
    words, tags = zip(*rows, strict=True)
    return TaggedSentence(words, tags, end - len(rows))
