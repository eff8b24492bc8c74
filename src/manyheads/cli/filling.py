"""Filled masks as output. Imports torch."""

import json
from collections.abc import Iterator
from dataclasses import asdict

from manyheads.cli.encoders import Wish, answer, check_lengths, fields_of, id_before
from manyheads.cli.files import one_line
from manyheads.cli.progress import Advance
from manyheads.cli.rows import Chunk, Rows
from manyheads.cli.truncated import Truncated
from manyheads.inference.fill_mask import Filled, MaskFiller


def fill_rows(filler: MaskFiller, rows: Rows, wish: Wish, top_k: int) -> None:
    """Fill the masks of texts and write what may stand there.

    Args:
        filler: The model.
        rows: The texts.
        wish: How, and where to.
        top_k: How many words to name for each mask.
    """
    truncated = Truncated()

    def ask(chunk: Chunk, advance: Advance) -> list[Filled]:
        filler.refuse_without_mask(chunk.texts, lambda number: rows.place(chunk.first + number))
        check_lengths(filler.tokenizer, filler.max_tokens, rows, chunk, wish.long)
        filled = filler.fill(
            chunk.texts, top_k, long=wish.long, batch_tokens=wish.batch_tokens, progress=advance
        )
        truncated.note([chunk.first + number for number, each in enumerate(filled) if each.truncated])
        return filled

    def show(chunk: Chunk, filled: list[Filled]) -> Iterator[str]:
        for number, each in enumerate(filled):
            if wish.as_json:
                fields = {"masks": [[asdict(guess) for guess in mask] for mask in each.masks]}
                fields = fields_of(chunk, number) | fields | {"truncated": each.truncated}
                yield json.dumps(fields, ensure_ascii=False)
            else:
                yield id_before(chunk, number) + one_line(each.text)
                yield from _guesses(each)

    answer(rows, filler.runner.prepared, wish.output, ask, show)
    truncated.warn(filler.max_tokens, rows.place)


def _guesses(filled: Filled) -> Iterator[str]:
    """Lay out the candidates below their text: likelihood, word, and the text with it."""
    for number, mask in enumerate(filled.masks, 1):
        if len(filled.masks) > 1:
            yield f"  mask {number}"
        width = max(len(guess.token.strip()) for guess in mask)
        for guess in mask:
            yield f"  {guess.probability:6.1%}  {guess.token.strip():<{width}}  {one_line(guess.text)}"
