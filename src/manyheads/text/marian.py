"""The tokenizers of published Marian models (OPUS-MT): sentencepiece cuts, a vocabulary of its own numbers.

Each side has a sentencepiece model; the numbers of the pieces stand apart, in one `vocab.json` or in two. A
text for a model of several target languages begins with a code that is one token: `>>deu<<`.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, final

import sentencepiece

from manyheads.errors import ModelError
from manyheads.text.subwords import Encoding, Span, SpecialIds, check_ids, in_a_row
from manyheads.text.wellformed import check_wellformed

SOURCE, TARGET = "source.spm", "target.spm"
VOCABULARY, TARGET_VOCABULARY = "vocab.json", "target_vocab.json"
MARIAN_FILES = (SOURCE, TARGET, VOCABULARY, TARGET_VOCABULARY)

_UNKNOWN, _END, _PADDING = "<unk>", "</s>", "<pad>"
_SPACE = "\u2581"


@final
class MarianTokenizer:
    """One side of a Marian model: how it cuts text, and the pieces' numbers.

    Unlike in `transformers`, a text that spells a special token (`</s>`) gets ordinary tokens for it.

    Args:
        model: The sentencepiece model, as its file holds it.
        vocabulary: The number of every piece.

    Raises:
        ModelError: It is no sentencepiece model, or the numbers leave gaps or lack a special token.
    """

    def __init__(self, model: bytes, vocabulary: Mapping[str, int]) -> None:
        self.model = model
        self.vocabulary = dict(vocabulary)
        missing = [token for token in (_END, _UNKNOWN, _PADDING) if token not in self.vocabulary]
        if missing:
            raise ModelError(f"a Marian vocabulary must hold </s>, <unk> and <pad>, but has no {missing[0]}")
        if set(self.vocabulary.values()) != set(range(len(self.vocabulary))):
            raise ModelError(
                f"the {len(self.vocabulary)} pieces of a Marian vocabulary must be numbered from 0 to "
                f"{len(self.vocabulary) - 1}, each once, but are not"
            )
        try:
            self._pieces = sentencepiece.SentencePieceProcessor(model_proto=model)
        except RuntimeError as error:
            raise ModelError("a Marian tokenizer needs a sentencepiece model, but was given none") from error

    def __reduce__(self) -> tuple[object, tuple[bytes, dict[str, int]]]:
        return MarianTokenizer, (self.model, self.vocabulary)

    @property
    def special(self) -> SpecialIds:
        """The ids that stand for no text: a decoder begins with the padding token, and never writes it."""
        padding = self.vocabulary[_PADDING]
        end, unknown = self.vocabulary[_END], self.vocabulary[_UNKNOWN]
        return SpecialIds(begin=padding, end=end, unknown=unknown, barred=(padding,))

    @property
    def vocab_size(self) -> int:
        """Number of pieces that there are, special tokens included."""
        return len(self.vocabulary)

    @property
    def vocab(self) -> list[str]:
        """Every piece as the vocabulary spells it, by its id."""
        return sorted(self.vocabulary, key=self.vocabulary.__getitem__)

    def language_code(self, text: str) -> str:
        """Give the code that a text begins with, which says what language is wanted; none is empty."""
        end = text.find("<<") if text.startswith(">>") else -1
        return text[: end + 2] if end >= 0 else ""

    def normalize(self, text: str) -> str:
        """Bring a text into the form that decoding gives back, where the vocabulary knows all of it."""
        code = self.language_code(check_wellformed(text))
        rest = self._pieces.normalize(text[len(code) :])
        return (code + rest).replace(_SPACE, " ").strip()

    def encode(self, text: str) -> Encoding:
        """Cut one text into tokens and say which characters each stands for."""
        code = self.language_code(check_wellformed(text))
        cut: dict[str, Any] = self._pieces.encode(text[len(code) :], return_type="offset_mapping")
        touched = [(len(code) + start, len(code) + end) for start, end in cut["offsets"]]
        # A space that sentencepiece puts before a text makes no character.
        made_up = int(cut["pieces"][:1] == [_SPACE])
        touched = [*touched[:made_up], *_to_the_first(touched[made_up:])]
        if touched:
            touched[0] = (len(code), touched[0][1])
        if code:
            touched.insert(0, (0, len(code)))
        return Encoding(self._numbers(code, cut["pieces"]), in_a_row(touched, len(text)))

    def encode_ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Cut many texts into token ids, on all cores.

        Args:
            texts: Any number of them.

        Returns:
            The ids of each text, without special tokens.
        """
        codes = [self.language_code(check_wellformed(text)) for text in texts]
        rests = [text[len(code) :] for text, code in zip(texts, codes, strict=True)]
        # For a list it starts threads, which takes longer than one text does.
        cut: list[list[str]] = (
            [self._pieces.encode(rests[0], return_type=str)]
            if len(rests) == 1
            else self._pieces.encode(rests, return_type=str)
        )
        return [self._numbers(code, pieces) for code, pieces in zip(codes, cut, strict=True)]

    def decode(self, token_ids: Sequence[int]) -> str:
        """Put tokens together to text, without special tokens."""
        return self._together(token_ids)[0]

    def decode_batch(self, batch: Sequence[Sequence[int]]) -> list[str]:
        """Put many rows of tokens together to texts.

        Args:
            batch: Rows of token ids.

        Returns:
            One text a row; an id that is not in the vocabulary is an `InputError`.
        """
        return [self.decode(row) for row in batch]

    def pieces(self, text: str) -> list[str]:
        """Cut a text into the slices of it that its tokens stand for; they join to exactly that text."""
        return [text[start:end] for start, end in self.encode(text).offsets]

    def spans(self, token_ids: Sequence[int]) -> list[Span]:
        """Find the characters of `decode(token_ids)` that each token made; a special token made none."""
        return self._together(token_ids)[1]

    def _together(self, token_ids: Sequence[int]) -> tuple[str, list[Span]]:
        check_ids([token_ids], self.vocab_size)
        words = [token for token in token_ids if token not in self._silent]
        joined: dict[str, Any] = self._pieces.decode(
            [self._piece_of_id[token] for token in words], return_type="offset_mapping"
        )
        spaced = joined["text"].replace(_SPACE, " ")
        text, before = spaced.strip(), len(spaced) - len(spaced.lstrip())
        within = [[min(max(at - before, 0), len(text)) for at in span] for span in joined["offsets"]]
        spans, reached = iter(within), 0
        touched: list[Span] = []
        for token in token_ids:
            start, reached = (reached, reached) if token in self._silent else next(spans)
            touched.append((start, reached))
        return text, in_a_row(touched, len(text))

    def _numbers(self, code: str, pieces: Sequence[str]) -> list[int]:
        unknown = self.vocabulary[_UNKNOWN]
        return [self._id_of_piece.get(piece, unknown) for piece in ([code] if code else []) + list(pieces)]

    @cached_property
    def _silent(self) -> frozenset[int]:
        return frozenset(self.vocabulary[token] for token in (_UNKNOWN, _END, _PADDING))

    @cached_property
    def _id_of_piece(self) -> dict[str, int]:
        """Without special tokens: letters that no piece has come in one, and may spell any of them."""
        return {piece: token for piece, token in self.vocabulary.items() if token not in self._silent}

    @cached_property
    def _piece_of_id(self) -> dict[int, str]:
        return {token: piece for piece, token in self.vocabulary.items()}


