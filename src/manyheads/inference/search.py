"""From a decoder to hypotheses: greedy search and beam search over a whole batch of sentences.

A search knows three operations of a model (`Decoder`) and nothing else. Its batch is a batch of *rows*,
one a hypothesis under way; the rows of a sentence are neighbours, the sentences are in order, and a
sentence that has its answer leaves, so that no step is spent on it.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from manyheads.errors import InputError
from manyheads.inference.constraints import FREE, Constraints
from manyheads.inference.continuations import Candidate
from manyheads.inference.decoding import (
    Decoder,
    Hypothesis,
    State,
    check_length_penalty,
    make_hypothesis,
    read_limits,
)
from manyheads.inference.follow import Chosen, follow
from manyheads.inference.native_state import NativeState
from manyheads.inference.ranking import Ranking, Rows

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
    """What stays the same throughout a beam search."""

    beam: int
    eos_id: int
    length_penalty: float
    force_end: bool
    equal_rows: bool
    """Whether each sentence must go on with as many prefixes as the others."""


@dataclass(frozen=True, slots=True)
class _Prefix:
    """A hypothesis under way: its newest token, and what stands before that."""

    token_id: int
    log_prob: float
    total: float
    before: "_Prefix | None"

    def path(self) -> list["_Prefix"]:
        """List itself and all before it but the start token, which nothing was before."""
        path, prefix = [], self
        while prefix.before is not None:
            path.append(prefix)
            prefix = prefix.before
        return path[::-1]


@dataclass(slots=True)
class _Sentence:
    """A sentence that is searched: its prefixes, best first, and the hypotheses that ended, best first."""

    number: int
    limit: int
    prefixes: list[_Prefix]
    steps: int = 0
    finished: list[Hypothesis] = field(default_factory=list)

    @property
    def at_limit(self) -> bool:
        """Whether the coming token is the last."""
        return self.steps + 1 == self.limit

    def go_on(self, rules: _Rules, candidates: Sequence[Candidate]) -> list[int]:
        """Take one more token: some hypotheses end, some prefixes go on.

        Args:
            rules: The search's.
            candidates: The best continuations, best first.

        Returns:
            Which prefixes go on; none where the sentence has its answer.
        """
        last = self.at_limit
        self.steps += 1
        for total, parent, token_id, log_prob in candidates[: rules.beam]:
            if (token_id == rules.eos_id or last) and total > -math.inf:
                self._end(rules, _Prefix(token_id, log_prob, total, self.prefixes[parent]), at_limit=last)
        going = [each for each in candidates if each[2] != rules.eos_id]
        if rules.equal_rows:
            # Each prefix ends in one way at most. A tiny vocabulary offers fewer than `beam` that do not.
            going = going[: min(rules.beam, len(candidates) - len(self.prefixes))]
        else:
            going = [each for each in going if each[0] > -math.inf][: rules.beam]
        if last or not going or not self._could_be_better(rules, going[0][0]):
            return []
        self.prefixes = [
            _Prefix(token_id, log_prob, total, self.prefixes[parent])
            for total, parent, token_id, log_prob in going
        ]
        return [parent for _, parent, _, _ in going]

    def _end(self, rules: _Rules, prefix: _Prefix, *, at_limit: bool) -> None:
        path = prefix.path()
        hypothesis = make_hypothesis(
            [each.token_id for each in path],
            [each.log_prob for each in path],
            rules.eos_id,
            rules.length_penalty,
            forced=rules.force_end and at_limit,
        )
        found = sorted([*self.finished, hypothesis], key=lambda each: -each.score)
        self.finished = found[: rules.beam]

    def _could_be_better(self, rules: _Rules, total: float) -> bool:
        """Whether the best prefix, ending now, would beat the worst hypothesis that there is."""
        worst = self.finished[-1].score if len(self.finished) == rules.beam else -math.inf
        return total / self.steps**rules.length_penalty > worst


@dataclass(slots=True)
class _Queue:
    """Sentences that wait for their turn, the state before their first token, and how many go at once."""

    waiting: list[_Sentence]
    state: Any
    at_once: int

    def fill_up(self, live: list[_Sentence], going: Any) -> tuple[list[_Sentence], Any]:  # noqa: ANN401
        """Let sentences join those that are searched, as far as there is room.

        Args:
            live: Those that are searched.
            going: Their state; None where there are none.

        Returns:
            All that are searched now, and their state.
        """
        count = self.at_once - len(live)
        if not self.waiting or count <= 0:
            return live, going
        coming, self.waiting = self.waiting[:count], self.waiting[count:]
        if not self.waiting and not live:
            return coming, self.state
        rows = np.arange(len(coming) + len(self.waiting))
        theirs, self.state = self.state.select(rows[:count]), self.state.select(rows[count:])
        return live + coming, going.join(theirs) if live else theirs


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
    at_once: int | None = None,
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
        at_once: How many sentences are searched at once, where the decoder is one in C: the others wait
            until one of them has its answer.

    Returns:
        For each sentence its hypotheses, best first: `n_best` of them unless the vocabulary has fewer.
    """
    _check_beam(beam, n_best)
    check_length_penalty(length_penalty)
    in_c = isinstance(state, NativeState)
    rules = _Rules(beam, eos_id, length_penalty, constraints.force_end, equal_rows=not in_c)
    ranking = Ranking(decoder, 2 * beam, eos_id, constraints, device)
    everybody = [
        _Sentence(number, limit, [_Prefix(bos_id, 0.0, 0.0, None)])
        for number, limit in enumerate(read_limits(max_lengths, sentences))
    ]
    # Those who are watched, or begin in a given way, go in step.
    waits = in_c and watch is None and not constraints.begin
    queue = _Queue(everybody, state, (at_once if waits else None) or sentences)
    live, going, step = [], None, 0
    while queue.waiting or live:
        live, going = queue.fill_up(live, going)
        ranked, going = ranking(going, _rows(live), step)
        candidates = ranked.candidates()
        if watch is not None:
            watch(_ranked(live, candidates))
        live, chosen = _go_on(rules, live, candidates)
        step += 1
        if live:
            going = decoder.select(going, torch.as_tensor(np.array(chosen), device=device))
    return [sentence.finished[:n_best] for sentence in everybody]


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
    ranking = Ranking(decoder, 1, eos_id, constraints, device)

    def likeliest_of(
        state: State, last_ids: list[int], _rows: list[int], step: int, at_limit: list[bool]
    ) -> Chosen[State]:
        rows = Rows(last_ids, [0.0] * len(last_ids), at_limit, len(last_ids))
        found, state = ranking(state, rows, step)
        return found.ids[:, 0].tolist(), found.log_probs[:, 0].tolist(), state

    return follow(
        decoder,
        state,
        likeliest_of,
        bos_id=bos_id,
        eos_id=eos_id,
        limits=read_limits(max_lengths, sentences),
        length_penalty=length_penalty,
        constraints=constraints,
        device=device,
    )


