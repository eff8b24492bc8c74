"""A model folder: what it holds, how it is written, and what is told about one that cannot be read.

Nothing that stands in a folder is ever executed: weights are safetensors, everything else is JSON or text.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from manyheads.checkpoint.atomic import files_of, replace_files
from manyheads.checkpoint.huggingface import is_huggingface, read_huggingface
from manyheads.checkpoint.plain_files import as_json, read_json, read_text
from manyheads.checkpoint.stored import StoredModel
from manyheads.checkpoint.tensors import check_weights, load_tensors, save_tensors, tensors_file
from manyheads.errors import ModelError, suggest
from manyheads.text.marian import (
    MARIAN_FILES,
    SOURCE,
    TARGET,
    TARGET_VOCABULARY,
    VOCABULARY,
    marian_files,
    read_marian_tokenizers,
)
from manyheads.text.text_tokenizer import TextTokenizer
from manyheads.text.tokenizer import Tokenizer

__all__ = ["StoredModel", "check_weights", "load_model", "load_tensors", "save_model", "save_tensors"]

FORMAT_VERSION = 1
"""Raised by one when a folder that this version writes could be misread by the version before."""

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
CARD = "README.md"
TOKENIZERS = {
    "shared": "tokenizer.json",
    "text": "tokenizer.json",
    "src": "tokenizer.src.json",
    "tgt": "tokenizer.tgt.json",
}
_ENCODER_TASKS = {"embedding", "masked", "classification", "regression", "tagging"}

_FORMAT = {"format": "manyheads", "format_version": FORMAT_VERSION}
_TOKENIZER_SETS = ({"shared"}, {"src", "tgt"}, {"text"})
_HOLDS = (
    f"a model folder holds {CONFIG}, {WEIGHTS} and {TOKENIZERS['shared']} "
    f"(or {TOKENIZERS['src']} and {TOKENIZERS['tgt']})"
)
_TOKENIZER_FILES = {*TOKENIZERS.values(), *MARIAN_FILES}
_LAYOUTS = (
    {TOKENIZERS["shared"]},
    {TOKENIZERS["src"], TOKENIZERS["tgt"]},
    {SOURCE, TARGET, VOCABULARY},
)
"""The tokenizers' files of the kinds of model; where there is none at all, the first is the usual one."""
_OWN_FILES = {CONFIG, WEIGHTS, CARD, *_TOKENIZER_FILES}
_LARGEST_EXTRA = 16 * 1024 * 1024


def save_model(folder: Path, stored: StoredModel) -> None:
    """Write a model folder, whole or not at all; in a folder that exists, files of other names stay.

    Parts that make no model folder, or would mix with those of another one, are a `ModelError`; a disk that
    does not take them is a `RunError`. What was there before is then unchanged.

    Args:
        folder: Where it shall stand.
        stored: What to write.
    """
    _check_parts(folder, stored)
    config = {**_FORMAT, **stored.config, **_FORMAT}
    texts = {
        **stored.extra,
        **tokenizer_files(stored),
        CARD: stored.card.encode(),
        CONFIG: as_json(config),
    }
    needs = sum(map(len, texts.values())) + sum(tensor.nbytes for tensor in stored.weights.values())
    replace_files(folder, {**texts, WEIGHTS: tensors_file(stored.weights)}, needs=needs)


def load_model(folder: Path) -> StoredModel:
    """Read a model folder, ours or Hugging Face's; the weights stay mapped to their file.

    A folder that is no model, or of which a part is damaged, is a `ModelError`.

    Args:
        folder: The folder to read. Its extra files are read too, but for those above 16 MiB.

    Returns:
        What `save_model` was given, and the two keys of config.json that name the format; the same of a model
        in Hugging Face's format, in our words.

    Raises:
        ModelError: If the system does not let it be read.
    """
    try:
        _check_is_folder(folder)
        return read_huggingface(folder) if _is_foreign(folder) else _load(_checked_files(folder))
    except OSError as error:
        reason = error.strerror or str(error)
        raise ModelError(f"{folder} cannot be read: {reason} ({error.filename}); mend that") from error


