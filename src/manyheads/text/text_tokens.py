"""What a text or a pair is to an encoder: its tokens, and where each of them came from."""

from dataclasses import dataclass

import tokenizers


@dataclass(frozen=True, slots=True)
class TextTokens:
    """A text, or a pair of texts, as the tokens that an encoder reads.

    Attributes:
        token_ids: One id a token, special tokens included.
        segment_ids: Which segment each token belongs to, as the model's frame says.
        offsets: Where each token's characters begin and end in the text of its own side, as it was given;
            (0, 0) for special tokens.
        word_ids: Which word each token is a part of, counted over both sides; None for special tokens.
        sides: Which text each token is from: 0 the first, 1 the second; None for special tokens.
        truncated: Whether tokens at the end of a text were left out to keep the limit.
    """

    token_ids: list[int]
    segment_ids: list[int]
    offsets: list[tuple[int, int]]
    word_ids: list[int | None]
    sides: list[int | None]
    truncated: bool

    def __len__(self) -> int:
        """Count the tokens."""
        return len(self.token_ids)


def text_tokens(encoding: tokenizers.Encoding, texts: tuple[str, ...], *, by_spaces: bool) -> TextTokens:
    """Take over what the library found.

    Args:
        encoding: A text or a pair, encoded with special tokens.
        texts: The text, or both.
        by_spaces: Whether words are what stands between spaces; otherwise the library knows them.

    Returns:
        The tokens, nothing left out.
    """
    sides = encoding.sequence_ids
    words = _spaced_words(encoding, texts) if by_spaces else encoding.word_ids
    if len(texts) > 1:
        words = _over_both_sides(words, sides)
    return TextTokens(encoding.ids, encoding.type_ids, encoding.offsets, words, sides, truncated=False)


def cut(tokens: TextTokens, max_tokens: int) -> TextTokens:
    """Leave out tokens at the end of the texts until a limit is kept; special tokens always stay.

    Args:
        tokens: A text or a pair.
        max_tokens: The most tokens, special ones included; more than there are special ones.

    Returns:
        The same object where it fits.
    """
    if len(tokens) <= max_tokens:
        return tokens
    first, second = tokens.sides.count(0), tokens.sides.count(1)
    keep_first, keep_second = longest_first(first, second, max_tokens - (len(tokens) - first - second))
    kept = [*_kept(tokens.sides, (keep_first, keep_second))]
    return TextTokens(
        token_ids=[tokens.token_ids[place] for place in kept],
        segment_ids=[tokens.segment_ids[place] for place in kept],
        offsets=[tokens.offsets[place] for place in kept],
        word_ids=[tokens.word_ids[place] for place in kept],
        sides=[tokens.sides[place] for place in kept],
        truncated=True,
    )


def longest_first(first: int, second: int, room: int) -> tuple[int, int]:
    """Share a room that is too small between two texts: the longer one gives way until both are equal.

    Where both must give way and the room is odd, the text that is the longer keeps one token more; of two
    equally long ones, the second. A single text is a pair whose second has no tokens.

    Args:
        first: Tokens of the first text.
        second: Tokens of the second.
        room: How many tokens of both may stay, fewer than there are.

    Returns:
        How many tokens of each text stay.

    Example:
        >>> longest_first(9, 2, 6), longest_first(9, 8, 7), longest_first(8, 8, 7)
        ((4, 2), (4, 3), (3, 4))
    """
    shorter = min(first, second, room // 2)
    return (room - shorter, shorter) if first > second else (shorter, room - shorter)


def _kept(sides: list[int | None], room: tuple[int, int]) -> list[int]:
    """Places of the special tokens and of as many tokens of each side as there is room for."""
    left = list(room)
    kept = []
    for place, side in enumerate(sides):
        if side is not None:
            left[side] -= 1
        if side is None or left[side] >= 0:
            kept.append(place)
    return kept


def words_by_spaces(text: str, offsets: list[tuple[int, int]]) -> list[int]:
    """Number the words between white space, for a tokenizer that takes a whole text as one word.

    A token of white space alone, or that ends in it, belongs to the word behind.

    Args:
        text: The text as it was given.
        offsets: Where each token's characters begin and end in it.

    Returns:
        The word of each token, from 0.

    Example:
        >>> words_by_spaces("two  dogs", [(0, 2), (2, 3), (3, 5), (5, 7), (7, 9)])
        [0, 0, 1, 1, 1]
    """
    word, inside, word_at = -1, False, []
    for character in text:
        begins = not inside and not character.isspace()
        inside = not character.isspace()
        word += begins
        word_at.append(max(word + (not inside), 0))
    return [word_at[max(start, end - 1)] if word_at else 0 for start, end in offsets]


def _spaced_words(encoding: tokenizers.Encoding, texts: tuple[str, ...]) -> list[int | None]:
    words: list[int | None] = [None] * len(encoding)
    for side, text in enumerate(texts):
        places = [place for place, own in enumerate(encoding.sequence_ids) if own == side]
        numbers = words_by_spaces(text, [encoding.offsets[place] for place in places])
        for place, number in zip(places, numbers, strict=True):
            words[place] = number
    return words


def _over_both_sides(words: list[int | None], sides: list[int | None]) -> list[int | None]:
    """Go on counting where the first text ended: the library counts each text's words from 0."""
    numbered = list(zip(words, sides, strict=True))
    first = 1 + max((word for word, side in numbered if side == 0 and word is not None), default=-1)
    return [word + first if side == 1 and word is not None else word for word, side in numbered]
