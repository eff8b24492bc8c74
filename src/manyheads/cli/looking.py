"""A model folder and a text to a reading of it. Imports torch."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from manyheads.cli.translators import refuse_long
from manyheads.errors import InputError
from manyheads.inference.load import load
from manyheads.inference.precision import Precision
from manyheads.inference.translate import Translator
from manyheads.views.meaning import Meaning, meaning_of
from manyheads.views.of_pair import TranslationReading
from manyheads.views.of_text import TextReading

Looked = TextReading | TranslationReading


def read(
    folder: Path,
    text: str,
    *,
    pair: str | None,
    target: str | None,
    long: Literal["error", "truncate"],
    precision: Precision,
    device: str,
    threads: int | None,
) -> Looked:
    """Load a model and let it translate or read a text.

    Args:
        folder: The model's.
        text: The text.
        pair: The second text of a pair, for an encoder.
        target: A translation to look at, for a translator; None for its own.
        long: What to do with a text over the model's limit.
        precision: As for `load`.
        device: As for `load`.
        threads: As for `load`.

    Returns:
        The reading; a text that was cut is told of on standard error.

    Raises:
        InputError: The text is too long, or an option does not belong to the model.
    """
    # Only matrices that are as they were trained can be shown.
    model = load(folder, precision=precision, device=device, threads=threads, pack=False)
    name = folder.resolve().name
    if isinstance(model, Translator):
        return _translation(model, text.strip(), pair, target, long, name)
    if target is not None:
        raise InputError(f"--target is a translation, but {folder} holds an encoder, which writes none")
    reading = TextReading(model, text, pair, name=name, long=long)
    if reading.tokens.truncated:
        _tell_cut(model.max_tokens)
    return reading


def compare(reading: Looked, word: str, texts: Sequence[str]) -> Meaning:
    """Compare a word's vectors in several sentences.

    Args:
        reading: Of one of them.
        word: The word.
        texts: All of them.

    Returns:
        The cosines.

    Raises:
        InputError: The model translates, or a sentence is without the word.
    """
    if not isinstance(reading, TextReading):
        raise InputError("--word takes an encoder, but this model translates")
    return meaning_of(reading.model, word, texts)


def _translation(
    translator: Translator,
    text: str,
    pair: str | None,
    target: str | None,
    long: Literal["error", "truncate"],
    name: str,
) -> TranslationReading:
    if pair is not None:
        raise InputError(
            "--pair is the second text of a pair, for an encoder, but this model translates; "
            "a translation to look at is --target"
        )
    if target is None and long == "error":
        refuse_long(translator, text, "this one", "give it in parts, or let it be cut (--long truncate)")
    reading = TranslationReading(translator, text, target, name=name, long=long)
    if reading.translation.truncated:
        _tell_cut(translator.max_tokens)
    return reading


def _tell_cut(tokens: int) -> None:
    cut = f"the text was cut to the {tokens} tokens that the model takes"
    print(f"manyheads: warning: {cut}", file=sys.stderr)