def _rows(live: Sequence[_Sentence]) -> Rows:
    rows = [(sentence, prefix) for sentence in live for prefix in sentence.prefixes]
    return Rows(
        last_ids=[prefix.token_id for _, prefix in rows],
        totals=[prefix.total for _, prefix in rows],
        at_limit=[sentence.at_limit for sentence, _ in rows],
        sentences=len(live),
    )


def _ranked(live: Sequence[_Sentence], candidates: Sequence[Sequence[Candidate]]) -> Ranked:
    """Show all candidates; those who are watched have all taken as many steps."""

    def written(sentence: _Sentence, candidate: Candidate) -> list[int]:
        _, parent, token_id, _ = candidate
        return [*(each.token_id for each in sentence.prefixes[parent].path()), token_id]

    token_ids = [
        [written(sentence, each) for each in mine] for sentence, mine in zip(live, candidates, strict=True)
    ]
    totals = [[total for total, *_ in mine] for mine in candidates]
    numbers = tuple(sentence.number for sentence in live)
    return Ranked(numbers, torch.tensor(token_ids), torch.tensor(totals, dtype=torch.float64))


def _go_on(
    rules: _Rules, live: Sequence[_Sentence], candidates: Sequence[Sequence[Candidate]]
) -> tuple[list[_Sentence], list[int]]:
    """Take one more token everywhere: who stays, and which rows go on."""
    staying, chosen, first_row = [], [], 0
    for sentence, mine in zip(live, candidates, strict=True):
        rows = len(sentence.prefixes)
        parents = sentence.go_on(rules, mine)
        chosen += [first_row + parent for parent in parents]
        staying += [sentence] * bool(parents)
        first_row += rows
    return staying, chosen


def _check_beam(beam: int, n_best: int) -> None:
    if beam < 1:
        raise InputError(f"beam must be at least 1, but {beam} was given")
    if not 1 <= n_best <= beam:
        raise InputError(f"n_best must lie between 1 and the beam of {beam}, but {n_best} was given")
