"""Folders of `transformers`' MarianMTModel (OPUS-MT) to what our model folders hold, and back."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from manyheads.checkpoint.atomic import files_of, write_folder
from manyheads.checkpoint.config import TranslatorConfig, read_translator_config
from manyheads.checkpoint.huggingface_tensors import SAFETENSORS, read_huggingface_tensors
from manyheads.checkpoint.marian_config import (
    marian_config,
    marian_generation,
    read_marian_config,
    sizes_of,
)
from manyheads.checkpoint.marian_names import POSITIONS, copies, translator_names
from manyheads.checkpoint.parameters import parameters_of
from manyheads.checkpoint.plain_files import as_json, read_json, read_text
from manyheads.checkpoint.stored import StoredModel
from manyheads.checkpoint.tensors import check_weights, tensors_file
from manyheads.errors import ModelError
from manyheads.model.build import build_transformer
from manyheads.model.undrawn import Undrawn
from manyheads.text.marian import MarianTokenizer, marian_files, read_marian_tokenizers
from manyheads.text.subwords import PairSpecials

_CONFIG, _GENERATION, _TOKENIZER_CONFIG = "config.json", "generation_config.json", "tokenizer_config.json"
_CARD = "README.md"
_BIAS = "final_logits_bias"


def read_marian(folder: Path, config: Mapping[str, Any]) -> StoredModel:
    """Read a Marian model.

    Args:
        folder: The folder.
        config: The content of its config.json.

    Returns:
        The same model in our words.

    Raises:
        ModelError: It holds what we lack, or lacks what the model needs; what that is is named.
    """
    files = files_of(folder)
    src, tgt = read_marian_tokenizers(files)
    tensors = read_huggingface_tensors(folder)
    said = read_json(files[_TOKENIZER_CONFIG]) if _TOKENIZER_CONFIG in files else {}
    ours = read_marian_config(
        config,
        read_json(files[_GENERATION]) if _GENERATION in files else None,
        PairSpecials(src.special, tgt.special),
        folder / _CONFIG,
        output_bias=_BIAS in tensors,
        languages=(said.get("source_lang"), said.get("target_lang")),
    )
    return StoredModel(
        config=ours.model_dump(mode="json"),
        weights=_own_weights(ours, tensors, folder),
        tokenizers={"src": src, "tgt": tgt},
        card=read_text(files[_CARD]) if _CARD in files else "",
    )


def write_marian(stored: StoredModel, folder: Path) -> None:
    """Write a translator so that `transformers` loads it as MarianMTModel and MarianTokenizer.

    Args:
        stored: What a model folder of ours holds.
        folder: Where it shall stand; it must not exist.

    Raises:
        ModelError: It calculates, or cuts its texts, as no Marian model does.
    """
    config = read_translator_config(dict(stored.config), folder)
    _check_writable(config, folder)
    check_weights(_shapes(config), stored.weights, folder)
    src: MarianTokenizer = stored.tokenizers["src"]
    tgt: MarianTokenizer = stored.tokenizers["tgt"]
    special = PairSpecials(src.special, tgt.special)
    files = {
        **marian_files(src, tgt),
        _CONFIG: as_json(marian_config(config, special)),
        _GENERATION: as_json(marian_generation(config, special)),
        _TOKENIZER_CONFIG: as_json(_tokenizer_config(config, src, tgt)),
        **({_CARD: stored.card.encode()} if stored.card else {}),
    }
    names = translator_names(sizes_of(config))
    weights = {names[name]: tensor for name, tensor in stored.weights.items()}
    if _BIAS in weights:
        weights[_BIAS] = weights[_BIAS][None]
    needs = sum(map(len, files.values())) + sum(tensor.nbytes for tensor in weights.values())
    write_folder(folder, partial(_fill, files=files, weights=weights), needs=needs)


def _fill(folder: Path, files: Mapping[str, bytes], weights: Mapping[str, Tensor]) -> None:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    tensors_file(weights, metadata={"format": "pt"})(folder / SAFETENSORS)


def _own_weights(config: TranslatorConfig, tensors: Mapping[str, Tensor], folder: Path) -> dict[str, Tensor]:
    given = {name: tensor for name, tensor in tensors.items() if name not in POSITIONS}
    for copy, original in copies(sizes_of(config)).items():
        if copy in given and not torch.equal(given.setdefault(original, given[copy]), given.pop(copy)):
            raise ModelError(
                f"the weights in {folder} must have '{copy}' equal to '{original}', as config.json says, and "
                "have another; take config.json and the weights from the same model"
            )
    names = translator_names(sizes_of(config))
    shapes = {names[name]: shape for name, shape in _shapes(config).items()}
    if _BIAS in shapes:
        shapes[_BIAS] = (1, *shapes[_BIAS])
    check_weights(shapes, given, folder)
    return {
        ours: given[theirs].squeeze(0) if theirs == _BIAS else given[theirs] for ours, theirs in names.items()
    }


def _shapes(config: TranslatorConfig) -> dict[str, tuple[int, ...]]:
    with Undrawn():
        network = build_transformer(
            sizes_of(config), src_vocab_size=config.src_vocab_size, tgt_vocab_size=config.tgt_vocab_size
        )
    return {name: tuple(tensor.shape) for name, tensor in parameters_of(network).items()}


def _check_writable(config: TranslatorConfig, folder: Path) -> None:
    fixed, sizes = (
        {"positions": "sinusoidal_halves", "norm_first": False, "share_layers": False},
        sizes_of(config),
    )
    differing = [
        f"model.{key} must be {value}, and is {getattr(sizes, key)}"
        for key, value in fixed.items()
        if getattr(sizes, key) != value
    ]
    if config.tokenizer != "marian":
        differing.insert(0, f"tokenizer must be marian, and is {config.tokenizer}")
    if differing:
        raise ModelError(
            f"{folder} cannot become a Marian model of transformers: {'; '.join(differing)}; what came from "
            "such a model, and what was trained on from one, can"
        )


def _tokenizer_config(config: TranslatorConfig, src: MarianTokenizer, tgt: MarianTokenizer) -> dict[str, Any]:
    return {
        "tokenizer_class": "MarianTokenizer",
        "source_lang": config.src_language,
        "target_lang": config.tgt_language,
        "model_max_length": config.model.max_length,
        "separate_vocabs": src.vocabulary != tgt.vocabulary,
    }
