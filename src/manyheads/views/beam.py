"""What a beam search had before it at each step: the prefixes that it kept, and which of them won."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from manyheads.inference.search import Ranked


@dataclass(frozen=True)
class Kept:
    """One prefix that a search kept at a step.

    Attributes:
        token_ids: What was written so far, this step's token last.
        text: The same, spelt.
        log_prob: The sum of the natural log probabilities of its tokens.
        ends: Whether it ends with this step.
        won: Whether the translation that was chosen begins with it.
    """

    token_ids: tuple[int, ...]
    text: str
    log_prob: float
    ends: bool
    won: bool


def kept_at_each_step(
    ranked: Sequence[Ranked],
    chosen: Sequence[int],
    *,
    beam: int,
    end: int,
    spell: Callable[[Sequence[int]], str],
) -> tuple[tuple[Kept, ...], ...]:
    """Tell what a search for one sentence kept.

    Args:
        ranked: What each of its steps ranked.
        chosen: The tokens of the translation that won, the end token last if it came.
        beam: How many prefixes go on from each step.
        end: The id of the end token.
        spell: Spells tokens.

    Returns:
        For each token of `chosen` what was kept at its step, best first. Of those that ended only the ones
        among the best `beam` count, as in the search.
    """
    steps = zip(ranked, range(len(chosen)), strict=False)
    return tuple(
        tuple(
            Kept(ids, spell(ids), total, ids[-1] == end, ids == tuple(chosen[: step + 1]))
            for ids, total in _kept(of_step, beam, end)
        )
        for of_step, step in steps
    )


def _kept(ranked: Ranked, beam: int, end: int) -> Iterator[tuple[tuple[int, ...], float]]:
    going_on = 0
    lines = zip(ranked.token_ids[0].tolist(), ranked.totals[0].tolist(), strict=True)
    for rank, (ids, total) in enumerate(lines):
        ends = ids[-1] == end
        if total == float("-inf") or (rank >= beam if ends else going_on >= beam):
            continue
        going_on += not ends
        yield tuple(ids), total
