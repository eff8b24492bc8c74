"""What a published Marian model's files say, in our words and back; what we lack is refused by name."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from manyheads.checkpoint.config import TranslatorConfig, checked_config
from manyheads.errors import ModelError, suggest
from manyheads.recipes.schema import Model
from manyheads.text.subwords import PairSpecials, SpecialIds

_SIZES = {
    "d_model": "d_model",
    "d_ff": "encoder_ffn_dim",
    "num_heads": "encoder_attention_heads",
    "num_encoder_layers": "encoder_layers",
    "num_decoder_layers": "decoder_layers",
    "max_length": "max_position_embeddings",
}
_SETTINGS = {
    "dropout": ("dropout", 0.1),
    "attention_dropout": ("attention_dropout", 0.0),
    "scale_embedding": ("scale_embedding", False),
}
_ACTIVATIONS = {"swish": "silu", "silu": "silu", "relu": "relu", "gelu": "gelu"}
_ONE_FOR_BOTH = {
    "encoder_ffn_dim": "decoder_ffn_dim",
    "encoder_attention_heads": "decoder_attention_heads",
}
_ONLY = {
    "static_position_embeddings": True,
    "normalize_before": False,
    "normalize_embedding": False,
    "add_final_layer_norm": False,
    "is_encoder_decoder": True,
}
_ONLY_GENERATED = {
    "early_stopping": False,
    "do_sample": False,
    "min_length": 0,
    "min_new_tokens": 0,
    "num_beam_groups": 1,
    "diversity_penalty": 0.0,
    "repetition_penalty": 1.0,
    "encoder_repetition_penalty": 1.0,
    "no_repeat_ngram_size": 0,
    "encoder_no_repeat_ngram_size": 0,
    "forced_bos_token_id": None,
    "suppress_tokens": [],
    "begin_suppress_tokens": [],
    "sequence_bias": {},
    "force_words_ids": [],
    "exponential_decay_length_penalty": None,
}
_ARCHITECTURE = "MarianMTModel"


def read_marian_config(
    config: Mapping[str, Any],
    generation: Mapping[str, Any] | None,
    special: PairSpecials,
    path: Path,
    *,
    output_bias: bool,
    languages: tuple[str | None, str | None] = (None, None),
) -> TranslatorConfig:
    """Say what a Marian model is in our words.

    Args:
        config: The content of its config.json.
        generation: That of its generation_config.json; None where there is none and config.json says it.
        special: The special ids of its vocabularies.
        path: Its config.json, for errors.
        output_bias: Whether its weights hold `final_logits_bias`.
        languages: Of the source and of the target, where they are known.

    Returns:
        The config.

    Raises:
        ModelError: Something is missing, or the model calculates in a way that we lack.
    """
    _check_known(config, path)
    model = {ours: config[theirs] for ours, theirs in _SIZES.items()}
    model |= {ours: config.get(theirs, plain) for ours, (theirs, plain) in _SETTINGS.items()}
    words = {
        "tokenizer": "marian",
        "model": model
        | {
            "activation": _ACTIVATIONS[config.get("activation_function", "gelu")],
            "positions": "sinusoidal_halves",
            "tie_embeddings": _ties(config, path),
            "output_bias": output_bias,
        },
        "src_vocab_size": config["vocab_size"],
        "tgt_vocab_size": config.get("decoder_vocab_size") or config["vocab_size"],
        "src_language": languages[0],
        "tgt_language": languages[1],
        "alignment_layer": max(config["decoder_layers"] - 2, 0),
        "decoding": _decoding(config, generation, special, path),
    }
    names = {f"model.{ours}": theirs for ours, theirs in _SIZES.items()} | {
        "decoding.max_length_extra": "max_length",
        "decoding.beam": "num_beams",
    }
    return checked_config(TranslatorConfig, words, path, "a Marian model", names=names)


def sizes_of(config: TranslatorConfig) -> Model:
    """Take a Marian model's sizes: those of a Transformer.

    Args:
        config: What is to be a Marian model.

    Returns:
        Its sizes.

    Raises:
        ModelError: It is a recurrent network.
    """
    if not isinstance(config.model, Model):
        raise ModelError(
            "a model must be a Transformer for Hugging Face's format to hold it, but this one is "
            f"{config.model.architecture}; use it with manyheads"
        )
    return config.model


def marian_config(config: TranslatorConfig, special: PairSpecials) -> dict[str, Any]:
    """Say what a translator is in Marian's words.

    Args:
        config: Ours.
        special: The special ids of its vocabularies.

    Returns:
        The content of config.json.
    """
    model = sizes_of(config)
    sizes = {theirs: getattr(model, ours) for ours, theirs in _SIZES.items()}
    return {
        "architectures": [_ARCHITECTURE],
        "model_type": "marian",
        **sizes,
        **{theirs: sizes[ours] for ours, theirs in _ONE_FOR_BOTH.items()},
        **{theirs: getattr(model, ours) for ours, (theirs, _) in _SETTINGS.items()},
        **_ONLY,
        "activation_function": {"silu": "swish"}.get(model.activation, model.activation),
        "vocab_size": config.src_vocab_size,
        "decoder_vocab_size": config.tgt_vocab_size,
        "share_encoder_decoder_embeddings": model.tie_embeddings == "all",
        "tie_word_embeddings": model.tie_embeddings != "none",
        "bos_token_id": None,
        **_ids(config, special.tgt),
    }


def marian_generation(config: TranslatorConfig, special: PairSpecials) -> dict[str, Any]:
    """Say how a translator translates in the words of `generate`.

    Args:
        config: Ours.
        special: The special ids of its vocabularies.

    Returns:
        The content of generation_config.json. An output that grows with its source it cannot limit: then the
        limit is the model's own.
    """
    decoding = config.decoding
    longest = config.model.max_length if decoding.max_length_factor else decoding.max_length_extra + 1
    return {
        **_ids(config, special.tgt),
        "bad_words_ids": [[token] for token in special.tgt.barred],
        "num_beams": decoding.beam,
        "length_penalty": decoding.length_penalty,
        "max_length": longest,
        "renormalize_logits": decoding.renormalize,
    }


def _ids(config: TranslatorConfig, special: SpecialIds) -> dict[str, int | None]:
    return {
        "decoder_start_token_id": special.begin,
        "eos_token_id": special.end,
        "pad_token_id": special.begin,
        "forced_eos_token_id": special.end if config.decoding.force_end else None,
    }


def _check_known(config: Mapping[str, Any], path: Path) -> None:
    missing = [key for key in (*_SIZES.values(), "vocab_size") if key not in config]
    if missing:
        raise ModelError(f"{path} must give {', '.join(missing)}; take it again from where it was made")
    named = config.get("architectures") or [_ARCHITECTURE]
    if named[0] != _ARCHITECTURE:
        raise ModelError(f"{path}: architectures must name {_ARCHITECTURE}, and names '{named[0]}'")
    activation = config.get("activation_function", "gelu")
    if activation not in _ACTIVATIONS:
        raise ModelError(
            f"{path}: activation_function must be one of {', '.join(_ACTIVATIONS)}, and is "
            f"{json.dumps(activation)}{suggest(str(activation), _ACTIVATIONS)}"
        )
    for one, other in _ONE_FOR_BOTH.items():
        if config.get(other, config[one]) != config[one]:
            raise ModelError(
                f"{path}: {one} and {other} must be the same, and are {config[one]} and {config[other]}; "
                "a model with two is not supported"
            )
    _check_only(config, _ONLY, path)


def _check_only(config: Mapping[str, Any], only: Mapping[str, Any], path: Path) -> None:
    for key, value in only.items():
        if config.get(key) is not None and config[key] != value:
            raise ModelError(
                f"{path}: {key} must be {json.dumps(value)}, and is {json.dumps(config[key])}; "
                "a model that calculates in this way is not supported, take one without"
            )


def _ties(config: Mapping[str, Any], path: Path) -> str:
    shared = config.get("share_encoder_decoder_embeddings", True)
    tied = config.get("tie_word_embeddings", True)
    if shared and not tied:
        raise ModelError(
            f"{path}: tie_word_embeddings must be true where share_encoder_decoder_embeddings is, and is "
            "false; a model with an output of its own beside one embedding for both sides is not supported"
        )
    return "all" if shared else "output" if tied else "none"


def _decoding(
    config: Mapping[str, Any], generation: Mapping[str, Any] | None, special: PairSpecials, path: Path
) -> dict[str, Any]:
    """Read how the model generates; what the files leave open is as in `generate`, but for the limit: 20."""
    if generation is None:
        # A config.json alone leaves out what is a Marian config's default.
        said, where = {"forced_eos_token_id": special.tgt.end, **config}, path
    else:
        said, where = generation, path.with_name("generation_config.json")
    _check_ids({**config, **said}, special.tgt, where)
    _check_only(said, _ONLY_GENERATED, where)
    longest = said.get("max_length")
    # A decoder begins with one of them; what is no number is told with the other mistakes.
    limit = said.get("max_new_tokens") or (longest - 1 if isinstance(longest, int) else longest)
    return {
        "beam": said.get("num_beams") or 1,
        "length_penalty": said.get("length_penalty", 1.0),
        "force_end": said.get("forced_eos_token_id") is not None,
        "renormalize": bool(said.get("renormalize_logits")),
        **({"max_length_factor": 0.0, "max_length_extra": limit} if limit else {}),
    }


def _check_ids(said: Mapping[str, Any], special: SpecialIds, where: Path) -> None:
    """See that the files mean the same special tokens as the vocabulary; padding is barred in any case."""
    wanted = {
        "eos_token_id": (special.end, "</s>"),
        "forced_eos_token_id": (special.end, "</s>"),
        "decoder_start_token_id": (special.begin, "<pad>"),
    }
    for key, (token, name) in wanted.items():
        if said.get(key) not in (None, token, [token]):
            raise ModelError(
                f"{where}: {key} must be the vocabulary's {name}, {token}, and is {json.dumps(said[key])}; "
                "take all files from the same model"
            )
    barred = [[token] for token in special.barred]
    if said.get("bad_words_ids") not in (None, [], barred):
        raise ModelError(
            f"{where}: bad_words_ids must be {barred}, the vocabulary's <pad>, and is "
            f"{json.dumps(said['bad_words_ids'])}; barring other words is not supported"
        )
