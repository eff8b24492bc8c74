"""What a translator asks of a tokenizer, whoever trained it: text to ids and back, and its special ids."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from manyheads.errors import InputError

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class SpecialIds:
    """The ids that stand for no text.

    Attributes:
        begin: What a decoder has read before its first token.
        end: What closes a text, on both sides.
        unknown: What stands for text that the vocabulary cannot spell.
        barred: Ids that a translation never holds, however likely the model finds them.
    """

    begin: int
    end: int
    unknown: int
    barred: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class PairSpecials:
    """The special ids of a translator's two sides.

    Attributes:
        src: Those of the source's vocabulary.
        tgt: Those of the target's; the same where the vocabulary is one.
    """

    src: SpecialIds
    tgt: SpecialIds


@dataclass(frozen=True, slots=True)
class Encoding:
    """One text as tokens.

    Attributes:
        token_ids: One id a token, without special tokens.
        offsets: For each token where its characters begin and end in the text *as it was given*.
            The spans follow on one another and cover the text. A character whose bytes are spread
            over several tokens belongs to the first of them; the others have an empty span.
    """

    token_ids: list[int]
    offsets: list[Span]


@runtime_checkable
class Subwords(Protocol):
    """A vocabulary and how it cuts text: ours (`Tokenizer`), or a published model's (`MarianTokenizer`)."""

    @property
    def special(self) -> SpecialIds:
        """The ids that stand for no text."""
        ...

    @property
    def vocab_size(self) -> int:
        """Number of pieces that there are, special tokens included."""
        ...

    @property
    def vocab(self) -> list[str]:
        """Every piece as the vocabulary spells it, by its id."""
        ...

    def language_code(self, text: str) -> str:
        """Give the code that a text begins with and each part of it needs; none is empty."""
        ...

    def normalize(self, text: str) -> str:
        """Bring a text into the form that decoding gives back."""
        ...

    def encode(self, text: str) -> Encoding:
        """Cut one text into tokens and say which characters each stands for."""
        ...

    def encode_ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Cut many texts into token ids, without special tokens."""
        ...

    def decode(self, token_ids: Sequence[int]) -> str:
        """Put tokens together to text, without special tokens."""
        ...

    def decode_batch(self, batch: Sequence[Sequence[int]]) -> list[str]:
        """Put many rows of tokens together to texts."""
        ...

    def pieces(self, text: str) -> list[str]:
        """Cut a text into the slices that its tokens stand for."""
        ...

    def spans(self, token_ids: Sequence[int]) -> list[Span]:
        """Find the characters of `decode(token_ids)` that each token made."""
        ...


def check_ids(batch: Sequence[Sequence[int]], vocab_size: int) -> None:
    """Refuse ids that a vocabulary has not.

    Args:
        batch: Rows of token ids.
        vocab_size: Number of pieces that there are.

    Raises:
        InputError: An id is not in the vocabulary.
    """
    last = vocab_size - 1
    for row in batch:
        if row and not 0 <= min(row) <= max(row) <= last:
            wrong = next(token for token in row if not 0 <= token <= last)
            raise InputError(f"a token id must be from 0 to {last}, got {wrong}")


def in_a_row(touched: Sequence[Span], length: int) -> list[Span]:
    """Turn the characters that tokens touch into spans that follow on one another and cover the text.

    A token that only goes on with an earlier one's character has none of its own; characters that no token
    names (a combining mark that normalization took in) go with those before them.

    Args:
        touched: From where to where each token reaches.
        length: Characters of the text.

    Returns:
        A span for each token.

    Example:
        >>> in_a_row([(0, 1), (0, 1), (2, 4)], 5)
        [(0, 2), (2, 2), (2, 5)]
    """
    starts, reached = [], 0
    for start, end in touched:
        starts.append(max(start, reached) if end > reached else None)
        reached = max(reached, end)
    spans, following = [], length
    for start in reversed(starts):
        spans.append((following if start is None else start, following))
        following = spans[-1][0]
    return spans[::-1]
