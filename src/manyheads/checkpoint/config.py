"""What a model folder's config.json says, checked when it is read."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from manyheads.errors import ModelError
from manyheads.recipes.encoder import Bert
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

    @model_validator(mode="after")
    def _parts_fit(self) -> "TranslatorConfig":
        if self.alignment_layer >= self.model.num_decoder_layers:
            last = self.model.num_decoder_layers - 1
            raise ValueError(f"alignment_layer must be 0 to {last}, but is {self.alignment_layer}")
        if self.model.tie_embeddings == "all" and self.src_vocab_size != self.tgt_vocab_size:
            raise ValueError(
                "one embedding serves one vocabulary, but the sizes are "
                f"{self.src_vocab_size}, {self.tgt_vocab_size}"
            )
        return self


class EncoderConfig(Section):
    """Everything about an encoder but its weights and its vocabulary.

    Attributes:
        task: What it answers: vectors, masked words, labels or a number for a text, labels for words.
        family: Under whose names it goes out again; the calculation is told by `model` alone.
        labels: Names of the classes, in the order of the head's rows.
        several_labels: Whether a text may have any number of the labels, each by itself.
        next_sentence: Whether there is a head that tells if a second sentence followed on the first.
        pooling: How a text's vector is made of its tokens'.
        normalize: Whether a text's vector is brought to length one.
        max_tokens: Tokens of a text, special ones included, where fewer than `model.max_length` are wanted.
        prompt: Put before every text that is embedded.
    """

    format: Literal["manyheads"] = "manyheads"
    format_version: int = 1
    task: Literal["embedding", "masked", "classification", "regression", "tagging"]
    family: Literal["bert", "distilbert", "roberta", "xlm-roberta", "albert"] = "bert"
    model: Bert
    vocab_size: Annotated[int, Field(ge=1)]
    labels: tuple[str, ...] = ()
    several_labels: bool = False
    next_sentence: bool = False
    pooling: Literal["cls", "mean", "max"] = "mean"
    normalize: bool = False
    max_tokens: Annotated[int, Field(ge=3)] | None = None
    prompt: str = ""


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
        mistakes = "; ".join(map(_describe, error.errors()))
    raise ModelError(f"{where / 'config.json'} must describe a translator, but {mistakes}")


def _describe(detail: Any) -> str:  # noqa: ANN401
    key, message = ".".join(map(str, detail["loc"])), detail["msg"].removeprefix("Value error, ")
    return f"{key}: {message[0].lower()}{message[1:]}".removeprefix(": ")
