"""Subwords: text to token ids and back, losing nothing.

Every text is spelt with the 256 bytes before pieces are merged, so any text has token ids, none is unknown,
and `decode(encode(text))` is the normalised text. This file is the only home of its special tokens.
"""

from codecs import getincrementaldecoder
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Literal, TypeAlias, final

import tokenizers
from tokenizers import decoders, models, normalizers, pre_tokenizers, trainers

from manyheads.errors import InputError, ModelError, RecipeError
from manyheads.text.subwords import Encoding, PairSpecials, SpecialIds, check_ids, in_a_row
from manyheads.text.wellformed import check_wellformed

UNK_ID, BOS_ID, EOS_ID = 0, 1, 2
SPECIAL_TOKENS = ("<unk>", "<s>", "</s>")
SPECIAL_IDS = SpecialIds(begin=BOS_ID, end=EOS_ID, unknown=UNK_ID)
OUR_PAIR = PairSpecials(SPECIAL_IDS, SPECIAL_IDS)

Kind: TypeAlias = Literal["bpe", "unigram"]
Normalization: TypeAlias = Literal["nfc", "nfkc", "none"]

_BYTES = sorted(pre_tokenizers.ByteLevel.alphabet())
SMALLEST_VOCABULARY = len(SPECIAL_TOKENS) + len(_BYTES)

# Texts a call into the library: enough for its threads, few enough that their results are soon let go.
_CHUNK = 1024
# Loses something under every foreign scheme that we know: spaces at the ends and in a row, a special
# token's spelling, a NUL, bytes of every length.
_PROBE = "  a  </s>\n\0<unk> \t\u00e9\u3042\U0001f600 "


