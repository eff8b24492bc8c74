"""Vocabularies for encoders that are trained from scratch, with BERT's special tokens and frame.

WordPiece is BERT's own. BPE and unigram work on bytes: no text has an unknown character, and their words are
cut at punctuation too, so that a whole word that is masked takes no comma with it (pieces of sentencepiece's
kind, cut at spaces alone, would).
"""

from collections.abc import Iterable
from itertools import chain
from typing import Literal, TypeAlias

import tokenizers
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors, trainers

from manyheads.errors import InputError, RecipeError
from manyheads.text.frame import give_bert_frame

Kind: TypeAlias = Literal["wordpiece", "bpe", "unigram"]

SPECIAL_TOKENS = {
    "pad_token": "[PAD]",
    "unk_token": "[UNK]",
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "mask_token": "[MASK]",
}
"""Their order is that of their ids, from 0."""

_BYTES = sorted(pre_tokenizers.ByteLevel.alphabet())


def train_text_tokenizer(
    texts: Iterable[str], *, kind: Kind, vocab_size: int, lowercase: bool
) -> tokenizers.Tokenizer:
    """Learn a vocabulary from texts, which are streamed and never held.

    BPE gives the same vocabulary every time; the others give a slightly different one each run, so train
    them once and store them.

    Args:
        texts: The corpus, any iterable; a generator is read once.
        kind: How pieces are found and cut.
        vocab_size: Pieces wanted, special tokens included.
        lowercase: Whether case is dropped.

    Returns:
        The tokenizer.

    Raises:
        RecipeError: If what every vocabulary must hold does not fit into `vocab_size`.
        InputError: If there is no text at all.
    """
    least = len(SPECIAL_TOKENS) + (1 if kind == "wordpiece" else len(_BYTES))
    if vocab_size < least:
        raise RecipeError(f"vocab_size of {kind} must be at least {least}, got {vocab_size}")
    stream = iter(texts)
    first = next(filter(None, stream), None)
    if first is None:
        raise InputError("a vocabulary needs text to be trained on, the corpus is empty")
    tokenizer = _wordpiece(lowercase=lowercase) if kind == "wordpiece" else _bytes(kind, lowercase=lowercase)
    tokenizer.train_from_iterator(chain([first], stream), trainer=_trainer(kind, vocab_size))
    give_bert_frame(tokenizer, SPECIAL_TOKENS)
    return tokenizer


def _wordpiece(*, lowercase: bool) -> tokenizers.Tokenizer:
    tokenizer = tokenizers.Tokenizer(models.WordPiece(unk_token=SPECIAL_TOKENS["unk_token"]))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    return tokenizer


def _bytes(kind: Kind, *, lowercase: bool) -> tokenizers.Tokenizer:
    tokenizer = tokenizers.Tokenizer(models.BPE() if kind == "bpe" else models.Unigram())
    steps = [normalizers.NFC(), normalizers.Lowercase()] if lowercase else [normalizers.NFC()]
    tokenizer.normalizer = normalizers.Sequence(steps)
    # A word at a text's start is the piece that it is elsewhere; offsets leave the space out.
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=True)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def _trainer(kind: Kind, vocab_size: int) -> trainers.Trainer:
    # The mask takes the space before it along, as RoBERTa's does: the word guessed in its place has its own.
    mask = tokenizers.AddedToken(SPECIAL_TOKENS["mask_token"], special=True, lstrip=kind != "wordpiece")
    others = [token for role, token in SPECIAL_TOKENS.items() if role != "mask_token"]
    settings = {
        "vocab_size": vocab_size,
        "special_tokens": [*others, mask],
        "show_progress": False,
    }
    if kind == "wordpiece":
        # Rare characters are unknown, so that the alphabet leaves room for words.
        return trainers.WordPieceTrainer(
            min_frequency=2, limit_alphabet=min(1000, vocab_size // 3), **settings
        )
    if kind == "bpe":
        return trainers.BpeTrainer(min_frequency=2, initial_alphabet=_BYTES, **settings)
    return trainers.UnigramTrainer(unk_token=SPECIAL_TOKENS["unk_token"], initial_alphabet=_BYTES, **settings)
