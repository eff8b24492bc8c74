"""Translations as lines of output, some thousand texts at a time. Imports torch."""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from manyheads.cli.drawing import Drawing
from manyheads.cli.files import Texts, one_line, write_lines
from manyheads.cli.int8_cost import say_cost_to_translations
from manyheads.cli.progress import Advance, progress_bar
from manyheads.cli.translators import refuse_long
from manyheads.cli.truncated import Truncated
from manyheads.errors import InputError
from manyheads.inference.alignment import pharaoh
from manyheads.inference.translate import Long, Sampling, Translator
from manyheads.inference.translation import Translation


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked of `manyheads translate`.

    Attributes:
        beam: None for what the model's config.json says.
        length_penalty: None for what the model's config.json says.
        n_best: Hypotheses a text.
        drawing: How to draw; None to search.
        alignment: Whether to say which words belong together.
        batch_tokens: About how many source tokens are worked on at once.
        long: What to do with a text that is too long.
        as_json: One object a line instead of text.
    """

    beam: int | None = None
    length_penalty: float | None = None
    n_best: int = 1
    drawing: Drawing | None = None
    alignment: bool = False
    batch_tokens: int = 4096
    long: Long = "split"
    as_json: bool = False


def answer(translator: Translator, source: Texts, wish: Wish, output: Path | None) -> None:
    """Translate texts and write the answers in their order.

    Args:
        translator: The model.
        source: The texts.
        wish: How to translate, and what to write.
        output: A file, or None for standard output.
    """
    truncated = Truncated()
    if source.live:
        ends = "Ctrl-Z and Enter end" if os.name == "nt" else "Ctrl-D ends"
        print(f"manyheads: one text a line; {ends}", file=sys.stderr)
    # In a terminal the answers themselves show how far it is.
    wanted = output is not None or not sys.stdout.isatty()
    with progress_bar(source.total, translator.prepared, wanted=wanted) as advance:
        write_lines(output, _lines(translator, source, wish, truncated, advance))
    truncated.warn(translator.max_tokens, source.place)


def _lines(
    translator: Translator, source: Texts, wish: Wish, truncated: Truncated, advance: Advance
) -> Iterator[str]:
    for first, texts in source.chunks:
        if first == 1:
            say_cost_to_translations(translator, texts)
        try:
            translations = _translate(translator, source, first, texts, wish, advance)
        except InputError as error:
            # Whoever typed a text that is too long types another.
            if not source.live:
                raise
            print(f"manyheads: error: {error}", file=sys.stderr)
            continue
        truncated.note([number for number, done in enumerate(translations, first) if done.truncated])
        for number, translation in enumerate(translations, first):
            yield from _as_lines(translation, number, wish)


def _translate(
    translator: Translator, source: Texts, first: int, texts: list[str], wish: Wish, advance: Advance
) -> list[Translation]:
    if wish.long == "error" or (wish.long == "split" and wish.n_best > 1):
        advice = (
            "let it be split or truncated (--long)" if wish.n_best == 1 else "--n-best needs --long truncate"
        )
        for number, text in enumerate(texts, first):
            refuse_long(translator, text, source.place(number), advice)
    return translator.translate(
        texts,
        beam=_beam(translator, wish),
        length_penalty=wish.length_penalty,
        n_best=wish.n_best,
        sampling=None if wish.drawing is None else _sampling(wish.drawing, first),
        alignment=wish.alignment,
        long=wish.long,
        batch_tokens=wish.batch_tokens,
        progress=advance,
    )


def _beam(translator: Translator, wish: Wish) -> int | None:
    """Widen the model's own beam where more hypotheses are asked for than it keeps."""
    if wish.beam is None and wish.n_best > 1:
        return max(translator.config.decoding.beam, wish.n_best)
    return wish.beam


def _sampling(drawing: Drawing, first: int) -> Sampling:
    """Start chance elsewhere for every chunk: within one, each text has its own already."""
    asked = Sampling(**drawing)
    return replace(asked, seed=asked.seed + first - 1)


def _as_lines(translation: Translation, number: int, wish: Wish) -> Iterator[str]:
    if wish.as_json:
        yield json.dumps(_fields(translation, wish), ensure_ascii=False)
        return
    for hypothesis in translation.n_best or (translation,):
        columns = [str(number), f"{hypothesis.score:.4f}"] if wish.n_best > 1 else []
        columns.append(hypothesis.text)
        columns += [pharaoh(hypothesis.alignment or ())] if wish.alignment else []
        yield "\t".join(one_line(column, tabs=len(columns) == 1) for column in columns)


def _fields(translation: Translation, wish: Wish) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "text": translation.text,
        "score": translation.score,
        "tokens": translation.tokens,
        "src_tokens": translation.src_tokens,
        "truncated": translation.truncated,
        "finished": translation.finished,
    }
    if wish.alignment:
        fields["alignment"] = translation.alignment or ()
    if wish.n_best > 1:
        fields["n_best"] = [_hypothesis(each, wish) for each in translation.n_best or (translation,)]
    return fields


def _hypothesis(translation: Translation, wish: Wish) -> dict[str, Any]:
    wanted = ("text", "score", "tokens", "finished", "alignment")
    fields = _fields(replace(translation, n_best=()), replace(wish, n_best=1))
    return {name: fields[name] for name in wanted if name in fields}
