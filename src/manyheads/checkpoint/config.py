"""What a model folder's config.json says, checked when it is read."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, ValidationError, model_validator

from manyheads.errors import ModelError
from manyheads.recipes.encoder import Bert
from manyheads.recipes.schema import Decoding, Network, Scoring, Section, key_of

Config = TypeVar("Config", bound=Section)


class TranslatorConfig(Section):
    """Everything about a translator but its weights and its vocabulary.

    Attributes:
        tokenizer: Whose files hold the vocabulary: our own, or a published Marian model's.
        alignment_layer: Whose cross attention, averaged over its heads, tells which word stands for which.
        scoring: How BLEU is counted on its kind of text.
    """

    format: Literal["manyheads"] = "manyheads"
    format_version: int = 1
    task: Literal["translation"] = "translation"
    tokenizer: Literal["own", "marian"] = "own"
    model: Network
    src_vocab_size: Annotated[int, Field(ge=1)]
    tgt_vocab_size: Annotated[int, Field(ge=1)]
    src_language: str | None = None
    tgt_language: str | None = None
    alignment_layer: Annotated[int, Field(ge=0)]
    decoding: Decoding = Decoding()
    scoring: Scoring = Scoring()

    @model_validator(mode="after")
    def _parts_fit(self) -> "TranslatorConfig":
        last = max(self.model.num_cross_layers - 1, 0)
        if self.alignment_layer > last:
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

    @model_validator(mode="after")
    def _labels_fit(self) -> "EncoderConfig":
        fewest = {"classification": 1 if self.several_labels else 2, "tagging": 1}.get(self.task, 0)
        if len(self.labels) < fewest:
            raise ValueError(
                f"labels must be at least {fewest} for the task {self.task}, but there are {len(self.labels)}"
            )
        if self.labels and not fewest:
            raise ValueError(f"labels belong to classification and tagging, but the task is {self.task}")
        if twice := [label for label, count in Counter(self.labels).items() if count > 1]:
            raise ValueError(f"labels must differ from each other, but '{twice[0]}' stands there twice")
        if self.several_labels and self.task != "classification":
            raise ValueError(f"several_labels belongs to classification, but the task is {self.task}")
        return self

    @model_validator(mode="after")
    def _parts_fit(self) -> "EncoderConfig":
        if self.next_sentence and self.task != "masked":
            raise ValueError(f"next_sentence belongs to the task masked, but the task is {self.task}")
        reads_pooler = self.next_sentence or self.task in {"classification", "regression"}
        if reads_pooler and self.model.pooler == "none":
            head = "next_sentence" if self.next_sentence else f"the task {self.task}"
            raise ValueError(f"model.pooler must be tanh or relu for {head}, but is none")
        if self.task == "tagging" and self.model.pooler != "none":
            raise ValueError(f"model.pooler must be none for the task tagging, but is {self.model.pooler}")
        if self.max_tokens and self.max_tokens > self.model.max_length:
            raise ValueError(
                f"max_tokens must be at most model.max_length ({self.model.max_length}), "
                f"but is {self.max_tokens}"
            )
        return self


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
    return checked_config(TranslatorConfig, config, where / "config.json", "a translator")


def read_encoder_config(config: dict[str, Any], where: Path) -> EncoderConfig:
    """Check what config.json says.

    Args:
        config: Its content.
        where: The model folder, for the error.

    Returns:
        The checked config.

    Raises:
        ModelError: Keys or values that no encoder of this version has: each is named.
    """
    return checked_config(EncoderConfig, config, where / "config.json", "an encoder")


def checked_config(
    kind: type[Config],
    config: Mapping[str, Any],
    where: Path,
    what: str,
    *,
    names: Mapping[str, str] | None = None,
) -> Config:
    """Check a config and tell all of its mistakes at once.

    Args:
        kind: What it must be.
        config: What it says.
        where: The file that it is from.
        what: What it must describe, in words.
        names: How that file calls a key, where it uses other words: `model.d_model` is `hidden_size`.

    Returns:
        The checked config.

    Raises:
        ModelError: Keys or values that it cannot have.
    """
    try:
        return kind.model_validate(dict(config))
    except ValidationError as error:
        mistakes = "; ".join(_describe(detail, names or {}) for detail in error.errors())
    raise ModelError(f"{where} must describe {what}, but {mistakes}")


def _describe(detail: Any, names: Mapping[str, str]) -> str:  # noqa: ANN401
    key, message = ".".join(map(str, key_of(detail["loc"]))), detail["msg"].removeprefix("Value error, ")
    return f"{names.get(key, key)}: {message[0].lower()}{message[1:]}".removeprefix(": ")
