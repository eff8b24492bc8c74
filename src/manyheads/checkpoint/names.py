"""Our parameters' names and those of each family of published encoders, as `transformers` writes them.

A table a family: our part, their part. `{}` stands for the number of a layer. The families' checkpoints have
three things more than parameters: copies of the output weight and bias, buffers, and, in a checkpoint with a
head, a prefix before the names of the base model.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import torch

from manyheads.checkpoint.config import EncoderConfig
from manyheads.checkpoint.network import build_network
from manyheads.errors import ModelError


@dataclass(frozen=True, slots=True)
class _Family:
    """Their names.

    Attributes:
        prefix: Stands before the base model's names where there is a head.
        base: Parts of our `bert`, without that word, to parts of theirs, without the prefix.
        masked: Parts of the heads of a masked language model.
        texts: Parts of the heads that label whole texts; a pooler here belongs to the head.
        copies: In a masked language model: a copy to what it is a copy of.
    """

    prefix: str
    base: Mapping[str, str]
    masked: Mapping[str, str]
    texts: Mapping[str, str]
    copies: Mapping[str, str]


_EMBEDDING = {
    "encoder.embedding.tokens": "embeddings.word_embeddings",
    "encoder.embedding.positions": "embeddings.position_embeddings",
    "encoder.embedding.norm": "embeddings.LayerNorm",
}
_SEGMENTS = {"encoder.embedding.segments": "embeddings.token_type_embeddings"}
_BERT_BASE = {
    **_EMBEDDING,
    **_SEGMENTS,
    "encoder.layers.{}.attention.query": "encoder.layer.{}.attention.self.query",
    "encoder.layers.{}.attention.key": "encoder.layer.{}.attention.self.key",
    "encoder.layers.{}.attention.value": "encoder.layer.{}.attention.self.value",
    "encoder.layers.{}.attention.output": "encoder.layer.{}.attention.output.dense",
    "encoder.layers.{}.attention_residual.norm": "encoder.layer.{}.attention.output.LayerNorm",
    "encoder.layers.{}.feedforward.widen": "encoder.layer.{}.intermediate.dense",
    "encoder.layers.{}.feedforward.narrow": "encoder.layer.{}.output.dense",
    "encoder.layers.{}.feedforward_residual.norm": "encoder.layer.{}.output.LayerNorm",
    "pooler.linear": "pooler.dense",
}
_DISTILBERT_BASE = {
    **_EMBEDDING,
    "encoder.layers.{}.attention.query": "transformer.layer.{}.attention.q_lin",
    "encoder.layers.{}.attention.key": "transformer.layer.{}.attention.k_lin",
    "encoder.layers.{}.attention.value": "transformer.layer.{}.attention.v_lin",
    "encoder.layers.{}.attention.output": "transformer.layer.{}.attention.out_lin",
    "encoder.layers.{}.attention_residual.norm": "transformer.layer.{}.sa_layer_norm",
    "encoder.layers.{}.feedforward.widen": "transformer.layer.{}.ffn.lin1",
    "encoder.layers.{}.feedforward.narrow": "transformer.layer.{}.ffn.lin2",
    "encoder.layers.{}.feedforward_residual.norm": "transformer.layer.{}.output_layer_norm",
}
_ALBERT_LAYER = "encoder.albert_layer_groups.{}.albert_layers.0"
_ALBERT_BASE = {
    **_EMBEDDING,
    **_SEGMENTS,
    "encoder.embedding.projection": "encoder.embedding_hidden_mapping_in",
    "encoder.layers.{}.attention.query": f"{_ALBERT_LAYER}.attention.query",
    "encoder.layers.{}.attention.key": f"{_ALBERT_LAYER}.attention.key",
    "encoder.layers.{}.attention.value": f"{_ALBERT_LAYER}.attention.value",
    "encoder.layers.{}.attention.output": f"{_ALBERT_LAYER}.attention.dense",
    "encoder.layers.{}.attention_residual.norm": f"{_ALBERT_LAYER}.attention.LayerNorm",
    "encoder.layers.{}.feedforward.widen": f"{_ALBERT_LAYER}.ffn",
    "encoder.layers.{}.feedforward.narrow": f"{_ALBERT_LAYER}.ffn_output",
    "encoder.layers.{}.feedforward_residual.norm": f"{_ALBERT_LAYER}.full_layer_layer_norm",
    "pooler.linear": "pooler",
}

_ROBERTA = _Family(
    prefix="roberta.",
    base=_BERT_BASE,
    masked={"head.linear": "lm_head.dense", "head.norm": "lm_head.layer_norm", "head.output": "lm_head"},
    texts={"bert.pooler.linear": "classifier.dense", "head.output": "classifier.out_proj"},
    copies={
        "lm_head.decoder.weight": "roberta.embeddings.word_embeddings.weight",
        "lm_head.decoder.bias": "lm_head.bias",
    },
)
_FAMILIES = {
    "bert": _Family(
        prefix="bert.",
        base=_BERT_BASE,
        masked={
            "head.linear": "cls.predictions.transform.dense",
            "head.norm": "cls.predictions.transform.LayerNorm",
            "head.output": "cls.predictions",
            "next_sentence.output": "cls.seq_relationship",
        },
        texts={"head.output": "classifier"},
        copies={
            "cls.predictions.decoder.weight": "bert.embeddings.word_embeddings.weight",
            "cls.predictions.decoder.bias": "cls.predictions.bias",
        },
    ),
    "distilbert": _Family(
        prefix="distilbert.",
        base=_DISTILBERT_BASE,
        masked={
            "head.linear": "vocab_transform",
            "head.norm": "vocab_layer_norm",
            "head.output": "vocab_projector",
        },
        texts={"bert.pooler.linear": "pre_classifier", "head.output": "classifier"},
        copies={"vocab_projector.weight": "distilbert.embeddings.word_embeddings.weight"},
    ),
    "roberta": _ROBERTA,
    "xlm-roberta": _ROBERTA,
    "albert": _Family(
        prefix="albert.",
        base=_ALBERT_BASE,
        masked={
            "head.linear": "predictions.dense",
            "head.norm": "predictions.LayerNorm",
            "head.output": "predictions",
            "next_sentence.output": "sop_classifier.classifier",
        },
        texts={"head.output": "classifier"},
        copies={
            "predictions.decoder.weight": "albert.embeddings.word_embeddings.weight",
            "predictions.decoder.bias": "predictions.bias",
        },
    ),
}
_WORDS = {"head.output": "classifier"}


def encoder_names(config: EncoderConfig) -> dict[str, str]:
    """Say what each of an encoder's parameters is called in its family.

    Args:
        config: The encoder's. The task says which of the family's models is meant: the base model for
            `embedding`, else the one with that head.

    Returns:
        Our name to theirs: every parameter, and no two to one name.

    Raises:
        ModelError: The family's models have no such part.
    """
    parts = _parts(config)
    names: dict[str, str] = {}
    for name in _own_names(config):
        part, _, which = name.rpartition(".")
        layer = re.search(r"(?<=\.layers\.)\d+", part)
        theirs = parts.get(part if layer is None else part.replace(f".{layer[0]}.", ".{}.", 1))
        if theirs is None:
            raise ModelError(
                f"family '{config.family}' must have a name for each part, but for the task "
                f"{config.task} it has none for {part}; choose a family that has that part"
            )
        names[name] = f"{theirs if layer is None else theirs.format(layer[0])}.{which}"
    return names


def tied_names(config: EncoderConfig) -> dict[str, str]:
    """List what the family's checkpoints may hold a second time, since the output shares it.

    Args:
        config: The encoder's.

    Returns:
        The copy's name to the name of what it copies, both theirs. On reading a copy is passed over; a file
        may have it or not.
    """
    return dict(_FAMILIES[config.family].copies) if config.task == "masked" else {}


def buffer_names(config: EncoderConfig) -> frozenset[str]:
    """List what older checkpoints of the family hold that follows from the config.

    Args:
        config: The encoder's.

    Returns:
        Their names of numbered positions and of segments that are all the first.
    """
    prefix = "" if config.task == "embedding" else base_prefix(config)
    return frozenset(f"{prefix}embeddings.{buffer}" for buffer in ("position_ids", "token_type_ids"))


def base_prefix(config: EncoderConfig) -> str:
    """Say what stands before the base model's names in a checkpoint that has a head.

    Args:
        config: The encoder's.

    Returns:
        The prefix, its dot included.
    """
    return _FAMILIES[config.family].prefix


def modern_name(name: str) -> str:
    """Name a norm's parameters as they are named today: the first BERTs say gamma and beta.

    Args:
        name: A name of theirs.

    Returns:
        The same parameter's name in newer checkpoints.

    Example:
        >>> modern_name("bert.embeddings.LayerNorm.gamma")
        'bert.embeddings.LayerNorm.weight'
    """
    return re.sub(r"\.gamma$", ".weight", re.sub(r"\.beta$", ".bias", name))


def _parts(config: EncoderConfig) -> dict[str, str]:
    """Our parts to theirs, for the family's model of this task."""
    family = _FAMILIES[config.family]
    prefix = "" if config.task == "embedding" else family.prefix
    base = {f"bert.{ours}": f"{prefix}{theirs}" for ours, theirs in family.base.items()}
    heads = {
        "embedding": {},
        "masked": family.masked,
        "classification": family.texts,
        "regression": family.texts,
        "tagging": _WORDS,
    }
    return base | heads[config.task]


def _own_names(config: EncoderConfig) -> list[str]:
    """Our names, off a network of the same parts with every width 1."""
    widths = {"d_model": 1, "d_ff": 1, "num_heads": 1, "max_length": 1}
    if config.model.embedding_width:
        widths["embedding_width"] = 1
    narrow = config.model_copy(update={"model": config.model.model_copy(update=widths), "vocab_size": 1})
    with torch.random.fork_rng(devices=()):
        return [name for name, _ in build_network(narrow).named_parameters()]
