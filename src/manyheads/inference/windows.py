"""A text that is too long for a model, as windows that each fit."""

from manyheads.text.text_tokens import TextTokens
from manyheads.text.windows import windows


def split_tokens(tokens: TextTokens, max_tokens: int) -> list[TextTokens]:
    """Cut a single text's tokens into windows, between words where a word is not longer than a window.

    Args:
        tokens: A text's, special ones included.
        max_tokens: The most tokens of a window, special ones included; more than there are special ones.

    Returns:
        The windows, each within the model's frame; the same object where it fits.
    """
    if len(tokens) <= max_tokens:
        return [tokens]
    places = [place for place, side in enumerate(tokens.sides) if side is not None]
    first, behind = places[0], places[-1] + 1
    words = tokens.word_ids[first:behind]
    borders = [place for place in range(1, len(words)) if words[place] != words[place - 1]]
    room = max_tokens - (len(tokens) - len(words))
    before, after = [*range(first)], [*range(behind, len(tokens))]
    return [
        _take(tokens, [*before, *range(first + start, first + end), *after])
        for start, end in windows(len(words), borders, room=room, overlap=0)
    ]


def _take(tokens: TextTokens, places: list[int]) -> TextTokens:
    return TextTokens(
        token_ids=[tokens.token_ids[place] for place in places],
        segment_ids=[tokens.segment_ids[place] for place in places],
        offsets=[tokens.offsets[place] for place in places],
        word_ids=[tokens.word_ids[place] for place in places],
        sides=[tokens.sides[place] for place in places],
        truncated=False,
    )
