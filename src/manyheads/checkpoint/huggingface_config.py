"""Hugging Face's config.json to ours and back: every setting that changes a result is read or refused."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from manyheads.checkpoint.config import EncoderConfig, checked_config
from manyheads.checkpoint.families import ACTIVATIONS, FAMILIES, ONLY, REQUIRED, TASKS, Family
from manyheads.errors import ModelError, suggest

PROBLEMS = ("regression", "single_label_classification", "multi_label_classification")


def read_encoder_config_of(config: Mapping[str, Any], path: Path) -> EncoderConfig:
    """Translate a config of BERT or a relative.

    Args:
        config: The content of config.json.
        path: That file, for errors.

    Returns:
        The config in our words, as its architecture has all parts.

    Raises:
        ModelError: The model type, the architecture, the activation or a setting that changes the calculation
            is not supported; or a size is missing or makes no sense.
    """
    family = _family(config, path)
    task = _task(config, family, path)
    _check_settings(config, path, masked=task == "masked")
    labels = _labels(config, path) if task in {"classification", "tagging"} else ()
    task = _with_regression(task, config, labels, path)
    next_sentence = _architecture(config, family).endswith("ForPreTraining")
    reads_pooler = task in {"classification", "regression"} or next_sentence
    has_pooler = reads_pooler or (task == "embedding" and family.has_pooler)
    words = {
        "task": task,
        "family": config["model_type"],
        "model": _sizes(config, family, path) | {"pooler": family.pooler if has_pooler else "none"},
        "vocab_size": _value(config, "vocab_size", REQUIRED, path),
        "labels": () if task == "regression" else labels,
        "several_labels": config.get("problem_type") == "multi_label_classification"
        and task == "classification",
        "next_sentence": next_sentence,
    }
    names = {f"model.{size}": key for size, (key, _) in family.keys.items()}
    return checked_config(EncoderConfig, words, path, f"a {config['model_type']} model", names=names)


def huggingface_config(config: EncoderConfig) -> dict[str, Any]:
    """Translate our config for transformers.

    Args:
        config: Ours.

    Returns:
        The content of config.json.

    Raises:
        ModelError: The family has no words for the model's sizes.
    """
    family = FAMILIES[config.family]
    _check_family(config, family)
    sizes = {
        key: getattr(config.model, size) for size, (key, _) in family.keys.items() if size != "activation"
    }
    theirs = {ours: name for name, ours in ACTIVATIONS.items()}
    words = {
        "architectures": [architecture_of(config)],
        "model_type": config.family,
        "vocab_size": config.vocab_size,
        **sizes,
        family.keys["activation"][0]: theirs[config.model.activation],
        "max_position_embeddings": config.model.first_position + config.model.max_length,
    }
    if family.counts_from_padding:
        words["pad_token_id"] = config.model.first_position - 1
    return words | _label_words(config)


def architecture_of(config: EncoderConfig) -> str:
    """Name the class of transformers that a config describes.

    Args:
        config: Ours.

    Returns:
        For instance `BertForMaskedLM`.
    """
    task = "classification" if config.task == "regression" else config.task
    suffixes = {suffix for suffix, named in TASKS.items() if named == task}
    if task == "masked":
        suffixes = {"ForPreTraining" if config.next_sentence else "ForMaskedLM"}
    return FAMILIES[config.family].class_name + suffixes.pop()


def _family(config: Mapping[str, Any], path: Path) -> Family:
    kind = config.get("model_type")
    if not isinstance(kind, str) or kind not in FAMILIES:
        known = [*FAMILIES, "marian"]
        raise ModelError(
            f"{path}: model_type must be one of {', '.join(known)}, and is {json.dumps(kind)}"
            f"{suggest(str(kind), known) or '; take a model of one of these'}"
        )
    return FAMILIES[kind]


def _architecture(config: Mapping[str, Any], family: Family) -> str:
    """Take the first architecture; without one it is the encoder alone, as transformers does it."""
    named = config.get("architectures") or [f"{family.class_name}Model"]
    return str(named[0] if isinstance(named, list) else named)


def _task(config: Mapping[str, Any], family: Family, path: Path) -> str:
    name = _architecture(config, family)
    for each in FAMILIES.values():
        task = TASKS.get(name.removeprefix(each.class_name))
        if task and name.startswith(each.class_name):
            return task
    known = [family.class_name + suffix for suffix in TASKS]
    raise ModelError(
        f"{path}: architectures must name one of {', '.join(known)}, and names '{name}'"
        f"{suggest(name, known) or '; take a model of one of these'}"
    )


def _check_settings(config: Mapping[str, Any], path: Path, *, masked: bool) -> None:
    only = ONLY | ({"tie_word_embeddings": True} if masked else {})
    for key, value in only.items():
        if config.get(key) not in (None, value):
            raise ModelError(
                f"{path}: {key} must be {json.dumps(value)}, and is {json.dumps(config[key])}; "
                "a model that calculates in this way is not supported, take one without"
            )


def _sizes(config: Mapping[str, Any], family: Family, path: Path) -> dict[str, Any]:
    sizes = dict(family.fixed) | {
        size: _value(config, key, default, path) for size, (key, default) in family.keys.items()
    }
    activation, key = sizes["activation"], family.keys["activation"][0]
    if not isinstance(activation, str) or activation not in ACTIVATIONS:
        raise ModelError(
            f"{path}: {key} must be one of {', '.join(ACTIVATIONS)}, and is {json.dumps(activation)}"
            f"{suggest(str(activation), ACTIVATIONS) or '; take a model with one of these'}"
        )
    sizes["activation"] = ACTIVATIONS[activation]
    if family.counts_from_padding:
        first = 1 + _row(config, "pad_token_id", 1, path)
        rows = _row(config, family.keys["max_length"][0], REQUIRED, path)
        sizes |= {"first_position": first, "max_length": rows - first}
    return sizes


def _value(config: Mapping[str, Any], key: str, default: object, path: Path) -> Any:  # noqa: ANN401
    value = config.get(key, default)
    if value is REQUIRED:
        near = suggest(key, config)
        raise ModelError(
            f"{path} must say {key}, and does not{near or '; take it from where the model was made'}"
        )
    return value


def _row(config: Mapping[str, Any], key: str, default: object, path: Path) -> int:
    number = _value(config, key, default, path)
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise ModelError(
            f"{path}: {key} must be a whole number from 0 on, and is {json.dumps(number)}; "
            "it says where positions are in their table"
        )
    return number


def _labels(config: Mapping[str, Any], path: Path) -> tuple[str, ...]:
    """Read the labels' names in the order of their numbers; transformers has two where none are named."""
    count = config.get("num_labels", 2)
    unnamed = {str(number): f"LABEL_{number}" for number in range(count if isinstance(count, int) else 0)}
    named = config.get("id2label") or unnamed
    if not isinstance(named, dict) or set(named) != {str(number) for number in range(len(named))}:
        raise ModelError(
            f"{path}: id2label must name each label by its number, from 0 without a gap, and is "
            f"{json.dumps(named, ensure_ascii=False)[:99]}; mend it there"
        )
    return tuple(str(named[str(number)]) for number in range(len(named)))


