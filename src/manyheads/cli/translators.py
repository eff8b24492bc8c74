"""A translator from what the options say. Imports torch, so verbs import it inside themselves."""

from pathlib import Path

from manyheads.checkpoint.store import load_model
from manyheads.errors import InputError
from manyheads.inference.load import translator_from
from manyheads.inference.precision import Precision, prepare
from manyheads.inference.translate import Translator


def load_translator(folder: Path, *, precision: Precision, device: str, threads: int | None) -> Translator:
    """Load a translator, once it is known that what is asked for can be had here.

    Args:
        folder: The model's.
        precision: As for `inference.precision.prepare`.
        device: `auto`, `cpu` or `cuda`.
        threads: None for all cores.

    Returns:
        The translator.
    """
    prepared = prepare(precision=precision, device=device, threads=threads)
    return translator_from(load_model(folder), folder, prepared)


def refuse_long(translator: Translator, text: str, where: str, advice: str) -> None:
    """Refuse a text that is longer than the model takes.

    Args:
        translator: The model.
        text: The text.
        where: Where it stands.
        advice: What to do about it.

    Raises:
        InputError: It is.
    """
    if count := translator.tokens_over(text):
        raise InputError(
            f"a text may have at most {translator.max_tokens} tokens for this model, "
            f"but {where} has {count}; {advice}"
        )
