"""One path a sentence through the tokens: what greedy search and sampling share."""

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from manyheads.inference.constraints import FREE, Constraints
from manyheads.inference.decoding import Decoder, Hypothesis, State, check_numbers, make_hypothesis

Choose = Callable[[Float[Tensor, "rows vocab"], list[int], int], Int[Tensor, " rows"]]


def follow(
    decoder: Decoder[State],
    state: State,
    choose: Choose,
    *,
    start_ids: Int[Tensor, " rows"],
    eos_id: int,
    limits: Sequence[int],
    length_penalty: float,
    constraints: Constraints = FREE,
) -> list[Hypothesis]:
    """Follow a single path a sentence, one chosen token after another.

    Args:
        decoder: The model.
        state: One row a sentence.
        choose: Picks the next tokens, given the log probabilities, the sentences' numbers and the number of
            the step from 0.
        start_ids: The token that each sentence starts from.
        eos_id: The token that ends a path.
        limits: The most tokens to generate for each sentence.
        length_penalty: The power of the length in the score.
        constraints: What may not be chosen.

    Returns:
        One hypothesis a sentence.
    """
    ids: list[list[int]] = [[] for _ in limits]
    logs: list[list[float]] = [[] for _ in limits]
    rows, last_ids, step = list(range(len(limits))), start_ids, 0
    while rows:
        logits, state = decoder.advance(state, last_ids)
        log_probs = logits.log_softmax(dim=1, dtype=torch.float32)
        check_numbers(log_probs[:, 0], step + 1)
        at_limit = [limits[row] == step + 1 for row in rows]
        log_probs = constraints.apply(log_probs, step=step, eos_id=eos_id, at_limit=at_limit)
        chosen = choose(log_probs, rows, step)
        chosen_log_probs = log_probs.gather(1, chosen[:, None])[:, 0].tolist()
        for row, token_id, log_prob in zip(rows, chosen.tolist(), chosen_log_probs, strict=True):
            ids[row].append(token_id)
            logs[row].append(log_prob)
        step += 1
        stays = [i for i, row in enumerate(rows) if ids[row][-1] != eos_id and step < limits[row]]
        last_ids = chosen
        if 0 < len(stays) < len(rows):
            kept = torch.tensor(stays, device=chosen.device)
            state, last_ids = decoder.select(state, kept), chosen[kept]
        rows = [rows[i] for i in stays]
    return [
        make_hypothesis(
            path, path_logs, eos_id, length_penalty, forced=constraints.force_end and len(path) == limit
        )
        for path, path_logs, limit in zip(ids, logs, limits, strict=True)
    ]
