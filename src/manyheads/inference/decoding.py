"""What a search asks of a model, and what it gives back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor

from manyheads.errors import InputError, RunError

State = TypeVar("State")


@runtime_checkable
class Decoder(Protocol[State]):
    """What a search needs of a model; the state is the model's own affair.

    The caller begins, a search advances and selects. A search uses each state once, so the model
    may build the next one out of its parts.
    """

    def begin(self, memory: Any, lengths: Any) -> State:  # noqa: ANN401
        """Make the state that stands before the first token, one row a sentence."""
        ...

    def advance(
        self, state: State, last_ids: Int[Tensor, " rows"]
    ) -> tuple[Float[Tensor, "rows vocab"], State]:
        """Read one more token a row and score the vocabulary for the one after it."""
        ...

    def select(self, state: State, rows: Int[Tensor, " chosen"]) -> State:
        """Go on with these of the present rows: some twice, some not at all."""
        ...


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One finished answer to one sentence.

    Attributes:
        token_ids: What was generated: without the start token, with the end token if it came.
        log_probs: The model's natural log probability of each of these tokens; 0 for an end that was forced.
        score: `sum(log_probs) / len(token_ids) ** length_penalty`.
        finished: Whether the model itself ended it, rather than the length limit.
    """

    token_ids: tuple[int, ...]
    log_probs: tuple[float, ...]
    score: float
    finished: bool


def make_hypothesis(
    token_ids: Sequence[int],
    log_probs: Sequence[float],
    eos_id: int,
    length_penalty: float,
    *,
    forced: bool = False,
) -> Hypothesis:
    """Score what was generated.

    Args:
        token_ids: What was generated, at least one token.
        log_probs: The log probability of each.
        eos_id: The token that ends a hypothesis.
        length_penalty: The power of the length by which the sum is divided.
        forced: Whether the last token stands there because nothing else was allowed.

    Returns:
        The hypothesis.
    """
    return Hypothesis(
        token_ids=tuple(token_ids),
        log_probs=tuple(log_probs),
        score=sum(log_probs) / len(token_ids) ** length_penalty,
        finished=token_ids[-1] == eos_id and not forced,
    )


def read_limits(max_lengths: Sequence[int] | int, sentences: int) -> list[int]:
    """Turn one limit for all, or one a sentence, into a list.

    Args:
        max_lengths: The most tokens to generate, at least 1.
        sentences: How many sentences there are.

    Returns:
        A limit for each sentence.

    Raises:
        InputError: A limit below 1, or another number of limits than of sentences.
    """
    limits = [max_lengths] * sentences if isinstance(max_lengths, int) else list(max_lengths)
    if len(limits) != sentences:
        raise InputError(
            f"max_lengths must hold one limit a sentence: {len(limits)} for {sentences} were given"
        )
    for sentence, limit in enumerate(limits):
        if limit < 1:
            raise InputError(f"max_lengths must be at least 1, but sentence {sentence} was given {limit}")
    return limits


def check_length_penalty(length_penalty: float) -> None:
    """Refuse a power that would overflow, or is no number.

    Args:
        length_penalty: The power of the length by which a sum of log probabilities is divided.

    Raises:
        InputError: It lies outside -10 to 10.
    """
    if not abs(length_penalty) <= 10:
        raise InputError(f"length_penalty must lie between -10 and 10, but {length_penalty} was given")


def check_numbers(log_probs: NDArray[np.floating[Any]], step: int) -> None:
    """Stop a search whose model gives no numbers.

    Args:
        log_probs: One of each row: a logit that is not a number spoils its whole row.
        step: The number of the step, from 1.

    Raises:
        RunError: One of them is not a number.
    """
    if np.isnan(log_probs).any():
        raise RunError(
            f"the model's logits must be numbers, but at step {step} of decoding some are not (NaN)"
        )