def read_marian_tokenizers(files: Mapping[str, Path]) -> tuple[MarianTokenizer, MarianTokenizer]:
    """Read the tokenizers of a folder.

    Args:
        files: Its files by their names: `source.spm`, `target.spm`, `vocab.json` and, where the vocabularies
            are two, `target_vocab.json`.

    Returns:
        The source's and the target's.

    Raises:
        ModelError: A file is missing or damaged.
    """
    missing = [name for name in (SOURCE, TARGET, VOCABULARY) if name not in files]
    if missing:
        raise ModelError(
            f"a Marian model needs {SOURCE}, {TARGET} and {VOCABULARY}, but there is no {missing[0]}; "
            "take the whole folder again"
        )
    src = _vocabulary(files[VOCABULARY])
    tgt = _vocabulary(files[TARGET_VOCABULARY]) if TARGET_VOCABULARY in files else src
    return _side(files[SOURCE], src), _side(files[TARGET], tgt)


def marian_files(src: MarianTokenizer, tgt: MarianTokenizer) -> dict[str, bytes]:
    """Say what a folder holds of a model's tokenizers.

    Args:
        src: The source's.
        tgt: The target's.

    Returns:
        The content of each file, by its name.
    """
    files = {SOURCE: src.model, TARGET: tgt.model, VOCABULARY: _as_json(src.vocabulary)}
    return (
        files if src.vocabulary == tgt.vocabulary else {**files, TARGET_VOCABULARY: _as_json(tgt.vocabulary)}
    )


def _as_json(vocabulary: Mapping[str, int]) -> bytes:
    return (json.dumps(vocabulary, ensure_ascii=False, indent=2) + "\n").encode()


def _side(path: Path, vocabulary: Mapping[str, int]) -> MarianTokenizer:
    try:
        return MarianTokenizer(path.read_bytes(), vocabulary)
    except (ModelError, OSError) as error:
        raise ModelError(f"{path}: {error}; take the whole folder again") from error


def _vocabulary(path: Path) -> dict[str, int]:
    try:
        vocabulary = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(
            f"{path} must be a Marian vocabulary in JSON, but cannot be read: {error}"
        ) from error
    if not isinstance(vocabulary, dict) or not all(type(number) is int for number in vocabulary.values()):
        raise ModelError(f"{path} must give every piece a whole number, but does not")
    return vocabulary


def _to_the_first(touched: Sequence[Span]) -> list[Span]:
    """Give a character that several pieces spell together to the first of them, not to the last."""
    given, following = [], (-1, -1)
    for start, end in reversed(touched):
        following = (start, following[1] if start == end == following[0] else end)
        given.append(following)
    return given[::-1]
