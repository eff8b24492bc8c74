"""What a recipe may say: every key, its default and its range.

Keys marked `limit` are limits and intervals: a run that is resumed may change them, and no other.
"""

from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Discriminator, Field, JsonValue, Tag, model_validator

Share = Annotated[float, Field(ge=0, lt=1)]
Count = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0)]
OffAtZero = Annotated[float, Field(ge=0)]
"""TOML has no word for nothing: 0 switches these off."""
LIMIT: dict[str, JsonValue] = {"limit": True}


class Section(BaseModel):
    """A part of a recipe: unknown keys are mistakes, and nothing changes once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())


class Corpus(Section):
    """Where the pairs stand, and which of them are taken.

    Files are relative to the recipe's `data`: one file with two columns, or two files line by line. Without
    `train`, `data` is itself the file.
    """

    train: tuple[str, ...] = Field(default=(), max_length=2)
    valid: tuple[str, ...] = Field(default=(), max_length=2)
    test: tuple[str, ...] = Field(default=(), max_length=2)
    format: Literal["auto", "text", "tsv", "csv", "jsonl", "parquet"] = "auto"
    src: str | int = 0
    tgt: str | int = 1
    src_language: str | None = None
    tgt_language: str | None = None
    max_tokens: Count = 256
    max_ratio: OffAtZero = 4.0
    drop_same: bool = True
    drop_duplicates: bool = True
    valid_share: Share = 0.01
    test_share: Share = 0.01
    max_held_out: Count = 2000


class Tokenization(Section):
    """How text becomes token ids."""

    kind: Literal["bpe", "unigram"] = "bpe"
    vocab_size: Annotated[int, Field(ge=259)] = 8000
    shared: bool = True
    normalization: Literal["none", "nfc", "nfkc"] = "nfc"
    lowercase: bool = False


class Model(Section):
    """A Transformer's sizes.

    Attributes:
        positions: `sinusoidal_halves` has all sines before all cosines, as Marian does; with `none` only the
            decoder, which sees what came before, can tell how tokens are ordered.
        share_layers: Whether one layer's parameters serve in every layer of a stack.
        scale_embedding: Whether token vectors are multiplied by sqrt(d_model).
        output_bias: Whether every word of the vocabulary has a score of its own, whatever was read.
    """

    architecture: Literal["transformer"] = "transformer"
    d_model: Count = 256
    d_ff: Count = 1024
    num_heads: Count = 4
    num_encoder_layers: Count = 4
    num_decoder_layers: Count = 4
    dropout: Share = 0.1
    attention_dropout: Share = 0.0
    norm_first: bool = False
    activation: Literal["relu", "gelu", "silu"] = "relu"
    positions: Literal["sinusoidal", "sinusoidal_halves", "learned", "none"] = "sinusoidal"
    scale_embedding: bool = True
    max_length: Annotated[int, Field(ge=2)] = 512
    tie_embeddings: Literal["all", "output", "none"] = "all"
    output_bias: bool = False
    share_layers: bool = False
    alignment_layer: Annotated[int, Field(ge=0)] | None = None

    @property
    def num_cross_layers(self) -> int:
        """How many layers look at the source."""
        return self.num_decoder_layers

    def in_words(self) -> str:
        """Say the sizes to people."""
        return (
            f"{self.num_encoder_layers}+{self.num_decoder_layers} layers"
            f"{' of one layer each' if self.share_layers else ''}, d_model {self.d_model}, d_ff {self.d_ff}, "
            f"{self.num_heads} heads, dropout {self.dropout}, norm "
            f"{'before' if self.norm_first else 'after'} each sublayer"
        )

    @model_validator(mode="after")
    def _heads_divide_width(self) -> "Model":
        if self.d_model % self.num_heads:
            raise ValueError(
                f"d_model must be a multiple of num_heads, but {self.d_model} / {self.num_heads} is not whole"
            )
        if self.positions.startswith("sinusoidal") and self.d_model % 2:
            raise ValueError(f"d_model must be even for sinusoidal positions, but is {self.d_model}")
        if self.alignment_layer is not None and self.alignment_layer >= self.num_decoder_layers:
            last = self.num_decoder_layers - 1
            raise ValueError(f"alignment_layer must be 0 to {last}, but is {self.alignment_layer}")
        return self


class Recurrent(Section):
    """The sizes of a recurrent translator.

    Attributes:
        cell: What a step of a layer calculates.
        attention: `none` gives the decoder one vector for the whole source, at every step the same.
        d_model: Width of all layers; even, for the encoder reads from both ends with half of it each.
    """

    architecture: Literal["recurrent"] = "recurrent"
    cell: Literal["gru", "lstm"] = "gru"
    attention: Literal["additive", "none"] = "additive"
    d_model: Annotated[int, Field(ge=2, multiple_of=2)] = 256
    num_encoder_layers: Count = 2
    num_decoder_layers: Count = 2
    dropout: Share = 0.1
    max_length: Annotated[int, Field(ge=2)] = 512
    tie_embeddings: Literal["all", "output", "none"] = "all"
    output_bias: bool = False

    @property
    def num_cross_layers(self) -> int:
        """How many layers look at the source."""
        return int(self.attention == "additive")

    @property
    def alignment_layer(self) -> None:
        """There is one attention at most, so there is nothing to choose."""

    def in_words(self) -> str:
        """Say the sizes to people."""
        looks = "additive attention" if self.attention == "additive" else "one vector for the source"
        return (
            f"recurrent ({self.cell.upper()}), {self.num_encoder_layers}+{self.num_decoder_layers} layers, "
            f"d_model {self.d_model}, {looks}, dropout {self.dropout}"
        )


def _architecture(model: Any) -> str:  # noqa: ANN401
    """Tell whose sizes these are; a Transformer's where it is not said."""
    said = model.get("architecture") if isinstance(model, dict) else getattr(model, "architecture", None)
    return "transformer" if said is None else str(said)


