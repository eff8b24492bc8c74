"""Corpora of documents, read a chunk at a time: lines with blank ones between documents, or one a row."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from manyheads.errors import InputError
from manyheads.text.corpus import Format, read_texts
from manyheads.text.sentences import split_sentences


@dataclass(frozen=True, slots=True)
class DocumentChunk:
    """Consecutive sentences of a corpus.

    Attributes:
        sentences: Sentences, or paragraphs, without white space at their ends; none is empty.
        begins: For each whether a document begins with it.
    """

    sentences: list[str]
    begins: list[bool]


def read_documents(
    path: Path,
    *,
    column: str | int | None = None,
    format: Format = "auto",  # noqa: A002
) -> Iterator[DocumentChunk]:
    """Read documents, some thousand sentences at a time.

    Args:
        path: Text with a sentence or a paragraph a line and a blank line between documents; or a file of
            rows, each a document, which is divided at the ends of its lines and sentences.
        column: Which column holds the documents, by name or by number from 0; none in a file of lines.
        format: How the file is laid out.

    Yields:
        The sentences in their order.

    Raises:
        InputError: If there is nothing but white space.
    """
    found = False
    read = _rows if column is not None else _lines
    for chunk in read(path, column, format):
        if chunk.sentences:
            found = True
            yield chunk
    if not found:
        raise InputError(f"{path} must hold at least one line of text, but all that it holds is blank")


def _lines(path: Path, column: str | int | None, layout: Format) -> Iterator[DocumentChunk]:
    begin = True
    for chunk in read_texts(path, column=column, format=layout):
        sentences, begins = [], []
        for line in chunk.texts:
            if sentence := line.strip():
                sentences.append(sentence)
                begins.append(begin)
            begin = not sentence
        yield DocumentChunk(sentences, begins)


def _rows(path: Path, column: str | int | None, layout: Format) -> Iterator[DocumentChunk]:
    for chunk in read_texts(path, column=column, format=layout):
        documents = [[piece.text for piece in split_sentences(text) if piece.text] for text in chunk.texts]
        yield DocumentChunk(
            [sentence for document in documents for sentence in document],
            [place == 0 for document in documents for place in range(len(document))],
        )
