"""Two readings of one model beside each other: which row is which, and how far it moved."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from operator import eq

from manyheads.views.reading import Reading

Place = tuple[int | None, int | None, float | None]
"""A row of the first reading, the row of the second that stands for it, and the distance between the two."""


def beside(before: Reading, after: Reading) -> list[Place] | None:
    """Set each row of one reading beside the row of another.

    What both texts have in common goes in pairs, and so does what was exchanged for as many other tokens.
    Texts of one length go token by token, unless more of them is the same somewhere else.

    Args:
        before: A reading.
        after: Another one.

    Returns:
        The rows in their order, with None for one that the other text lacks; None where the two readings are
        not of one kind.
    """
    if type(before) is not type(after):
        return None
    pairs = list(_paired(before.row_ids, after.row_ids))
    old, new = before.repeated(1), after.repeated(1)
    both = [(i, j) for i, j in pairs if i is not None and j is not None]
    if not both or old.shape[-1] != new.shape[-1]:
        return [(i, j, None) for i, j in pairs]
    rows, others = zip(*both, strict=True)
    found = after.distances(old[:, list(rows)], new[:, list(others)])[0].tolist()
    distances = dict(zip(both, found, strict=True))
    return [(i, j, distances.get((i, j))) for i, j in pairs]  # pyright: ignore[reportArgumentType]


def mean_moved(places: Sequence[Place]) -> float | None:
    """Take the mean of the distances.

    Args:
        places: What `beside` gave.

    Returns:
        The mean over the rows that stand in both; None without any.
    """
    moved = [distance for _, _, distance in places if distance is not None]
    return sum(moved) / len(moved) if moved else None


def _paired(before: Sequence[int], after: Sequence[int]) -> Iterator[tuple[int | None, int | None]]:
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    common = sum(block.size for block in matcher.get_matching_blocks())
    if len(before) == len(after) and sum(map(eq, before, after)) >= common:
        yield from enumerate(range(len(after)))
        return
    for _, start, end, other, other_end in matcher.get_opcodes():
        if end - start == other_end - other:
            yield from zip(range(start, end), range(other, other_end), strict=True)
        else:
            yield from ((place, None) for place in range(start, end))
            yield from ((None, place) for place in range(other, other_end))
