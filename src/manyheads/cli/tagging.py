"""Labelled words and entities as output. Imports torch."""

import json
from collections.abc import Iterator
from dataclasses import asdict

from manyheads.cli.encoders import Wish, answer, check_lengths, fields_of, id_before
from manyheads.cli.files import one_line
from manyheads.cli.progress import Advance
from manyheads.cli.rows import Chunk, Rows
from manyheads.cli.truncated import Truncated
from manyheads.inference.entities import kind_of
from manyheads.inference.tag import Tagged, Tagger


def tag_rows(tagger: Tagger, rows: Rows, wish: Wish) -> None:
    """Label the words of texts and write what was found.

    Args:
        tagger: The model.
        rows: The texts.
        wish: How, and where to.
    """
    truncated = Truncated()
    of_entities = any(kind_of(label) is not None for label in tagger.config.labels)

    def ask(chunk: Chunk, advance: Advance) -> list[Tagged]:
        check_lengths(tagger.tokenizer, tagger.max_tokens, rows, chunk, wish.long)
        found = tagger.tag(chunk.texts, long=wish.long, batch_tokens=wish.batch_tokens, progress=advance)
        truncated.note([chunk.first + number for number, each in enumerate(found) if each.truncated])
        return found

    def show(chunk: Chunk, found: list[Tagged]) -> Iterator[str]:
        for number, each in enumerate(found):
            if wish.as_json:
                fields = asdict(each)
                yield json.dumps(fields_of(chunk, number) | fields, ensure_ascii=False)
            else:
                yield id_before(chunk, number) + one_line(each.text)
                yield from _found(each, of_entities)

    answer(rows, tagger.runner.prepared, wish.output, ask, show)
    truncated.warn(tagger.max_tokens, rows.place)


def _found(tagged: Tagged, of_entities: bool) -> Iterator[str]:
    """Lay out below a text its entities, or its words: what they are, the words, where, how likely."""
    found = tagged.entities if of_entities else tagged.words
    shown = [(each.label, one_line(each.text), f"{each.start}-{each.end}") for each in found]
    widths = [max(map(len, column), default=0) for column in zip(*shown, strict=True)]
    for each, columns in zip(found, shown, strict=True):
        label, text, place = (f"{column:<{width}}" for column, width in zip(columns, widths, strict=True))
        yield f"  {label}  {text}  {place}  {each.probability:6.1%}"
