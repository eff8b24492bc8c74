"""What config.json of a translator says, checked when it is read."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from manyheads.errors import ModelError
from manyheads.recipes.schema import Decoding, Model, Scoring, Section


class TranslatorConfig(Section):
    """Everything about a translator but its weights and its vocabulary.

    Attributes:
        alignment_layer: Whose cross attention, averaged over its heads, tells which word stands for which.
        scoring: How BLEU is counted on its kind of text.
    """

    format: Literal["manyheads"] = "manyheads"
    format_version: int = 1
    task: Literal["translation"] = "translation"
    model: Model
    src_vocab_size: Annotated[int, Field(ge=1)]
    tgt_vocab_size: Annotated[int, Field(ge=1)]
    src_language: str | None = None
    tgt_language: str | None = None
    alignment_layer: Annotated[int, Field(ge=0)]
    decoding: Decoding = Decoding()
    scoring: Scoring = Scoring()


def read_translator_config(config: dict[str, Any], where: Path) -> TranslatorConfig:
    """Check what config.json says.

    Args:
        config: Its content.
        where: The model folder, for the error.

    Returns:
        The checked config.

    Raises:
        ModelError: Keys or values that no translator of this version has: each is named.
    """
    try:
        return TranslatorConfig.model_validate(config)
    except ValidationError as error:
        mistakes = "; ".join(
            f"{'.'.join(map(str, detail['loc']))}: {detail['msg'][0].lower()}{detail['msg'][1:]}"
            for detail in error.errors()
        )
    raise ModelError(f"{where / 'config.json'} must describe a translator, but {mistakes}")
