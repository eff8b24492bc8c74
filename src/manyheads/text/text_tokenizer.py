"""Text for encoders: published vocabularies and own ones, with special tokens as each model wants them.

WordPiece (BERT, DistilBERT), byte-level BPE (RoBERTa) and unigram (ALBERT, XLM-R) alike. No text can forge a
special token by spelling it; only a template may hold the mask. Length is the model's business: what a file
says about cutting and padding is not obeyed.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import final

import tokenizers

from manyheads.errors import InputError
from manyheads.text.frame import Slot, find_frame
from manyheads.text.published_tokenizer import parse_tokenizer, read_text, read_tokenizer_folder
from manyheads.text.special_tokens import Named, guard, mark_special, settle
from manyheads.text.subwords import check_ids
from manyheads.text.text_tokens import TextTokens, cut, text_tokens, words_by_spaces
from manyheads.text.train_text_tokenizer import Kind, train_text_tokenizer
from manyheads.text.wellformed import check_wellformed
from manyheads.text.windows import windows

# Texts a call into the library: enough for its threads, few enough that their results are soon let go.
_CHUNK = 1024


@final
class TextTokenizer:
    """How an encoder cuts texts and pairs of texts into tokens, special ones included.

    Args:
        tokenizer: Of any kind; it is changed, so that no text can spell a special token.
        named: Special tokens by role (`mask_token`, ...), where a folder names them; the usual spellings
            are known.

    Attributes:
        mask_token: How a template writes a token that is to be guessed; None where the vocabulary has none.
        mask_id: Its id.
        pad_id: The id of the token that others pad with.
        unk_id: The id of the token for what has no pieces.
        special_ids: The ids of all special tokens.
    """

    def __init__(self, tokenizer: tokenizers.Tokenizer, named: Named | None = None) -> None:
        self._tokenizer, roles = settle(tokenizer, named or {})
        special = {
            index: token.content
            for index, token in self._tokenizer.get_added_tokens_decoder().items()
            if token.special
        }
        self.special_ids = frozenset(special)
        self.mask_token = roles.get("mask_token")
        self.mask_id, self.pad_id, self.unk_id = (
            self._tokenizer.token_to_id(roles[role]) if role in roles else None
            for role in ("mask_token", "pad_token", "unk_token")
        )
        # A text may well spell the unknown token: what it stands for is just that.
        forbidden = [token for index, token in special.items() if index != self.unk_id]
        self._guarded = guard(self._tokenizer, forbidden) or self._tokenizer

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return TextTokenizer.from_json, (self.to_json(),)

    @classmethod
    def train(
        cls, texts: Iterable[str], *, kind: Kind, vocab_size: int, lowercase: bool = False
    ) -> "TextTokenizer":
        """Learn a vocabulary for pre-training from scratch, with BERT's special tokens and frame.

        Args:
            texts: The corpus, any iterable; a generator is read once.
            kind: `wordpiece` as BERT's; `bpe` or `unigram` over bytes, which know no unknown character.
            vocab_size: Pieces wanted, special tokens included. A small corpus may give fewer.
            lowercase: Whether case is dropped; with `wordpiece` accents too, as in BERT.

        Returns:
            The tokenizer.
        """
        return cls(
            train_text_tokenizer(
                map(check_wellformed, texts), kind=kind, vocab_size=vocab_size, lowercase=lowercase
            )
        )

    @classmethod
    def from_folder(cls, folder: str | Path) -> "TextTokenizer":
        """Read the tokenizer of a model's folder: `tokenizer.json`, else BERT's `vocab.txt`.

        Args:
            folder: The folder; its `tokenizer_config.json` and `special_tokens_map.json` are obeyed.

        Returns:
            The tokenizer.
        """
        return cls(*read_tokenizer_folder(Path(folder)))

    @classmethod
    def load(cls, path: str | Path) -> "TextTokenizer":
        """Read a `tokenizer.json`.

        Args:
            path: The file.

        Returns:
            The tokenizer.
        """
        return cls(parse_tokenizer(read_text(Path(path)), path))

    @classmethod
    def from_json(cls, text: str) -> "TextTokenizer":
        """Read a tokenizer from what `to_json` gave.

        Args:
            text: The whole JSON document.

        Returns:
            The tokenizer.
        """
        return cls(parse_tokenizer(text, "the document"))

    def to_json(self) -> str:
        """Write the tokenizer as the JSON that the `tokenizers` library reads too."""
        return self._tokenizer.to_str(pretty=True)

    def save(self, path: str | Path) -> None:
        """Write the tokenizer to a file.

        Args:
            path: The file, usually `tokenizer.json` in a model folder.
        """
        Path(path).write_text(self.to_json(), encoding="utf-8", newline="\n")

    @cached_property
    def vocab_size(self) -> int:
        """Number of ids: the highest and one."""
        return max(self._tokenizer.get_vocab().values(), default=-1) + 1

    def added(self, pair: bool) -> int:
        """Count the special tokens that the model's frame puts around a text or a pair."""
        return sum(slot.side is None for slot in self.frame(pair=pair))

    def frame(self, *, pair: bool) -> tuple[Slot, ...]:
        """Say what the model puts around a text or a pair, and where the texts stand.

        Args:
            pair: Whether there are two texts.

        Returns:
            The places in order.
        """
        return self._frames[pair]

    def encode(
        self,
        texts: Sequence[str],
        pairs: Sequence[str] | None = None,
        *,
        max_tokens: int | None = None,
        templates: bool = False,
    ) -> list[TextTokens]:
        """Cut texts, or pairs of texts, into tokens within the model's frame, on all cores.

        Args:
            texts: Any number of them.
            pairs: The second text of each pair, as many; None where there are no pairs.
            max_tokens: The most tokens of a text or pair, special ones included: the end of the longer text
                is left out, then of both; None for no limit.
            templates: Whether the mask token, where a text spells it, is the real one (and only it).

        Returns:
            The tokens of each text or pair.

        Raises:
            InputError: If the limit leaves no room for text, texts and pairs are of unequal number, or there
                is no mask token for a template.
        """
        self._check_room(max_tokens, pair=pairs is not None)
        encoded: list[TextTokens] = []
        for chunk in _chunks(texts, pairs):
            for item, encoding in zip(chunk, self._cutter(templates).encode_batch(chunk), strict=True):
                sides = (item,) if isinstance(item, str) else item
                tokens = text_tokens(encoding, sides, by_spaces=not self._knows_words)
                encoded.append(tokens if max_tokens is None else cut(tokens, max_tokens))
        return encoded

    def encode_ids(self, texts: Sequence[str], *, max_tokens: int | None = None) -> list[list[int]]:
        """Cut texts into ids alone, special tokens included: several times as fast as `encode`.

        Args:
            texts: Any number of them.
            max_tokens: As for `encode`.

        Returns:
            The ids of each text.
        """
        self._check_room(max_tokens, pair=False)
        rows = (
            encoding.ids
            for chunk in _text_chunks(texts)
            for encoding in self._guarded.encode_batch_fast(chunk)
        )
        if max_tokens is None:
            return list(rows)
        _, after = self._around
        keep = max_tokens - len(after)
        return [row if len(row) <= max_tokens else [*row[:keep], *after] for row in rows]

    def encode_words(self, texts: Sequence[str]) -> list[tuple[list[int], list[bool]]]:
        """Cut texts into ids, and say which of them begin a word, without special tokens.

        Args:
            texts: Any number of them.

        Returns:
            Of each text the ids, and for each of them whether a word begins with it.
        """
        cut_texts = []
        for chunk in _text_chunks(texts):
            encodings = self._guarded.encode_batch(chunk, add_special_tokens=False)
            for text, encoding in zip(chunk, encodings, strict=True):
                words = encoding.word_ids if self._knows_words else words_by_spaces(text, encoding.offsets)
                begins = [word != before for before, word in pairwise((None, *words))]
                cut_texts.append((encoding.ids, begins))
        return cut_texts

    def count(self, texts: Sequence[str], pairs: Sequence[str] | None = None) -> list[int]:
        """Count the tokens of texts or pairs, special ones included and nothing left out.

        Args:
            texts: Any number of them.
            pairs: The second text of each pair, as many.

        Returns:
            A number for each text or pair.
        """
        chunks = _chunks(texts, pairs)
        return [len(encoding) for chunk in chunks for encoding in self._guarded.encode_batch_fast(chunk)]

    def windows(self, text: str, *, max_tokens: int, overlap: int = 0) -> list[list[int]]:
        """Cut a long text into windows that fit, between words where a word is not longer than a window.

        Args:
            text: Any text.
            max_tokens: The most tokens of a window, special ones included.
            overlap: How many tokens of a window the next one may begin with, whole words of them.

        Returns:
            The ids of each window, special tokens included; one window where the text fits.
        """
        self._check_room(max_tokens, pair=False)
        tokens = self.encode([text])[0]
        before, after = self._around
        body = slice(len(before), len(tokens) - len(after))
        token_ids, words = tokens.token_ids[body], tokens.word_ids[body]
        borders = [place for place in range(1, len(words)) if words[place] != words[place - 1]]
        spans = windows(len(words), borders, room=max_tokens - len(before) - len(after), overlap=overlap)
        return [[*before, *token_ids[start:end], *after] for start, end in spans]

    def decode(self, token_ids: Sequence[int]) -> str:
        """Put tokens together to text, without special tokens.

        Args:
            token_ids: From this vocabulary.

        Returns:
            The text, as near to the original as the vocabulary allows.
        """
        check_ids([token_ids], self.vocab_size)
        return self._tokenizer.decode(list(token_ids), skip_special_tokens=True)

    def token(self, token_id: int) -> str:
        """Show one token to people: the text that it stands for, the space before a word included.

        A piece that goes on with a word is spelt as the vocabulary does (`##ing`), a special token by name.

        Args:
            token_id: From this vocabulary.

        Returns:
            The token.
        """
        check_ids([[token_id]], self.vocab_size)
        piece = self._tokenizer.id_to_token(token_id) or ""
        if token_id in self.special_ids:
            return piece
        if type(self._tokenizer.decoder).__name__ == "ByteLevel":
            return self._tokenizer.decode([token_id])
        return piece.replace("\u2581", " ")

    @cached_property
    def _templates(self) -> tokenizers.Tokenizer:
        """The tokenizer for templates: what is no special token to it is looked for in texts."""
        if self.mask_token is None:
            raise InputError("a template needs a mask token, but this tokenizer's vocabulary has none")
        return mark_special(self._guarded, {self.mask_token: False})

    @cached_property
    def _frames(self) -> tuple[tuple[Slot, ...], tuple[Slot, ...]]:
        """The frames of a text and of a pair, as they come out around some letter."""
        return find_frame(self._guarded, pair=False), find_frame(self._guarded, pair=True)

    @cached_property
    def _around(self) -> tuple[list[int], list[int]]:
        """The special tokens before and behind a single text."""
        frame = self.frame(pair=False)
        place = next(place for place, slot in enumerate(frame) if slot.side == 0)
        before, after = (
            [slot.token_id for slot in part if slot.token_id is not None]
            for part in (frame[:place], frame[place + 1 :])
        )
        return before, after

    @cached_property
    def _knows_words(self) -> bool:
        """Whether the library takes two words for two; without a cut at spaces a whole text is one to it."""
        words = self._guarded.encode("a a", add_special_tokens=False).word_ids
        return len(set(words)) > 1

    def _cutter(self, templates: bool) -> tokenizers.Tokenizer:
        return self._templates if templates else self._guarded

    def _check_room(self, max_tokens: int | None, *, pair: bool) -> None:
        if max_tokens is not None and max_tokens <= (added := self.added(pair)):
            raise InputError(
                f"max_tokens must leave room for text beside the {added} special tokens that are always "
                f"there, so be at least {added + 1}, got {max_tokens}"
            )


def _text_chunks(texts: Sequence[str]) -> Iterator[list[str]]:
    """Give what is to be encoded a call at a time; what is no text is refused."""
    for start in range(0, len(texts), _CHUNK):
        yield [check_wellformed(text) for text in texts[start : start + _CHUNK]]


def _chunks(
    texts: Sequence[str], pairs: Sequence[str] | None
) -> Iterator[list[str]] | Iterator[list[tuple[str, str]]]:
    if pairs is None:
        return _text_chunks(texts)
    if len(pairs) != len(texts):
        raise InputError(
            f"a pair must have two texts, but there are {len(texts)} first and {len(pairs)} second ones"
        )
    sides = zip(_text_chunks(texts), _text_chunks(pairs), strict=True)
    return (list(zip(first, second, strict=True)) for first, second in sides)