@final
class Tokenizer:
    """A trained vocabulary and how it cuts text.

    A text that spells a special token (`</s>`) gets ordinary tokens for it. A text with half a surrogate
    pair is no Unicode and an `InputError` everywhere.
    """

    def __init__(self, tokenizer: tokenizers.Tokenizer) -> None:
        self._tokenizer = tokenizer
        # Not stored in tokenizer.json, so it is set here, where every way to a Tokenizer passes.
        self._tokenizer.encode_special_tokens = True

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Tokenizer.from_json, (self.to_json(),)

    @classmethod
    def train(
        cls,
        texts: Iterable[str],
        *,
        kind: Kind = "bpe",
        vocab_size: int,
        normalization: Normalization = "nfc",
        lowercase: bool = False,
    ) -> "Tokenizer":
        """Learn a vocabulary from texts, which are streamed and never held.

        BPE gives the same vocabulary every time; unigram gives a slightly different one each run, so
        train it once and store it.

        Args:
            texts: The corpus, any iterable; a generator is read once.
            kind: How pieces are found: merges from the bottom up, or a pruned unigram model.
            vocab_size: Pieces wanted, special tokens included. A small corpus may give fewer, and a
                unigram model of hardly more than the bytes a few more.
            normalization: The Unicode form that texts are brought into.
            lowercase: Whether case is dropped, after normalization.

        Returns:
            The tokenizer.

        Raises:
            RecipeError: If the bytes and special tokens alone do not fit into `vocab_size`.
            InputError: If there is no text at all.
        """
        if vocab_size < SMALLEST_VOCABULARY:
            raise RecipeError(
                f"vocab_size must be at least {SMALLEST_VOCABULARY} ({len(_BYTES)} bytes and "
                f"{len(SPECIAL_TOKENS)} special tokens), got {vocab_size}"
            )
        stream = map(check_wellformed, texts)
        first = next(filter(None, stream), None)
        if first is None:
            raise InputError("a vocabulary needs text to be trained on, the corpus is empty")
        tokenizer = tokenizers.Tokenizer(models.BPE() if kind == "bpe" else models.Unigram())
        tokenizer.normalizer = _normalizer(normalization, lowercase=lowercase)
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        tokenizer.train_from_iterator(chain([first], stream), trainer=_trainer(kind, vocab_size))
        return cls(tokenizer)

    @classmethod
    def load(cls, path: str | Path) -> "Tokenizer":
        """Read a tokenizer that `save` wrote.

        Args:
            path: The file, usually `tokenizer.json`.

        Returns:
            The tokenizer.

        Raises:
            ModelError: If the file is missing, broken, or not one of ours.
        """
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ModelError(f"a tokenizer must be a readable UTF-8 file, {path} is not: {error}") from error
        try:
            return cls.from_json(text)
        except ModelError as error:
            raise ModelError(f"{path}: {error}") from error

    @classmethod
    def from_json(cls, text: str) -> "Tokenizer":
        """Read a tokenizer from what `to_json` gave.

        Args:
            text: The whole JSON document.

        Returns:
            The tokenizer.

        Raises:
            ModelError: If it is no tokenizer, or one that breaks the promises of this one.
        """
        try:
            tokenizer = tokenizers.Tokenizer.from_str(text)
        except Exception as error:  # the library raises bare Exception
            raise ModelError(f"not a tokenizer of the tokenizers library: {error}") from error
        tokenizer.no_padding()
        tokenizer.no_truncation()
        ours = cls(tokenizer)
        ours._check()
        return ours

    def to_json(self) -> str:
        """Write the tokenizer as the JSON that the `tokenizers` library reads too."""
        return self._tokenizer.to_str(pretty=True)

    def save(self, path: str | Path) -> None:
        """Write the tokenizer to a file.

        Args:
            path: The file, usually `tokenizer.json` in a model folder.
        """
        Path(path).write_text(self.to_json(), encoding="utf-8", newline="\n")

    @property
    def special(self) -> SpecialIds:
        """The ids that stand for no text."""
        return SPECIAL_IDS

    @property
    def vocab_size(self) -> int:
        """Number of pieces that there are, special tokens included."""
        return self._tokenizer.get_vocab_size()

    @property
    def vocab(self) -> list[str]:
        """Every piece as the vocabulary spells it, by its id."""
        ids = self._tokenizer.get_vocab()
        return sorted(ids, key=ids.__getitem__)

    def language_code(self, text: str) -> str:
        """Give the code that a text begins with and each part of it needs: here a text is all text."""
        return ""

    def normalize(self, text: str) -> str:
        """Bring a text into the form that decoding gives back."""
        normalizer = self._tokenizer.normalizer
        return normalizer.normalize_str(check_wellformed(text)) if normalizer else check_wellformed(text)

    def encode(self, text: str) -> Encoding:
        """Cut one text into tokens and say which characters each stands for."""
        encoded = self._tokenizer.encode(check_wellformed(text), add_special_tokens=False)
        return Encoding(encoded.ids, in_a_row(encoded.offsets, len(text)))

    def encode_ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Cut many texts into token ids, on all cores.

        Args:
            texts: Any number of them.

        Returns:
            The ids of each text, without special tokens.
        """
        token_ids: list[list[int]] = []
        for start in range(0, len(texts), _CHUNK):
            chunk = [check_wellformed(text) for text in texts[start : start + _CHUNK]]
            encodings = self._tokenizer.encode_batch_fast(chunk, add_special_tokens=False)
            token_ids += [encoding.ids for encoding in encodings]
        return token_ids

    def decode(self, token_ids: Sequence[int]) -> str:
        """Put tokens together to text, without special tokens; bytes that are no character become U+FFFD."""
        return self.decode_batch([token_ids])[0]

    def decode_batch(self, batch: Sequence[Sequence[int]]) -> list[str]:
        """Put many rows of tokens together to texts.

        Args:
            batch: Rows of token ids.

        Returns:
            One text a row; an id that is not in the vocabulary is an `InputError`.
        """
        check_ids(batch, self.vocab_size)
        return self._tokenizer.decode_batch([list(row) for row in batch], skip_special_tokens=True)

    def pieces(self, text: str) -> list[str]:
        """Cut a text into what its tokens stand for, to be shown to people.

        The pieces are slices of the text as it was given and join to exactly that text: the space before
        a word belongs to the word's first piece. A character that several tokens spell together is given
        to the first; the others are empty.
        """
        return [text[start:end] for start, end in self.encode(text).offsets]

    def spans(self, token_ids: Sequence[int]) -> list[tuple[int, int]]:
        """Find the characters of `decode(token_ids)` that each token made.

        The spans follow on one another and cover the text; special tokens have an empty one. A character
        that several tokens spell together is given to the first.
        """
        decoder = getincrementaldecoder("utf-8")("replace")
        touched, finished, reached = [], 0, 0
        for token in token_ids:
            finished += len(decoder.decode(self._bytes_of_token[token]))
            begun = decoder.getstate()[0].decode("utf-8", "replace")
            start, reached = reached, finished + len(begun)
            touched.append((start, reached))
        return in_a_row(touched, reached)

    @cached_property
    def _bytes_of_token(self) -> list[bytes]:
        byte_of = _byte_of_character()
        spelling = [b""] * self.vocab_size
        for token, index in self._tokenizer.get_vocab().items():
            if token not in SPECIAL_TOKENS:
                spelling[index] = bytes(byte_of[character] for character in token)
        return spelling

    def _check(self) -> None:
        """Refuse a tokenizer that would break a promise silently."""
        added = self._tokenizer.get_added_tokens_decoder()
        special = {index: token.content for index, token in added.items() if token.special}
        if special != dict(enumerate(SPECIAL_TOKENS)) or len(added) > len(special):
            found = {index: token.content for index, token in added.items()}
            raise ModelError(
                f"the special tokens must be {dict(enumerate(SPECIAL_TOKENS))}, they are {found}; "
                "was it trained elsewhere?"
            )
        vocabulary = self._tokenizer.get_vocab()
        foreign = set().union(*(set(token) for token in vocabulary if token not in SPECIAL_TOKENS)) - set(
            _BYTES
        )
        if foreign or not set(_BYTES) <= set(vocabulary):
            raise ModelError(
                "the vocabulary must be spelt in bytes and hold all 256; was it trained elsewhere?"
            )
        if self.decode(self.encode(_PROBE).token_ids) != self.normalize(_PROBE):
            raise ModelError(
                "decoding must give back what was encoded, it does not; was it trained elsewhere?"
            )


def _normalizer(normalization: Normalization, *, lowercase: bool) -> normalizers.Normalizer | None:
    steps = {"nfc": [normalizers.NFC()], "nfkc": [normalizers.NFKC()], "none": []}[normalization]
    if lowercase:
        steps = [*steps, normalizers.Lowercase()]
    return normalizers.Sequence(steps) if steps else None


def _trainer(kind: Kind, vocab_size: int) -> trainers.Trainer:
    settings = {
        "vocab_size": vocab_size,
        "special_tokens": list(SPECIAL_TOKENS),
        "initial_alphabet": _BYTES,
        "show_progress": False,
    }
    if kind == "bpe":
        # A pair that was seen once would become a piece that is never learned.
        return trainers.BpeTrainer(min_frequency=2, **settings)
    return trainers.UnigramTrainer(unk_token=SPECIAL_TOKENS[UNK_ID], **settings)


def _byte_of_character() -> dict[str, int]:
    """The alphabet of byte-level vocabularies: printable Latin-1 as it is, the other bytes from U+0100 on."""
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + n): byte for n, byte in enumerate(others)}
