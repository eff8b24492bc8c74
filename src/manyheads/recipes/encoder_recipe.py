"""What a recipe for an encoder may say: one that labels texts or words, embeds them, or fills masks."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from manyheads.recipes.encoder import Bert
from manyheads.recipes.schema import LIMIT, Count, OffAtZero, Positive, Section, Share, Training

EncoderTaskName = Literal["classification", "regression", "embedding", "tagging", "masked"]
Metric = Literal["accuracy", "macro_f1", "f1", "spearman", "pearson", "masked_accuracy", "loss"]

HEADS = {"head": "head.", "pooler": "bert.pooler.", "next-sentence head": "next_sentence."}
"""What is read off the layers, and how its parameters' names begin; a model before may lack any of it."""
METRICS: dict[str, tuple[Metric, ...]] = {
    "classification": ("accuracy", "macro_f1", "f1", "loss"),
    "regression": ("spearman", "pearson", "loss"),
    "embedding": ("spearman", "pearson", "loss"),
    "tagging": ("f1", "macro_f1", "accuracy", "loss"),
    "masked": ("loss", "masked_accuracy"),
}
"""By what each task's models may be chosen; the first is the usual one."""


class EncoderCorpus(Section):
    """Where the texts stand, and what is told of them.

    Attributes:
        train: A file in the folder `data`; without it `data` is itself the file. `valid` and `test` likewise:
            without them a share of the training file is held out.
        format: How the files are laid out; by their suffix where it is `auto`. Tagging reads a word and its
            tag a line whatever is said here, masked reads documents.
        header: Whether a first row names the columns; without it that is so where a column is given by name.
        text: The column of the texts, by name or by number from 0.
        pair: The column of the second texts.
        label: The column of the labels, numbers or scores.
        max_tokens: Tokens of a text or pair, special ones included; what is longer is cut off.
    """

    train: str | None = None
    valid: str | None = None
    test: str | None = None
    format: Literal["auto", "text", "tsv", "csv", "jsonl", "parquet"] = "auto"
    header: bool | None = None
    text: str | int = 0
    pair: str | int | None = None
    label: str | int | None = None
    language: str | None = None
    max_tokens: Annotated[int, Field(ge=4)] = 128
    valid_share: Share = 0.05
    test_share: Share = 0.0
    max_held_out: Count = 2000


class TextVocabulary(Section):
    """How a model that is learned from scratch cuts text into tokens."""

    kind: Literal["wordpiece", "bpe", "unigram"] = "wordpiece"
    vocab_size: Annotated[int, Field(ge=32)] = 16_000
    lowercase: bool = False


class EncoderTraining(Training):
    """How the parameters are learned: for a model that goes on from another one.

    Attributes:
        keep_tokens: Whether token vectors stay as they were in the model before. Those of words that the text
            lacks are else only pushed away, and an update takes longer.
        head_rate: How many times as fast as all else a head learns, and the pooler that it reads. A drawn one
            has further to go than the layers of a model before.
    """

    updates: Count = Field(default=2000, json_schema_extra=LIMIT)
    batch_tokens: Count = 1024
    optimizer: Literal["adam", "adamw"] = "adamw"
    learning_rate: Positive = 3e-5
    betas: tuple[Share, Share] = (0.9, 0.999)
    epsilon: Positive = 1e-8
    weight_decay: OffAtZero = 0.01
    schedule: Literal["inverse_sqrt", "linear", "constant"] = "linear"
    warmup: Annotated[int, Field(ge=0)] = 200
    label_smoothing: Share = 0.0
    keep_tokens: bool = False
    head_rate: Positive = 1.0

    def rate_of(self, parameter: str) -> float:
        """Let heads learn at their own rate.

        Args:
            parameter: Its name.

        Returns:
            `head_rate` for what belongs to a head, else 1.
        """
        return self.head_rate if parameter.startswith(tuple(HEADS.values())) else 1.0


class EncoderValidation(Section):
    """How often the model is tried on what it does not learn from, and what counts.

    Attributes:
        metric: What decides which model is kept; without it the task's usual one.
    """

    every: Count = Field(default=500, json_schema_extra=LIMIT)
    metric: Metric | None = None
    patience: Annotated[int, Field(ge=0)] = Field(default=0, json_schema_extra=LIMIT)
    batch_tokens: Count = Field(default=4096, json_schema_extra=LIMIT)


