"""What is asked of the server, and what it answers; `SCHEMA_VERSION` counts changes that others notice."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

SCHEMA_VERSION = 2
_Text = Annotated[str, Field(max_length=20_000)]


class Asked(BaseModel):
    """A request: no field that nobody knows."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class AttentionRequest(Asked):
    """A text to look at.

    Attributes:
        model: One of those that are served; None for the only one.
        text: What is translated or read.
        pair: The second text of a pair, for an encoder.
        target: A translation to look at, for a translator; None for its own.
        begin: Ids of tokens with which its own has to begin.
        off: Heads that are switched off: kind, layer, head.
        hidden: Tokens of the text that are hidden behind the mask, counted from 0.
        since: The id of an answer; then it is told how far the result has moved.
    """

    model: str | None = None
    text: _Text
    pair: _Text | None = None
    target: _Text | None = None
    begin: tuple[int, ...] = ()
    off: tuple[tuple[Literal["encoder", "decoder", "cross"], int, int], ...] = ()
    hidden: tuple[int, ...] = ()
    since: str | None = None


class MeaningRequest(Asked):
    """A word to compare.

    Attributes:
        model: One of those that are served; None for the only one.
        word: The word.
        texts: Sentences with it.
    """

    model: str | None = None
    word: Annotated[str, Field(max_length=200)]
    texts: Annotated[tuple[_Text, ...], Field(max_length=24)]


class ServedModel(BaseModel):
    """A model that is served.

    Attributes:
        name: By which it is asked for.
        task: `translation`, or what an encoder is read for.
        max_tokens: The most tokens of a text.
        mask: How a text spells the mask; None where there is none.
    """

    name: str
    task: str
    max_tokens: int
    mask: str | None


class Models(BaseModel):
    """All of them.

    Attributes:
        schema_version: Of all requests and answers.
        models: The models.
    """

    schema_version: int = SCHEMA_VERSION
    models: tuple[ServedModel, ...]


class Failure(BaseModel):
    """Why something cannot be had.

    Attributes:
        error: One sentence.
    """

    error: str
