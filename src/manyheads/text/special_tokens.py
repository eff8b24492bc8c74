"""Special tokens: what each is for, and how a text is kept from forging one."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import tokenizers
from tokenizers import pre_tokenizers

ROLES = ("cls_token", "sep_token", "mask_token", "pad_token", "unk_token")
"""What special tokens are for, by the names that published files give these roles."""

_SPELLINGS = {
    "cls_token": re.compile(r"\[CLS\]|<s>"),
    "sep_token": re.compile(r"\[SEP\]|</s>"),
    "mask_token": re.compile(r"[\W_]+mask[\W_]+", re.IGNORECASE),
    "pad_token": re.compile(r"[\W_]+pad[\W_]+", re.IGNORECASE),
    "unk_token": re.compile(r"[\W_]+unk[\W_]+", re.IGNORECASE),
}
Named = Mapping[str, str]
"""Special tokens by role, as far as they are known."""


def settle(tokenizer: tokenizers.Tokenizer, named: Named) -> tuple[tokenizers.Tokenizer, dict[str, str]]:
    """Find out which special tokens there are, as named or else by the usual spellings, and make all special.

    Args:
        tokenizer: Any one; it may be changed.
        named: Special tokens that its folder names.

    Returns:
        The tokenizer, and its special tokens by role, of those alone that are in the vocabulary.
    """
    tokenizer.encode_special_tokens = True  # not stored in JSON
    added = [token.content for token in tokenizer.get_added_tokens_decoder().values()]
    usual = {
        role: token
        for role, spelling in _SPELLINGS.items()
        for token in reversed(added)  # the first of several counts
        if spelling.fullmatch(token)
    }
    if unk := getattr(tokenizer.model, "unk_token", None):
        usual["unk_token"] = unk
    roles = {
        role: token for role, token in {**usual, **named}.items() if tokenizer.token_to_id(token) is not None
    }
    tokenizer.add_special_tokens(sorted(set(roles.values()) - set(added)))
    ordinary = [token.content for token in tokenizer.get_added_tokens_decoder().values() if not token.special]
    forgeable = dict.fromkeys(set(ordinary) & set(roles.values()), True)
    return (mark_special(tokenizer, forgeable) if forgeable else tokenizer), roles


def changed(
    tokenizer: tokenizers.Tokenizer, change: Callable[[dict[str, Any]], None]
) -> tokenizers.Tokenizer:
    """Copy a tokenizer with a change to its JSON.

    Args:
        tokenizer: Any one; it stays as it is.
        change: Changes the parsed document.

    Returns:
        The changed copy.
    """
    document = json.loads(tokenizer.to_str())
    change(document)
    copy = tokenizers.Tokenizer.from_str(json.dumps(document, ensure_ascii=False))
    copy.encode_special_tokens = True  # not stored in JSON
    return copy


def mark_special(tokenizer: tokenizers.Tokenizer, tokens: Mapping[str, bool]) -> tokenizers.Tokenizer:
    """Say which added tokens are special ones, that no text may spell, and which a text may.

    Args:
        tokenizer: Any one; it stays as it is.
        tokens: Added tokens, and whether they are special.

    Returns:
        The changed copy.
    """

    def mark(document: dict[str, Any]) -> None:
        for token in document["added_tokens"]:
            token["special"] = tokens.get(token["content"], token["special"])

    return changed(tokenizer, mark)


def guard(tokenizer: tokenizers.Tokenizer, tokens: list[str]) -> tokenizers.Tokenizer | None:
    """Keep texts from spelling a special token out of a vocabulary that holds it as a piece.

    The library's own setting for that (`encode_special_tokens`) only keeps it from looking for the tokens
    in a text. Unigram vocabularies hold `</s>` as a piece like any other, with the best of all scores, and
    find it there again. So a text is cut inside of every such spelling before it is looked up.

    Args:
        tokenizer: Any one; it stays as it is.
        tokens: The special tokens.

    Returns:
        A guarded copy; None where none is needed.
    """
    ids = {tokenizer.token_to_id(token) for token in tokens}
    probes = [probe for token in tokens for probe in (token, f"a{token}a", f"a {token} a")]
    encodings = tokenizer.encode_batch_fast(probes, add_special_tokens=False)
    if not any(ids & set(encoding.ids) for encoding in encodings):
        return None
    inside = "|".join(
        f"(?<={re.escape(token[0])})(?={re.escape(token[1:])})" for token in tokens if token[1:]
    )
    knife = pre_tokenizers.Split(tokenizers.Regex(inside), "isolated")
    copy = changed(tokenizer, lambda document: None)
    before = [copy.pre_tokenizer] if copy.pre_tokenizer else []
    copy.pre_tokenizer = pre_tokenizers.Sequence([*before, knife])
    return copy
