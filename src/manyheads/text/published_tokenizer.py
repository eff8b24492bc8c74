"""Tokenizers as they are published: `tokenizer.json`, or the `vocab.txt` of a BERT and its settings."""

import json
from pathlib import Path
from typing import Any

import tokenizers
from tokenizers import decoders, models, normalizers, pre_tokenizers

from manyheads.errors import ModelError
from manyheads.text.frame import give_bert_frame
from manyheads.text.lines import split_lines
from manyheads.text.special_tokens import ROLES, Named

_BERT_TOKENS = {role: f"[{role[:-6].upper()}]" for role in ROLES}


def read_tokenizer_folder(folder: Path) -> tuple[tokenizers.Tokenizer, Named]:
    """Read the tokenizer of a folder: `tokenizer.json`, else `vocab.txt` as its `tokenizer_config.json` says.

    Args:
        folder: A model's folder.

    Returns:
        The tokenizer, and the special tokens that its other files name.

    Raises:
        ModelError: If neither file is there, or if one is broken.
    """
    config = _read_json(folder / "tokenizer_config.json")
    stated = {**config, **_read_json(folder / "special_tokens_map.json")}
    named = {role: token for role in ROLES if (token := _spelling(stated.get(role)))}
    if (path := folder / "tokenizer.json").is_file():
        return parse_tokenizer(read_text(path), path), named
    if (path := folder / "vocab.txt").is_file():
        return _wordpiece(path, config, {**_BERT_TOKENS, **named}), named
    raise ModelError(
        f"{folder} must hold tokenizer.json, or vocab.txt of a BERT, but has neither; "
        "save the tokenizer with transformers' save_pretrained there"
    )


def read_text(path: Path) -> str:
    """Read a tokenizer's file.

    Args:
        path: The file.

    Returns:
        What stands in it.

    Raises:
        ModelError: If it is missing or not UTF-8.
    """
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"a tokenizer must be a readable UTF-8 file, {path} is not: {error}") from error


def parse_tokenizer(text: str, where: object) -> tokenizers.Tokenizer:
    """Make a tokenizer of its JSON; settings of length that are hidden there are cleared.

    Args:
        text: The whole document.
        where: Its file, for the error.

    Returns:
        The tokenizer.

    Raises:
        ModelError: If the library cannot read it.
    """
    try:
        tokenizer = tokenizers.Tokenizer.from_str(text)
    except Exception as error:  # the library raises bare Exception
        raise ModelError(f"{where} is not a tokenizer of the tokenizers library: {error}") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _wordpiece(path: Path, config: dict[str, Any], tokens: dict[str, str]) -> tokenizers.Tokenizer:
    """Build BERT's tokenizer around a vocabulary; the defaults are those of the published code."""
    vocabulary = {piece: index for index, piece in enumerate(split_lines(read_text(path)))}
    missing = [
        tokens[role] for role in ("unk_token", "cls_token", "sep_token") if tokens[role] not in vocabulary
    ]
    if missing:
        raise ModelError(
            f"{path} must have a line for each special token, but has none for {', '.join(missing)}"
        )
    tokenizer = tokenizers.Tokenizer(models.WordPiece(vocabulary, unk_token=tokens["unk_token"]))
    tokenizer.add_special_tokens([token for token in tokens.values() if token in vocabulary])
    tokenizer.normalizer = normalizers.BertNormalizer(
        lowercase=_switch(config, "do_lower_case", path, default=True),
        strip_accents=_switch(config, "strip_accents", path, default=None),
        handle_chinese_chars=_switch(config, "tokenize_chinese_chars", path, default=True),
    )
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    give_bert_frame(tokenizer, tokens)
    return tokenizer


def _switch(config: dict[str, Any], name: str, path: Path, *, default: bool | None) -> Any:  # noqa: ANN401
    value = config.get(name, default)
    if value is not None and not isinstance(value, bool):
        raise ModelError(
            f"{name} in {path.parent / 'tokenizer_config.json'} must be true or false, got {value!r}"
        )
    return default if value is None else value


def _spelling(token: object) -> str | None:
    content = token.get("content") if isinstance(token, dict) else token
    return content if isinstance(content, str) else None


def _read_json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        document = json.loads(read_text(path))
    except ValueError as error:
        raise ModelError(f"{path} must be JSON, but is not: {error}") from error
    if not isinstance(document, dict):
        raise ModelError(f"{path} must hold a JSON object, but holds {str(document)[:40]}")
    return document