class Masking(Section):
    """Which tokens are hidden, and how.

    Attributes:
        share: How many tokens are to be told, of all.
        mask: How many of those are hidden behind the mask token.
        random: How many of those are replaced by a token drawn at random; the rest stays as it is.
        whole_words: Whether a word is hidden with all of its pieces or not at all.
        next_sentence: Whether the model also learns to tell if a second text follows the first one.
    """

    share: Annotated[float, Field(gt=0, lt=1)] = 0.15
    mask: Annotated[float, Field(ge=0, le=1)] = 0.8
    random: Annotated[float, Field(ge=0, le=1)] = 0.1
    whole_words: bool = False
    next_sentence: bool = False

    @model_validator(mode="after")
    def _shares_fit(self) -> "Masking":
        if self.mask + self.random > 1:
            raise ValueError(
                f"mask and random must be 1 together at most, but are {self.mask} and {self.random}"
            )
        return self


class Labels(Section):
    """What labels are.

    Attributes:
        class_weights: `balanced` lets rare labels count as much as common ones.
        several: Whether a text may have any number of labels, with commas between them.
    """

    class_weights: Literal["none", "balanced"] = "none"
    several: bool = False


class Embedding(Section):
    """How vectors are made and what is asked of them.

    Attributes:
        loss: `cosine`: the cosine of a pair's vectors is to be its score. `ranking`: a text's vector is to be
            nearer to its own partner's than to the others' in the batch.
        scale: What cosines are multiplied by before they are ranked.
        lowest: The score of pairs that have nothing in common.
        highest: The score of pairs that say the same.
        positive: From which score on a pair belongs together, for `ranking`.
        pooling: How a text's vector is made of its tokens'.
        normalize: Whether it is brought to length one.
    """

    loss: Literal["cosine", "ranking"] = "cosine"
    scale: Positive = 20.0
    lowest: float = 0.0
    highest: float = 5.0
    positive: float = 4.0
    pooling: Literal["cls", "mean", "max"] = "mean"
    normalize: bool = True

    @model_validator(mode="after")
    def _scores_rise(self) -> "Embedding":
        if self.lowest >= self.highest:
            raise ValueError(f"lowest must be below highest, but they are {self.lowest} and {self.highest}")
        return self


class EncoderRecipe(Section):
    """A whole run."""

    task: EncoderTaskName
    title: str = ""
    data: str | None = None
    init: str | None = None
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 1
    device: Literal["auto", "cpu", "cuda"] = "auto"
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    threads: Count | None = None
    corpus: EncoderCorpus = EncoderCorpus()
    tokenizer: TextVocabulary = TextVocabulary()
    model: Bert = Bert()
    training: EncoderTraining = EncoderTraining()
    validation: EncoderValidation = EncoderValidation()
    labels: Labels = Labels()
    embedding: Embedding = Embedding()
    masking: Masking = Masking()

    @model_validator(mode="after")
    def _columns_are_named(self) -> "EncoderRecipe":
        if self.corpus.label is None and self._needs_labels():
            raise ValueError(f"task {self.task!r} needs corpus.label, the column of what is to be told")
        if self.corpus.pair is None and self.task == "embedding":
            raise ValueError("task 'embedding' needs corpus.pair, the column of each text's partner")
        return self

    @model_validator(mode="after")
    def _metric_fits(self) -> "EncoderRecipe":
        metric, several = self.validation.metric, self.labels.several
        if several and self.task != "classification":
            raise ValueError(f"labels.several belongs to classification, but the task is {self.task}")
        if metric and metric not in METRICS[self.task]:
            known = ", ".join(METRICS[self.task])
            raise ValueError(f"validation.metric must be one of {known} for {self.task}, but is {metric}")
        if metric == "f1" and self.task == "classification" and not several:
            raise ValueError("validation.metric f1 is of several labels a text; take accuracy or macro_f1")
        return self

    @model_validator(mode="after")
    def _what_is_kept_is_there(self) -> "EncoderRecipe":
        if self.training.keep_tokens and self.init is None:
            raise ValueError("training.keep_tokens needs init, the model whose token vectors are kept")
        return self

    def _needs_labels(self) -> bool:
        by_cosine = self.task == "embedding" and self.embedding.loss == "cosine"
        return by_cosine or self.task in {"classification", "regression"}
