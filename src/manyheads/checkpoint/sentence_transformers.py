"""What sentence-transformers keeps beside an encoder: pooling, norm, length, lower case and prompts.

Its files have had several forms: all are read, and the oldest is written, which every version of it reads.
What we lack is refused by name: a vector that is a little wrong looks like any other.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from manyheads.checkpoint.config import EncoderConfig
from manyheads.checkpoint.plain_files import as_json, read_any_json, read_json
from manyheads.errors import ModelError

MODULES = "modules.json"
SETTINGS = "config_sentence_transformers.json"
LENGTH = "sentence_bert_config.json"
POOLING = "1_Pooling/config.json"

_POOLINGS = {"cls": "cls", "mean": "mean", "max": "max"}
# Six versions long each mode had a key of its own; the modes that we lack are here to be refused by name.
_OLD_KEYS = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}
_ORDERS = (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"])
_NORMALIZED = {"module_input_name": "sentence_embedding", "module_output_name": "sentence_embedding"}
_PROMPT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceSettings:
    """How a folder of sentence-transformers makes a vector of a text.

    Attributes:
        pooling: `cls`, `mean` or `max`.
        normalize: Whether the vector is brought to length one.
        max_tokens: Where texts are cut, special tokens included; None where nothing is said.
        lowercase: Whether texts are lower-cased, whatever the tokenizer does.
        prompt: What is put before every text.
    """

    pooling: str
    normalize: bool
    max_tokens: int | None
    lowercase: bool
    prompt: str


def read_sentence_settings(folder: Path) -> SentenceSettings | None:
    """Read what sentence-transformers keeps.

    Args:
        folder: A model's folder.

    Returns:
        The settings; None where the folder is not from sentence-transformers, or holds its cross-encoder,
        which is an ordinary classifier.

    Raises:
        ModelError: It has a module, a kind of pooling or a setting that we lack.
    """
    if not (folder / MODULES).is_file():
        return None
    settings = _json_or_nothing(folder / SETTINGS)
    kind = settings.get("model_type", "SentenceTransformer")
    if kind == "CrossEncoder":
        return None
    if kind != "SentenceTransformer":
        raise ModelError(
            f"{folder / SETTINGS}: model_type must be SentenceTransformer or CrossEncoder, "
            f"and is {json.dumps(kind)}; a model of that kind is not supported"
        )
    modules = _modules(folder / MODULES)
    length = _json_or_nothing(folder / LENGTH)
    _check_only(folder / LENGTH, length, {"transformer_task": "feature-extraction"})
    if len(modules) > 2:
        path = folder / str(modules[2].get("path")) / "config.json"
        _check_only(path, _json_or_nothing(path), _NORMALIZED)
    prompt = _prompt(folder / SETTINGS, settings)
    return SentenceSettings(
        pooling=_pooling(folder / str(modules[1].get("path")) / "config.json", prompt),
        normalize=len(modules) > 2,
        max_tokens=_max_tokens(folder / LENGTH, length),
        lowercase=length.get("do_lower_case") is True,
        prompt=prompt,
    )


def sentence_files(config: EncoderConfig) -> dict[str, bytes]:
    """Write what sentence-transformers needs beside the encoder.

    Args:
        config: An encoder's whose task is embedding.

    Returns:
        Files by their paths in the folder.
    """
    names = ["Transformer", "Pooling", *(["Normalize"] if config.normalize else [])]
    modules = [
        {
            "idx": index,
            "name": str(index),
            "path": f"{index}_{name}" if index else "",
            "type": f"sentence_transformers.models.{name}",
        }
        for index, name in enumerate(names)
    ]
    pooling: dict[str, Any] = {"word_embedding_dimension": config.model.d_model}
    pooling |= {key: mode == config.pooling for key, mode in _OLD_KEYS.items() if mode in _POOLINGS}
    settings = {
        "prompts": {_PROMPT: config.prompt} if config.prompt else {},
        "default_prompt_name": _PROMPT if config.prompt else None,
    }
    length = {"max_seq_length": config.max_tokens or config.model.max_length, "do_lower_case": False}
    return {
        MODULES: as_json(modules),
        POOLING: as_json(pooling),
        SETTINGS: as_json(settings),
        LENGTH: as_json(length),
    }


def _json_or_nothing(path: Path) -> dict[str, Any]:
    return read_json(path) if path.is_file() else {}


def _modules(path: Path) -> Sequence[Mapping[str, Any]]:
    modules = read_any_json(path)
    if not isinstance(modules, list) or not all(isinstance(module, dict) for module in modules):
        raise ModelError(f"{path} must hold a list of modules; take it again from where it was made")
    types = [str(module.get("type")) for module in modules]
    names = [kind.rpartition(".")[2] if kind.startswith("sentence_transformers.") else kind for kind in types]
    if names not in _ORDERS:
        strange = [name for name in names if name not in _ORDERS[1]]
        what = f"has the module {strange[0]}" if strange else f"has {', '.join(names) or 'none'}"
        raise ModelError(
            f"{path} must name the modules Transformer, Pooling and perhaps Normalize, but {what}; "
            "vectors cannot be made the same way without it"
        )
    if modules[0].get("path"):
        raise ModelError(
            f"{path} must have its Transformer in the folder itself, but has it in '{modules[0]['path']}'; "
            "load and save it with today's sentence-transformers"
        )
    for module in modules:
        if set(Path(str(module.get("path"))).parts) & {"..", "/"}:
            raise ModelError(f"{path}: a module's path must stay in the folder, and is '{module['path']}'")
    return modules


def _pooling(path: Path, prompt: str) -> str:
    config = read_json(path)
    if prompt:
        _check_only(path, config, {"include_prompt": True})
    given = config.get("pooling_mode", [mode for key, mode in _OLD_KEYS.items() if config.get(key)])
    modes = [given] if isinstance(given, str) else list(given) or ["mean"]
    if len(modes) > 1:
        raise ModelError(
            f"{path} must name one way of pooling, but names {', '.join(modes)}; "
            "vectors of several joined together are not supported"
        )
    if modes[0] not in _POOLINGS:
        raise ModelError(
            f"{path}: pooling must be one of {', '.join(_POOLINGS)}, and is {modes[0]}; "
            "vectors cannot be made the same way without it"
        )
    return modes[0]


def _max_tokens(path: Path, length: Mapping[str, Any]) -> int | None:
    given = length.get("max_seq_length")
    if given is not None and (not isinstance(given, int) or isinstance(given, bool) or given < 1):
        raise ModelError(
            f"{path}: max_seq_length must be a whole number above 0, and is {json.dumps(given)}; "
            "mend it there"
        )
    return given


def _prompt(path: Path, settings: Mapping[str, Any]) -> str:
    name, prompts = settings.get("default_prompt_name"), settings.get("prompts") or {}
    if name is None:
        return ""
    if name not in prompts:
        known = ", ".join(prompts) or "none"
        raise ModelError(
            f"{path}: default_prompt_name must be one of the prompts ({known}), and is {json.dumps(name)}; "
            "mend it there"
        )
    return str(prompts[name] or "")


def _check_only(path: Path, config: Mapping[str, Any], only: Mapping[str, object]) -> None:
    for key, value in only.items():
        if config.get(key, value) != value:
            raise ModelError(
                f"{path}: {key} must be {json.dumps(value)}, and is {json.dumps(config[key])}; "
                "vectors cannot be made the same way without it"
            )