def _with_regression(task: str, config: Mapping[str, Any], labels: tuple[str, ...], path: Path) -> str:
    """Tell regression from classification as transformers does: by the problem's type, or a single label."""
    problem = config.get("problem_type")
    if problem is not None and problem not in PROBLEMS:
        raise ModelError(
            f"{path}: problem_type must be one of {', '.join(PROBLEMS)} or null, and is {json.dumps(problem)}"
            f"{suggest(str(problem), PROBLEMS) or '; mend it there'}"
        )
    if task != "classification" or not (problem == "regression" or (problem is None and len(labels) == 1)):
        return task
    if len(labels) != 1:
        raise ModelError(
            f"{path}: a regression must give one number, and gives {len(labels)} (id2label); "
            "take a model that gives one"
        )
    return "regression"


def _check_family(config: EncoderConfig, family: Family) -> None:
    is_one = f"a {config.family} model in Hugging Face's format must have"
    for size, value in family.fixed.items():
        if (given := getattr(config.model, size)) != value:
            raise ModelError(
                f"{is_one} model.{size} {json.dumps(value)}, and this one has {json.dumps(given)}; "
                "keep it in our format"
            )
    for size in ("num_segments", "embedding_width", "first_position"):
        if size not in family.fixed and not getattr(config.model, size):
            raise ModelError(f"{is_one} a model.{size}, and this one has none; keep it in our format")
    allowed = ["none"]
    if family.has_pooler or config.task in {"classification", "regression"}:
        allowed.append(family.pooler)
    if config.model.pooler not in allowed:
        raise ModelError(
            f"{is_one} model.pooler {' or '.join(allowed)}, and this one has {config.model.pooler}; "
            "keep it in our format"
        )


def _label_words(config: EncoderConfig) -> dict[str, Any]:
    if config.task == "regression":
        return {"problem_type": "regression", "id2label": {"0": "LABEL_0"}, "label2id": {"LABEL_0": 0}}
    words: dict[str, Any] = {}
    if config.labels:
        words["id2label"] = {str(number): label for number, label in enumerate(config.labels)}
        words["label2id"] = {label: number for number, label in enumerate(config.labels)}
    if config.task == "classification":
        kind = "multi_label_classification" if config.several_labels else "single_label_classification"
        words["problem_type"] = kind
    return words
