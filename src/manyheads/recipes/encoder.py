"""What a recipe may say of an encoder: its sizes, and where the families of BERT differ."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from manyheads.recipes.schema import Count, Positive, Section, Share


class Bert(Section):
    """An encoder's sizes.

    Attributes:
        max_length: The most tokens that a text may have.
        first_position: Which row of the position table the first token takes; those before it stay unused.
        num_segments: Kinds of segment that have a vector of their own; 0 for none at all.
        embedding_width: Width of the token vectors before they are mapped to d_model; None for no such map.
        share_layers: Whether one layer's parameters serve in every layer.
        pooler: How the first token's vector is bent before a label is read off it; `none` for no pooler.
    """

    d_model: Count = 256
    d_ff: Count = 1024
    num_heads: Count = 4
    num_layers: Count = 4
    dropout: Share = 0.1
    attention_dropout: Share = 0.1
    activation: Literal["gelu", "gelu_tanh", "relu", "silu"] = "gelu"
    norm_epsilon: Positive = 1e-12
    max_length: Annotated[int, Field(ge=3)] = 512
    first_position: Annotated[int, Field(ge=0)] = 0
    num_segments: Annotated[int, Field(ge=0)] = 2
    embedding_width: Count | None = None
    share_layers: bool = False
    pooler: Literal["none", "tanh", "relu"] = "tanh"

    @model_validator(mode="after")
    def _heads_divide_width(self) -> "Bert":
        if self.d_model % self.num_heads:
            raise ValueError(
                f"d_model must be a multiple of num_heads, but {self.d_model} / {self.num_heads} is not whole"
            )
        return self