Network = Annotated[
    Annotated[Model, Tag("transformer")] | Annotated[Recurrent, Tag("recurrent")],
    Discriminator(
        _architecture,
        custom_error_type="architecture",
        custom_error_message="architecture must be transformer or recurrent",
    ),
]
"""The sizes of a translator's network, of one architecture or the other."""


def key_of(place: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """Find the key of a mistake.

    Args:
        place: What pydantic names, among it the architecture whose keys were tried.

    Returns:
        The key's parts, without the architecture.

    Example:
        >>> key_of(("model", "recurrent", "cell")), key_of(("model", "cell"))
        (('model', 'cell'), ('model', 'cell'))
    """
    tried = len(place) > 1 and place[0] == "model" and place[1] in {"transformer", "recurrent"}
    return place[:1] + place[2:] if tried else place


class Training(Section):
    """How the parameters are learned."""

    updates: Count = Field(default=10_000, json_schema_extra=LIMIT)
    batch_tokens: Count = 8192
    accumulate: Count = 1
    optimizer: Literal["adam", "adamw"] = "adam"
    learning_rate: Positive = 1e-3
    betas: tuple[Share, Share] = (0.9, 0.98)
    epsilon: Positive = 1e-9
    weight_decay: OffAtZero = 0.0
    schedule: Literal["inverse_sqrt", "linear", "constant"] = "inverse_sqrt"
    warmup: Annotated[int, Field(ge=0)] = 1000
    label_smoothing: Share = 0.1
    clip_norm: OffAtZero = 1.0
    save_every: Count = Field(default=500, json_schema_extra=LIMIT)
    log_every: Count = Field(default=20, json_schema_extra=LIMIT)
    average: Annotated[int, Field(ge=0)] = 0
    average_of: Literal["last", "best"] = "last"

    def rate_of(self, parameter: str) -> float:
        """Say how many times as fast as the learning rate a parameter learns.

        Args:
            parameter: Its name.

        Returns:
            1: all learn alike.
        """
        return 1.0


class Validation(Section):
    """How often the model is tried on pairs that it does not learn from, and what counts."""

    every: Count = Field(default=500, json_schema_extra=LIMIT)
    metric: Literal["bleu", "loss"] = "bleu"
    patience: Annotated[int, Field(ge=0)] = Field(default=0, json_schema_extra=LIMIT)
    max_sentences: Count = Field(default=500, json_schema_extra=LIMIT)
    batch_tokens: Count = Field(default=8192, json_schema_extra=LIMIT)


class Decoding(Section):
    """How the model translates when nothing else is asked.

    A translation has at most `max_length_factor` times its source's tokens and `max_length_extra` more, end
    tokens counted: twice and ten is what users of transformers set by hand.

    Attributes:
        force_end: Whether a translation that reaches that limit gets the end token as its last one, for
            nothing, and not whatever is likeliest.
        renormalize: Whether the probability of forbidden tokens goes to the others.
    """

    beam: Count = 5
    length_penalty: Annotated[float, Field(ge=-10, le=10)] = 1.0
    max_length_factor: Annotated[float, Field(ge=0)] = 2.0
    max_length_extra: Count = 10
    force_end: bool = False
    renormalize: bool = False


class Scoring(Section):
    """How BLEU is counted on this text."""

    tokenize: str = "13a"
    lowercase: bool = False


class Recipe(Section):
    """A whole run."""

    task: Literal["translation"] = "translation"
    title: str = ""
    data: str | None = None
    init: str | None = None
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 1
    device: Literal["auto", "cpu", "cuda"] = "auto"
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    threads: Count | None = None
    corpus: Corpus = Corpus()
    tokenizer: Tokenization = Tokenization()
    model: Network = Model()
    training: Training = Training()
    validation: Validation = Validation()
    decoding: Decoding = Decoding()
    scoring: Scoring = Scoring()

    @model_validator(mode="after")
    def _one_embedding_has_one_vocabulary(self) -> "Recipe":
        if self.model.tie_embeddings == "all" and not self.tokenizer.shared:
            raise ValueError(
                "model.tie_embeddings = 'all' needs tokenizer.shared = true, but it is false; "
                "take 'output' or 'none'"
            )
        return self


def flatten(section: BaseModel, prefix: str = "") -> dict[str, Any]:
    """List every key of a recipe with its dotted name.

    Args:
        section: A recipe, or a part of one.
        prefix: Goes before each name.

    Returns:
        Values by dotted name.
    """
    flat: dict[str, Any] = {}
    for name in type(section).model_fields:
        value = getattr(section, name)
        nested = isinstance(value, BaseModel)
        flat.update(flatten(value, f"{prefix}{name}.") if nested else {f"{prefix}{name}": value})
    return flat


def known_keys(section: type[BaseModel] = Recipe, prefix: str = "") -> dict[str, bool]:
    """List every key that a recipe may hold.

    Args:
        section: The recipe's class, or a part's.
        prefix: Goes before each name.

    Returns:
        By dotted name, whether a resumed run may change it.
    """
    keys: dict[str, bool] = {}
    for name, field in section.model_fields.items():
        parts = sections_of(field.annotation)
        for part in parts:
            keys.update(known_keys(part, f"{prefix}{name}."))
        if not parts:
            keys[prefix + name] = field.json_schema_extra == LIMIT
    return keys


def sections_of(kind: object) -> list[type[BaseModel]]:
    """List the sections that a key may hold.

    Args:
        kind: The key's type.

    Returns:
        One; several where there are alternatives; none where it holds a value.
    """
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return [kind]
    return [section for part in get_args(kind) for section in sections_of(part)]
