"""Long texts in windows that a model can read, cut between words."""

from collections.abc import Sequence


def windows(tokens: int, borders: Sequence[int], *, room: int, overlap: int) -> list[tuple[int, int]]:
    """Cover tokens with windows that end at borders where they can.

    Args:
        tokens: How many there are.
        borders: Places before which a window may end, in order.
        room: The most tokens of a window.
        overlap: The most tokens that two neighbouring windows share.

    Returns:
        Where each begins and ends; one empty window where there are no tokens.

    Example:
        >>> windows(9, [2, 5, 8], room=4, overlap=0)
        [(0, 2), (2, 5), (5, 9)]
    """
    allowed = set(borders)

    def end_of(start: int) -> int:
        full = min(start + room, tokens)
        return next((end for end in range(full, start, -1) if end in allowed or end == tokens), full)

    spans = [(0, end_of(0))]
    while (end := spans[-1][1]) < tokens:
        # An overlap that leaves no room for the next word would bring nothing more.
        shared = (
            start for start in range(max(end - overlap, 0), end) if start in allowed and end_of(start) > end
        )
        start = next(shared, end)
        spans.append((start, end_of(start)))
    return spans
