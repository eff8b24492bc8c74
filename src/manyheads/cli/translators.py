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


def tokens_over(translator: Translator, text: str) -> int:
    """Count the tokens of a text that is longer than the model takes.

    Args:
        translator: The model.
        text: The text.

    Returns:
        Its tokens; 0 for a text that the model takes as it is.
    """
    core = text.strip()
    # Plain ASCII never has more tokens than letters; normalization may make many of another letter.
    if core.isascii() and len(core) <= translator.max_tokens:
        return 0
    count = len(translator.src_tokenizer.encode_ids([core])[0])
    return count if count > translator.max_tokens else 0


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
    if count := tokens_over(translator, text):
        raise InputError(
            f"a text may have at most {translator.max_tokens} tokens for this model, "
            f"but {where} has {count}; {advice}"
        )
