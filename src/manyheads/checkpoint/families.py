"""The families of BERT in Hugging Face's words: what a config calls each size, and what it may not say.

The names of their parameters are in `names.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Task: TypeAlias = Literal["embedding", "masked", "classification", "regression", "tagging"]

REQUIRED = object()
"""In place of a default: the format has one, but nobody's model has those sizes by accident."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """How one family says what `recipes.encoder.Bert` says.

    Attributes:
        class_name: What the names of its architectures begin with.
        keys: For each of our sizes the config's key, and what holds where the key is absent.
        fixed: Our sizes that no config of the family can change.
        pooler: What bends the first token's vector before a label is read off it.
        has_pooler: Whether the encoder alone has a pooler too.
        has_next_sentence: Whether a masked language model may have a head for the next sentence.
    """

    class_name: str
    keys: Mapping[str, tuple[str, Any]]
    fixed: Mapping[str, Any] = field(default_factory=dict)
    pooler: Literal["tanh", "relu"] = "tanh"
    has_pooler: bool = True
    has_next_sentence: bool = False

    @property
    def counts_from_padding(self) -> bool:
        """Whether the first token's row in the position table is the one behind the padding token's id."""
        return "first_position" not in self.fixed


_BERT_KEYS = {
    "d_model": ("hidden_size", REQUIRED),
    "d_ff": ("intermediate_size", REQUIRED),
    "num_heads": ("num_attention_heads", REQUIRED),
    "num_layers": ("num_hidden_layers", REQUIRED),
    "dropout": ("hidden_dropout_prob", 0.1),
    "attention_dropout": ("attention_probs_dropout_prob", 0.1),
    "activation": ("hidden_act", "gelu"),
    "norm_epsilon": ("layer_norm_eps", 1e-12),
    "max_length": ("max_position_embeddings", REQUIRED),
    "num_segments": ("type_vocab_size", 2),
}
_UNSHARED: dict[str, Any] = {"embedding_width": None, "share_layers": False}
_FROM_FIRST_ROW = {"first_position": 0}

FAMILIES: dict[str, Family] = {
    "bert": Family(
        class_name="Bert",
        keys=_BERT_KEYS,
        fixed=_UNSHARED | _FROM_FIRST_ROW,
        has_next_sentence=True,
    ),
    "distilbert": Family(
        class_name="DistilBert",
        keys={
            "d_model": ("dim", REQUIRED),
            "d_ff": ("hidden_dim", REQUIRED),
            "num_heads": ("n_heads", REQUIRED),
            "num_layers": ("n_layers", REQUIRED),
            "dropout": ("dropout", 0.1),
            "attention_dropout": ("attention_dropout", 0.1),
            "activation": ("activation", "gelu"),
            "max_length": ("max_position_embeddings", REQUIRED),
        },
        fixed=_UNSHARED | _FROM_FIRST_ROW | {"norm_epsilon": 1e-12, "num_segments": 0},
        pooler="relu",
        has_pooler=False,
    ),
    "roberta": Family(
        class_name="Roberta",
        keys=_BERT_KEYS,
        fixed=_UNSHARED,
    ),
    "xlm-roberta": Family(
        class_name="XLMRoberta",
        keys=_BERT_KEYS,
        fixed=_UNSHARED,
    ),
    "albert": Family(
        class_name="Albert",
        keys=_BERT_KEYS
        | {
            "embedding_width": ("embedding_size", REQUIRED),
            "dropout": ("hidden_dropout_prob", 0.0),
            "attention_dropout": ("attention_probs_dropout_prob", 0.0),
            "activation": ("hidden_act", "gelu_new"),
        },
        fixed=_FROM_FIRST_ROW | {"share_layers": True},
        has_next_sentence=True,
    ),
}

TASKS: dict[str, Task] = {
    "Model": "embedding",
    "ForMaskedLM": "masked",
    "ForPreTraining": "masked",
    "ForSequenceClassification": "classification",
    "ForTokenClassification": "tagging",
}
"""What the rest of an architecture's name says; `ForSequenceClassification` may be a regression too."""

ACTIVATIONS = {
    "gelu": "gelu",
    "gelu_pytorch_tanh": "gelu_tanh",
    "gelu_new": "gelu_tanh",
    "relu": "relu",
    "swish": "silu",
    "silu": "silu",
}
"""Theirs to ours; where two of theirs are one of ours, the later one is written."""

ONLY: dict[str, Any] = {
    "is_decoder": False,
    "is_encoder_decoder": False,
    "add_cross_attention": False,
    "position_embedding_type": "absolute",
    "num_hidden_groups": 1,
    "inner_group_num": 1,
    "pruned_heads": {},
    "quantization_config": None,
    "auto_map": None,
}
"""Keys that change what is calculated, and the one value of each that is supported; absent, they have it."""
