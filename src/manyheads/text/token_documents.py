"""Documents as token ids in files that are mapped into memory: a million of them cost no Python objects.

A folder of plain numbers: all tokens one after another (int32), for each whether a word begins with it
(bool), where sentences begin (int64, tokens), and where documents begin (int64, sentences); the last of the
beginnings is the end. `documents.json` counts them and is written last: without it the folder is not whole.
"""

import json
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Int32, Int64

from manyheads.errors import InputError
from manyheads.text.documents import DocumentChunk
from manyheads.text.text_tokenizer import TextTokenizer

_FILES = {
    "tokens": np.dtype("<i4"),
    "words": np.dtype("?"),
    "sentences": np.dtype("<i8"),
    "documents": np.dtype("<i8"),
}
_COUNTS = "documents.json"


@dataclass(frozen=True, slots=True)
class TokenDocuments:
    """The tokens of a corpus of documents, without special ones.

    Attributes:
        token_ids: All tokens, one after another.
        begins_word: For each whether a word begins with it.
        sentences: At which token each sentence begins, and where the last one ends.
        documents: At which sentence each document begins, and where the last one ends.
    """

    token_ids: Int32[np.ndarray, " tokens"]
    begins_word: Bool[np.ndarray, " tokens"]
    sentences: Int64[np.ndarray, " sentences"]
    documents: Int64[np.ndarray, " documents"]

    def __len__(self) -> int:
        """Count the documents."""
        return len(self.documents) - 1

    @property
    def starts(self) -> Int64[np.ndarray, " documents"]:
        """At which token each document begins, and where the last one ends."""
        return self.sentences[self.documents]


def write_token_documents(
    chunks: Iterable[DocumentChunk], tokenizer: TextTokenizer, folder: Path
) -> TokenDocuments:
    """Turn documents into token ids, once and for all.

    Sentences without tokens are left out.

    Args:
        chunks: The corpus; gone through once.
        tokenizer: Cuts the sentences.
        folder: Where to; it is made, and what was written there before is replaced.

    Returns:
        The documents, mapped into memory.

    Raises:
        InputError: If no sentence has a token.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _COUNTS).unlink(missing_ok=True)
    tokens = sentences = documents = 0
    fresh = True
    with ExitStack() as stack:
        files = {name: stack.enter_context(_path(folder, name).open("wb")) for name in _FILES}

        def append(name: str, values: Any) -> None:  # noqa: ANN401
            files[name].write(np.asarray(values, _FILES[name]).tobytes())

        for chunk in chunks:
            cut = tokenizer.encode_words(chunk.sentences)
            lengths = np.array([len(token_ids) for token_ids, _ in cut], np.int64)
            begins, fresh = _carry(np.array(chunk.begins, bool), lengths > 0, fresh)
            append("tokens", list(chain.from_iterable(token_ids for token_ids, _ in cut)))
            append("words", list(chain.from_iterable(begins_word for _, begins_word in cut)))
            lengths = lengths[lengths > 0]
            append("sentences", tokens + np.cumsum(lengths) - lengths)
            append("documents", sentences + np.flatnonzero(begins))
            tokens += int(lengths.sum())
            sentences += len(lengths)
            documents += int(begins.sum())
        append("sentences", [tokens])
        append("documents", [sentences])
    if not tokens:
        raise InputError("documents must have at least one token, but these have none")
    counts = {"tokens": tokens, "sentences": sentences, "documents": documents}
    (folder / _COUNTS).write_text(json.dumps(counts) + "\n", encoding="utf-8", newline="\n")
    return open_token_documents(folder)


def open_token_documents(folder: Path) -> TokenDocuments:
    """Map documents into memory that were written before.

    Args:
        folder: Where they stand.

    Returns:
        The documents.

    Raises:
        InputError: If they are not there, or not whole.
    """
    try:
        counts = json.loads((folder / _COUNTS).read_text(encoding="utf-8"))
        sizes = {
            "tokens": counts["tokens"],
            "words": counts["tokens"],
            "sentences": counts["sentences"] + 1,
            "documents": counts["documents"] + 1,
        }
        files = ((_path(folder, name), kind) for name, kind in _FILES.items())
        maps = [np.asarray(np.memmap(path, kind, mode="r")) for path, kind in files]
        if wrong := [name for name, found in zip(_FILES, maps, strict=True) if len(found) != sizes[name]]:
            raise ValueError(f"{_path(folder, wrong[0])} is too short or too long")
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise InputError(
            f"{folder} must hold tokenised documents, whole ones ({error}); prepare them again"
        ) from error
    return TokenDocuments(*maps)


def _path(folder: Path, name: str) -> Path:
    return folder / f"{name}.bin"


def _carry(
    begins: Bool[np.ndarray, " chunk"],
    kept: Bool[np.ndarray, " chunk"],
    fresh: bool,
) -> tuple[Bool[np.ndarray, " kept"], bool]:
    """Hand a document's beginning on to its first sentence that is kept."""
    passed = []
    for begin, keep in zip(begins.tolist(), kept.tolist(), strict=True):
        fresh = fresh or begin
        if keep:
            passed.append(fresh)
            fresh = False
    return np.array(passed, bool), fresh
