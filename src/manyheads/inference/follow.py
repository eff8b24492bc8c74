"""One path a sentence through the tokens: what greedy search and sampling share."""

from collections.abc import Callable, Sequence

import torch

from manyheads.inference.constraints import FREE, Constraints
from manyheads.inference.decoding import Decoder, Hypothesis, State, make_hypothesis

Chosen = tuple[list[int], list[float], State]
"""The next token of each row, its log probability, and the state with the tokens before it read."""
Choose = Callable[[State, list[int], list[int], int, list[bool]], Chosen[State]]
"""Picks them, given the state, the newest tokens, the sentences' numbers, the number of the step from 0, and
for each row whether its limit leaves room for one token only."""


def follow(
    decoder: Decoder[State],
    state: State,
    choose: Choose[State],
    *,
    bos_id: int,
    eos_id: int,
    limits: Sequence[int],
    length_penalty: float,
    constraints: Constraints = FREE,
    device: torch.device | None = None,
) -> list[Hypothesis]:
    """Follow a single path a sentence, one chosen token after another.

    Args:
        decoder: The model.
        state: One row a sentence.
        choose: Picks the next tokens.
        bos_id: The token that every path starts from.
        eos_id: The token that ends a path.
        limits: The most tokens to generate for each sentence.
        length_penalty: The power of the length in the score.
        constraints: What may not be chosen.
        device: Where the model computes.

    Returns:
        One hypothesis a sentence.
    """
    ids: list[list[int]] = [[] for _ in limits]
    logs: list[list[float]] = [[] for _ in limits]
    rows, last_ids, step = list(range(len(limits))), [bos_id] * len(limits), 0
    while rows:
        at_limit = [limits[row] == step + 1 for row in rows]
        last_ids, log_probs, state = choose(state, last_ids, rows, step, at_limit)
        for row, token_id, log_prob in zip(rows, last_ids, log_probs, strict=True):
            ids[row].append(token_id)
            logs[row].append(log_prob)
        step += 1
        stays = [i for i, row in enumerate(rows) if ids[row][-1] != eos_id and step < limits[row]]
        if 0 < len(stays) < len(rows):
            state = decoder.select(state, torch.tensor(stays, device=device))
        rows, last_ids = [rows[i] for i in stays], [last_ids[i] for i in stays]
    return [
        make_hypothesis(
            path, path_logs, eos_id, length_penalty, forced=constraints.force_end and len(path) == limit
        )
        for path, path_logs, limit in zip(ids, logs, limits, strict=True)
    ]
