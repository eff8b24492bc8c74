"""Folders in Hugging Face's format to what ours hold, and back."""

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from torch import Tensor

from manyheads.checkpoint.atomic import files_of, write_folder
from manyheads.checkpoint.config import EncoderConfig, checked_config, read_encoder_config
from manyheads.checkpoint.huggingface_config import huggingface_config, read_encoder_config_of
from manyheads.checkpoint.huggingface_tensors import SAFETENSORS, read_huggingface_tensors
from manyheads.checkpoint.huggingface_weights import as_in_file, own_weights, shapes_of
from manyheads.checkpoint.marian import read_marian, write_marian
from manyheads.checkpoint.names import encoder_names
from manyheads.checkpoint.plain_files import as_json, read_json, read_text
from manyheads.checkpoint.sentence_transformers import (
    SentenceSettings,
    read_sentence_settings,
    sentence_files,
)
from manyheads.checkpoint.stored import StoredModel
from manyheads.checkpoint.tensors import check_weights, tensors_file
from manyheads.errors import ModelError
from manyheads.text.text_tokenizer import TextTokenizer

CONFIG = "config.json"
CARD = "README.md"
TOKENIZER = "tokenizer.json"
TOKENIZER_CONFIG = "tokenizer_config.json"


def is_huggingface(config: Mapping[str, Any]) -> bool:
    """Tell whose format a folder has.

    Args:
        config: The content of its config.json.

    Returns:
        Whether it is Hugging Face's.
    """
    return config.get("format") != "manyheads" and bool({"model_type", "architectures"} & config.keys())


def read_huggingface(folder: Path) -> StoredModel:
    """Read a folder in Hugging Face's format, sentence-transformers' settings too.

    Args:
        folder: The folder.

    Returns:
        The same model in our words.

    Raises:
        ModelError: It holds what we lack, or lacks what the model needs; all of that is named.
    """
    files = files_of(folder)
    content = read_json(files[CONFIG])
    if content.get("model_type") == "marian":
        return read_marian(folder, content)
    settings = read_sentence_settings(folder)
    if settings:  # whatever the encoder was trained for before
        content = {**content, "architectures": None}
    config = read_encoder_config_of(content, folder / CONFIG)
    tensors = read_huggingface_tensors(folder)
    config = _with_settings(as_in_file(config, tensors), settings, folder)
    tokenizer = TextTokenizer.from_folder(folder)
    if settings and settings.lowercase:
        tokenizer = _lowercased(tokenizer)
    if tokenizer.vocab_size > config.vocab_size:
        raise ModelError(
            f"the tokenizer in {folder} must fit the {config.vocab_size} tokens of config.json's vocab_size, "
            f"but has {tokenizer.vocab_size}; take both from the same model"
        )
    return StoredModel(
        config=config.model_dump(mode="json"),
        weights=own_weights(config, tensors, folder),
        tokenizers={"text": tokenizer},
        card=read_text(files[CARD]) if CARD in files else "",
    )


def write_huggingface(stored: StoredModel, folder: Path) -> None:
    """Write a model so that transformers and, where it embeds, sentence-transformers load it.

    A part for which its family has no words or names is a `ModelError`; so is a translator that is no Marian
    model.

    Args:
        stored: What a model folder of ours holds.
        folder: Where it shall stand; it must not exist.
    """
    if stored.config.get("task") == "translation":
        write_marian(stored, folder)
    else:
        _write_encoder(stored, folder)


def _write_encoder(stored: StoredModel, folder: Path) -> None:
    config = read_encoder_config(dict(stored.config), folder)
    content = huggingface_config(config)
    check_weights(shapes_of(config), stored.weights, folder)
    names = encoder_names(config)
    weights = {names[name]: tensor for name, tensor in stored.weights.items()}
    tokenizer: TextTokenizer = stored.tokenizers["text"]
    files = {
        CONFIG: as_json(content),
        TOKENIZER: tokenizer.to_json().encode(),
        TOKENIZER_CONFIG: as_json(_tokenizer_config(tokenizer, config)),
        **(sentence_files(config) if config.task == "embedding" else {}),
        **({CARD: stored.card.encode()} if stored.card else {}),
    }
    needs = sum(map(len, files.values())) + sum(tensor.nbytes for tensor in weights.values())
    write_folder(folder, partial(_fill_folder, files=files, weights=weights), needs=needs)


def _fill_folder(folder: Path, files: Mapping[str, bytes], weights: Mapping[str, Tensor]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    tensors_file(weights, metadata={"format": "pt"})(folder / SAFETENSORS)


def _with_settings(config: EncoderConfig, settings: SentenceSettings | None, folder: Path) -> EncoderConfig:
    words = config.model_dump(mode="json")
    path = folder / TOKENIZER_CONFIG
    limit = read_json(path).get("model_max_length") if path.is_file() else None
    if settings:
        words |= {"pooling": settings.pooling, "normalize": settings.normalize, "prompt": settings.prompt}
        limit = settings.max_tokens or limit
    # Where there is no limit, transformers writes a number with thirty digits.
    if isinstance(limit, int | float) and limit < config.model.max_length:
        words["max_tokens"] = int(limit)
    return checked_config(EncoderConfig, words, folder / CONFIG, f"a {config.family} model")


def _lowercased(tokenizer: TextTokenizer) -> TextTokenizer:
    """Lower-case texts before the tokenizer's own normalization, as sentence-transformers does."""
    content = json.loads(tokenizer.to_json())
    own = content.get("normalizer")
    steps = own["normalizers"] if own and own["type"] == "Sequence" else [own] if own else []
    if any(step["type"] == "Lowercase" or step.get("lowercase") is True for step in steps):
        return tokenizer
    content["normalizer"] = {"type": "Sequence", "normalizers": [{"type": "Lowercase"}, *steps]}
    return TextTokenizer.from_json(json.dumps(content, ensure_ascii=False))


def _tokenizer_config(tokenizer: TextTokenizer, config: EncoderConfig) -> dict[str, Any]:
    """Name the tokenizer's special tokens; everything else is in tokenizer.json."""
    frame = tokenizer.frame(pair=False)
    text = next(place for place, slot in enumerate(frame) if slot.side is not None)
    before, after = (
        [slot.token_id for slot in part if slot.token_id is not None] for part in (frame[:text], frame[text:])
    )
    ids = {
        "cls_token": before[0] if before else None,
        "sep_token": after[0] if after else None,
        "pad_token": tokenizer.pad_id,
        "unk_token": tokenizer.unk_id,
        "mask_token": tokenizer.mask_id,
    }
    segments = ["token_type_ids"] if config.model.num_segments else []
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": config.max_tokens or config.model.max_length,
        "model_input_names": ["input_ids", *segments, "attention_mask"],
        **{role: tokenizer.token(token_id) for role, token_id in ids.items() if token_id is not None},
    }
