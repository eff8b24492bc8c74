"""From a decoder to hypotheses: greedy search and beam search over a whole batch of sentences.

A search knows three operations of a model (`Decoder`) and nothing else. Its batch is a batch of *rows*,
one a hypothesis under way; the rows of a sentence are neighbours, the sentences are in order, and a
sentence that has its answer leaves, so that no step is spent on it.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from manyheads.errors import InputError
from manyheads.inference.constraints import FREE, Constraints
from manyheads.inference.decoding import (
    Decoder,
    Hypothesis,
    State,
    check_length_penalty,
    check_numbers,
    make_hypothesis,
    read_limits,
)
from manyheads.inference.follow import follow
from manyheads.inference.likeliest import likeliest

__all__ = ["Decoder", "Hypothesis", "Ranked", "beam_search", "greedy_search"]


@dataclass(frozen=True, slots=True)
class Ranked:
    """What a step of a beam search ranked, for those who watch it.

    Attributes:
        sentences: Which are still searched.
        token_ids: For each its best prefixes with one more token, best first, without the start token.
        totals: The sum of their log probabilities; minus infinity where the vocabulary offers no more.
    """

    sentences: tuple[int, ...]
    token_ids: Int[Tensor, "sentences candidates length"]
    totals: Float[Tensor, "sentences candidates"]


@dataclass(frozen=True, slots=True)
class _Rules:
    """What stays the same throughout a beam search; one limit a sentence."""

    beam: int
    eos_id: int
    length_penalty: float
    limits: Sequence[int]
    constraints: Constraints


@dataclass(frozen=True, slots=True)
class _Live:
    """The hypotheses under way; the start token stands first in `token_ids`."""

    sentences: tuple[int, ...]
    totals: Float[Tensor, "sentences beam"]
    token_ids: Int[Tensor, "sentences beam length"]
    log_probs: Float[Tensor, "sentences beam generated"]


@dataclass(frozen=True, slots=True)
class _Candidates:
    """The best continuations of each sentence, best first; `parents` says of which beam."""

    totals: Float[Tensor, "sentences candidates"]
    parents: Int[Tensor, "sentences candidates"]
    token_ids: Int[Tensor, "sentences candidates"]
    log_probs: Float[Tensor, "sentences candidates"]


@torch.inference_mode()
def beam_search(
    decoder: Decoder[State],
    state: State,
    *,
    sentences: int,
    bos_id: int,
    eos_id: int,
    beam: int,
    length_penalty: float,
    max_lengths: Sequence[int] | int,
    n_best: int = 1,
    constraints: Constraints = FREE,
    device: torch.device | None = None,
    watch: Callable[[Ranked], None] | None = None,
) -> list[list[Hypothesis]]:
    """Find good hypotheses for every sentence by keeping the best few prefixes at each step.

    Each step looks at the `2 * beam` best continuations of a sentence. One that ends counts only if it
    is among the best `beam`; the best `beam` that do not end go on. At its length limit a sentence's best
    `beam` continuations count as they are. A sentence leaves when it has `beam` hypotheses and its best
    prefix, scored as if it ended now, is no better than the worst of them. These are the rules of
    `generate(num_beams=beam, early_stopping=False)` in `transformers`. Among equals the earlier
    beam, then the likelier token, then the smaller token id, comes first. A value that makes no sense is
    an `InputError`; a model whose logits are not numbers is a `RunError`.

    Args:
        decoder: The model.
        state: What `decoder.begin` gave: one row a sentence.
        sentences: How many sentences the state holds.
        bos_id: The token that starts every hypothesis.
        eos_id: The token that ends one.
        beam: How many prefixes are kept, at least 1.
        length_penalty: The power of the length by which a sum of log probabilities is divided, -10 to 10;
            0 favours short hypotheses, 1 compares by the mean.
        max_lengths: The most tokens to generate, end token included: one limit for all, or one a sentence.
        n_best: How many hypotheses to give back for a sentence, at most `beam`.
        constraints: What may not be taken.
        device: Where the model computes; the CPU by default.
        watch: Told what each step ranked.

    Returns:
        For each sentence its hypotheses, best first: `n_best` of them unless the vocabulary has fewer.
    """
    _check_beam(beam, n_best)
    check_length_penalty(length_penalty)
    rules = _Rules(beam, eos_id, length_penalty, read_limits(max_lengths, sentences), constraints)
    live = _start(sentences, bos_id, device)
    finished: list[list[Hypothesis]] = [[] for _ in range(sentences)]
    while live.sentences:
        logits, state = decoder.advance(state, live.token_ids[:, :, -1].flatten())
        candidates = _expand(rules, live, logits)
        if watch is not None:
            watch(_ranked(live, candidates))
        for sentence, hypothesis in _ended(rules, live, candidates):
            finished[sentence] = _best([*finished[sentence], hypothesis], beam)
        live, rows = _go_on(rules, live, candidates, finished)
        state = decoder.select(state, rows) if live.sentences else state
    return [hypotheses[:n_best] for hypotheses in finished]


@torch.inference_mode()
def greedy_search(
    decoder: Decoder[State],
    state: State,
    *,
    sentences: int,
    bos_id: int,
    eos_id: int,
    max_lengths: Sequence[int] | int,
    length_penalty: float = 1.0,
    constraints: Constraints = FREE,
    device: torch.device | None = None,
) -> list[Hypothesis]:
    """Take the likeliest token at every step, the smaller id among equals.

    Args:
        decoder: The model.
        state: What `decoder.begin` gave: one row a sentence.
        sentences: How many sentences the state holds.
        bos_id: The token that starts every hypothesis.
        eos_id: The token that ends one.
        max_lengths: The most tokens to generate, end token included: one limit for all, or one a sentence.
        length_penalty: The power of the length in the score; it does not change the tokens.
        constraints: What may not be taken.
        device: Where the model computes; the CPU by default.

    Returns:
        One hypothesis a sentence.
    """
    check_length_penalty(length_penalty)
    return follow(
        decoder,
        state,
        lambda log_probs, _sentences, _step: log_probs.argmax(dim=1),
        start_ids=torch.full((sentences,), bos_id, device=device),
        eos_id=eos_id,
        limits=read_limits(max_lengths, sentences),
        length_penalty=length_penalty,
        constraints=constraints,
    )


def _start(sentences: int, bos_id: int, device: torch.device | None) -> _Live:
    return _Live(
        sentences=tuple(range(sentences)),
        totals=torch.zeros(sentences, 1, dtype=torch.float64, device=device),
        token_ids=torch.full((sentences, 1, 1), bos_id, device=device),
        log_probs=torch.zeros(sentences, 1, 0, device=device),
    )


def _expand(rules: _Rules, live: _Live, logits: Float[Tensor, "rows vocab"]) -> _Candidates:
    """Rank the continuations of each sentence, whichever of its beams they continue."""
    count = 2 * rules.beam
    sentences, beam = live.totals.shape
    at_limit = [last for last in _at_limit(rules, live) for _ in range(beam)]
    allowed = rules.constraints.apply(
        logits.log_softmax(dim=1, dtype=torch.float32),
        step=live.token_ids.shape[2] - 1,
        eos_id=rules.eos_id,
        at_limit=at_limit,
    )
    log_probs, ids = likeliest(allowed, count)
    each = ids.shape[1]
    totals = live.totals[:, :, None] + log_probs.view(sentences, beam, each)
    ranked, order = totals.flatten(1).sort(dim=1, descending=True, stable=True)
    ranked, order = ranked[:, :count], order[:, :count]
    check_numbers(ranked[:, 0], live.token_ids.shape[2])
    return _Candidates(
        totals=ranked,
        parents=order // each,
        token_ids=ids.view(sentences, beam * each).gather(1, order),
        log_probs=log_probs.view(sentences, beam * each).gather(1, order),
    )


def _ranked(live: _Live, candidates: _Candidates) -> Ranked:
    rows = torch.arange(len(live.sentences), device=candidates.parents.device)[:, None]
    before = live.token_ids[rows, candidates.parents, 1:]
    token_ids = torch.cat([before, candidates.token_ids[:, :, None]], dim=2)
    return Ranked(live.sentences, token_ids, candidates.totals)


def _ended(rules: _Rules, live: _Live, candidates: _Candidates) -> Iterator[tuple[int, Hypothesis]]:
    """Give the hypotheses that end at this step, with their sentences."""
    ends = candidates.token_ids[:, : rules.beam] == rules.eos_id
    at_limit = _at_limit(rules, live)
    ends |= torch.tensor(at_limit, device=ends.device)[:, None]
    ends &= candidates.totals[:, : rules.beam] > -math.inf
    row, rank = ends.nonzero(as_tuple=True)
    if not len(row):
        return
    parent = candidates.parents[row, rank]
    ids = torch.cat([live.token_ids[row, parent, 1:], candidates.token_ids[row, rank, None]], dim=1)
    log_probs = torch.cat([live.log_probs[row, parent], candidates.log_probs[row, rank, None]], dim=1)
    for sentence, tokens, logs in zip(row.tolist(), ids.tolist(), log_probs.tolist(), strict=True):
        forced = rules.constraints.force_end and at_limit[sentence]
        yield (
            live.sentences[sentence],
            make_hypothesis(tokens, logs, rules.eos_id, rules.length_penalty, forced=forced),
        )


def _go_on(
    rules: _Rules, live: _Live, candidates: _Candidates, finished: list[list[Hypothesis]]
) -> tuple[_Live, Int[Tensor, " chosen"]]:
    """Keep the best prefixes of the sentences that could do better, and say which rows they continue."""
    ends = candidates.token_ids == rules.eos_id
    # Each prefix ends in one way at most. A tiny vocabulary offers fewer than `beam` that do not.
    width = min(rules.beam, ends.shape[1] - live.totals.shape[1])
    order = ends.int().argsort(dim=1, stable=True)[:, :width]
    stays = _stays(rules, live, candidates.totals.gather(1, order), finished)
    kept = torch.tensor(stays, dtype=torch.int64, device=ends.device)
    row, order = kept[:, None], order[kept]
    parents = candidates.parents[row, order]
    ids, log_probs = candidates.token_ids[row, order], candidates.log_probs[row, order]
    following = _Live(
        sentences=tuple(live.sentences[i] for i in stays),
        totals=candidates.totals[row, order],
        token_ids=torch.cat([live.token_ids[row, parents], ids[:, :, None]], dim=2),
        log_probs=torch.cat([live.log_probs[row, parents], log_probs[:, :, None]], dim=2),
    )
    return following, (row * live.totals.shape[1] + parents).flatten()


def _stays(
    rules: _Rules, live: _Live, totals: Float[Tensor, "sentences beam"], finished: list[list[Hypothesis]]
) -> list[int]:
    """Tell which sentences have a prefix that, ending now, would beat the worst hypothesis they have."""
    if not totals.shape[1]:
        return []
    divisor = live.token_ids.shape[2] ** rules.length_penalty
    best = [total / divisor for total in totals[:, 0].tolist()]
    worst = [_worst(finished[sentence], rules.beam) for sentence in live.sentences]
    at_limit = _at_limit(rules, live)
    return [i for i in range(len(best)) if best[i] > worst[i] and not at_limit[i]]


def _at_limit(rules: _Rules, live: _Live) -> list[bool]:
    """Tell for which sentences this step is the last: the start token is counted for the coming one."""
    return [rules.limits[sentence] == live.token_ids.shape[2] for sentence in live.sentences]


def _best(hypotheses: list[Hypothesis], count: int) -> list[Hypothesis]:
    return sorted(hypotheses, key=lambda hypothesis: -hypothesis.score)[:count]


def _worst(hypotheses: list[Hypothesis], beam: int) -> float:
    """Give the score that a further hypothesis would have to beat."""
    return hypotheses[-1].score if len(hypotheses) == beam else -math.inf


def _check_beam(beam: int, n_best: int) -> None:
    if beam < 1:
        raise InputError(f"beam must be at least 1, but {beam} was given")
    if not 1 <= n_best <= beam:
        raise InputError(f"n_best must lie between 1 and the beam of {beam}, but {n_best} was given")