def _check_parts(folder: Path, stored: StoredModel) -> None:
    """Refuse what `load_model` would not give back."""
    if set(stored.tokenizers) not in _TOKENIZER_SETS:
        given = ", ".join(sorted(stored.tokenizers)) or "none"
        raise ModelError(
            f"a model has the tokenizer 'shared' or 'text', or 'src' and 'tgt'; it was given {given}"
        )
    for name in stored.extra:
        if not name or name in _OWN_FILES or name.startswith(".") or Path(name).name != name:
            raise ModelError(
                f"an extra file of a model folder needs a plain name of its own, '{name}' is none"
            )
    if folder.exists() and not folder.is_dir():
        raise ModelError(f"{folder} is a file, and a model is written into a folder; give another place")
    for name in sorted(_TOKENIZER_FILES - tokenizer_files(stored).keys()):
        if name in files_of(folder):
            raise ModelError(
                f"{folder} holds another kind of model ({name} has no place in this one); give another folder"
            )


def _is_marian(config: Mapping[str, Any]) -> bool:
    return config.get("tokenizer") == "marian"


def tokenizer_files(stored: StoredModel) -> dict[str, bytes]:
    """Write a model's tokenizers as files.

    Args:
        stored: The model.

    Returns:
        The content of each file.
    """
    if _is_marian(stored.config):
        return marian_files(stored.tokenizers["src"], stored.tokenizers["tgt"])
    return {TOKENIZERS[key]: tokenizer.to_json().encode() for key, tokenizer in stored.tokenizers.items()}


def _check_is_folder(folder: Path) -> None:
    if not folder.exists():
        siblings = (path.name for path in folder.absolute().parent.glob("*") if path.is_dir())
        hint = suggest(folder.name, siblings)
        raise ModelError(f"there is no model folder {folder}{hint or '; give the path of one'}")
    if not folder.is_dir():
        raise ModelError(f"{folder} is a file, and a model is a folder; {_HOLDS}")


def _is_foreign(folder: Path) -> bool:
    """See whether a folder is in Hugging Face's format; a config that cannot be read is told elsewhere."""
    config = files_of(folder).get(CONFIG)
    try:
        return config is not None and is_huggingface(read_json(config))
    except ModelError:
        return False


def _checked_files(folder: Path) -> dict[str, Path]:
    """Find the files of a folder, once they are known to make a model."""
    files = files_of(folder)
    kinds = _TOKENIZER_FILES & files.keys()
    wanted = max(_LAYOUTS, key=lambda layout: len(layout & kinds))
    missing = [name for name in (CONFIG, WEIGHTS, *sorted(wanted)) if name not in files]
    if missing:
        raise ModelError(f"{folder} is no whole model folder, it has no {' and no '.join(missing)}; {_HOLDS}")
    if kinds - {TARGET_VOCABULARY} != wanted:
        both = " and ".join(sorted(kinds))
        raise ModelError(f"{folder} holds {both}; keep the tokenizers that belong to its model alone")
    return files


def _load(files: Mapping[str, Path]) -> StoredModel:
    config = _load_config(files[CONFIG])
    return StoredModel(
        config=config,
        weights=load_tensors(files[WEIGHTS]),
        tokenizers=_load_tokenizers(files, config),
        card=read_text(files[CARD]) if CARD in files else "",
        extra={name: path.read_bytes() for name, path in files.items() if _is_extra(path)},
    )


def _load_tokenizers(files: Mapping[str, Path], config: Mapping[str, Any]) -> dict[str, Any]:
    if config.get("task") in _ENCODER_TASKS:
        return {"text": TextTokenizer.load(files[TOKENIZERS["text"]])}
    if _is_marian(config):
        src, tgt = read_marian_tokenizers(files)
        return {"src": src, "tgt": tgt}
    keys = [key for key in ("shared", "src", "tgt") if TOKENIZERS[key] in files]
    return {key: Tokenizer.load(files[TOKENIZERS[key]]) for key in keys}


def _load_config(path: Path) -> dict[str, Any]:
    config = read_json(path)
    if config.get("format") != _FORMAT["format"]:
        raise ModelError(
            f'{path} must say "format": "manyheads", and says {json.dumps(config.get("format"))}; '
            "give a folder that manyheads wrote"
        )
    version = config.get("format_version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise ModelError(
            f"{path}: format_version must be a whole number from 1 on, and is {json.dumps(version)}"
        )
    if version > FORMAT_VERSION:
        raise ModelError(
            f"{path} was written by a newer manyheads (format_version {version}, this one reads up to "
            f"{FORMAT_VERSION}); update with pip install --upgrade manyheads"
        )
    return config


def _is_extra(path: Path) -> bool:
    own = path.name in _OWN_FILES or path.name.startswith(".")
    return not own and path.stat().st_size <= _LARGEST_EXTRA
