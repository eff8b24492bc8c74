"""Texts through an encoder to a file or the terminal, some thousand at a time. Imports torch."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from manyheads.cli.files import write_lines
from manyheads.cli.progress import Advance, progress_bar
from manyheads.cli.rows import Chunk, Rows
from manyheads.errors import InputError
from manyheads.inference.asked import Long, refuse_long
from manyheads.inference.memory import give_back_memory
from manyheads.inference.precision import Prepared
from manyheads.text.text_tokenizer import TextTokenizer

Answers = TypeVar("Answers")
Write = Callable[[Iterable[Any]], object]


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked of any verb that runs an encoder.

    Attributes:
        batch_tokens: About how many tokens are worked on at once.
        long: What to do with a text that is too long.
        as_json: One object a line instead of text.
        output: A file; None for standard output.
    """

    batch_tokens: int
    long: Long
    as_json: bool
    output: Path | None


def answer(
    rows: Rows,
    prepared: Prepared,
    output: Path | None,
    ask: Callable[[Chunk, Advance], Answers],
    show: Callable[[Chunk, Answers], Iterator[Any]],
    write: Write | None = None,
) -> None:
    """Answer texts and write the answers in their order, whole or not at all.

    Args:
        rows: The texts.
        prepared: How it is computed.
        output: A file, or None for standard output.
        ask: Answers some texts; told how many are done.
        show: Makes of the answers what `write` takes: lines, usually.
        write: Puts that into the output; None writes lines.
    """
    if rows.live:
        ends = "Ctrl-Z and Enter end" if os.name == "nt" else "Ctrl-D ends"
        print(f"manyheads: one text a line; {ends}", file=sys.stderr)
    # In a terminal the answers themselves show how far it is.
    wanted = output is not None or not sys.stdout.isatty()
    with progress_bar(rows.total, prepared, wanted=wanted) as advance:
        (write or partial(write_lines, output))(_shown(rows, ask, show, advance))


def _shown(
    rows: Rows,
    ask: Callable[[Chunk, Advance], Answers],
    show: Callable[[Chunk, Answers], Iterator[Any]],
    advance: Advance,
) -> Iterator[Any]:
    while True:
        try:
            if (chunk := next(rows.chunks, None)) is None:
                return
            answers = ask(chunk, advance)
        except InputError as error:
            # Whoever typed a text that cannot be used types another.
            if not rows.live:
                raise
            print(f"manyheads: error: {error}", file=sys.stderr)
            continue
        yield from show(chunk, answers)
        give_back_memory()


def check_lengths(
    tokenizer: TextTokenizer, limit: int, rows: Rows, chunk: Chunk, long: Long, *, prompt: str = ""
) -> None:
    """Refuse texts that are too long by their line, where that was asked for.

    Args:
        tokenizer: The model's.
        limit: The most tokens that it takes.
        rows: Where the texts stand.
        chunk: The texts.
        long: Does nothing unless it is `error`.
        prompt: What is put before each.
    """
    if long == "error":
        texts = [prompt + text for text in chunk.texts]
        counts = tokenizer.count(texts, chunk.pairs)
        place = lambda number: rows.place(chunk.first + number)  # noqa: E731
        refuse_long(counts, limit, place, pair=chunk.pairs is not None)


def fields_of(chunk: Chunk, number: int) -> dict[str, Any]:
    """Say which text an answer is of, as the begin of its JSON object.

    Args:
        chunk: The texts.
        number: Which one, from 0.

    Returns:
        Its id if there is one, the text, and the second one if there is one.
    """
    fields = {"id": chunk.ids[number]} if chunk.ids is not None else {}
    fields["text"] = chunk.texts[number]
    return fields | ({"pair": chunk.pairs[number]} if chunk.pairs is not None else {})


def id_before(chunk: Chunk, number: int) -> str:
    """Say which text an answer is of, as the begin of its line.

    Args:
        chunk: The texts.
        number: Which one, from 0.

    Returns:
        Its id and a TAB; nothing where it has no id.
    """
    return f"{chunk.ids[number]}\t" if chunk.ids is not None else ""
