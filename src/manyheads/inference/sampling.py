"""Drawing hypotheses at random: temperature, top-k, top-p, and streams of chance that do not mix."""

import hashlib
from collections.abc import Sequence
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
    read_limits,
)
from manyheads.inference.follow import Chosen, follow


@dataclass(frozen=True, slots=True)
class Sampling:
    """Draw the translation instead of searching for the likeliest.

    Attributes:
        temperature: Above 1 evens the probabilities out, below 1 sharpens them; more than 0.
        top_k: How many tokens to draw from; None for all.
        top_p: The share of probability to draw from; None for all.
        seed: Where chance starts.
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    seed: int = 1


@torch.inference_mode()
def sample(
    decoder: Decoder[State],
    state: State,
    *,
    sentences: int,
    bos_id: int,
    eos_id: int,
    max_lengths: Sequence[int] | int,
    seed: int,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    length_penalty: float = 1.0,
    sentence_ids: Sequence[int] | None = None,
    constraints: Constraints = FREE,
    device: torch.device | None = None,
) -> list[Hypothesis]:
    """Draw one hypothesis a sentence, token by token.

    The logits are divided by the temperature, then cut to the `top_k` likeliest tokens, then to the fewest
    that hold `top_p` of what is left. Each sentence draws from a stream of its own, made of `seed` and its
    number in `sentence_ids`, so neighbours in the batch change nothing. A value that makes no
    sense is an `InputError`; a model whose logits are not numbers is a `RunError`. For several samples of a
    sentence `decoder.select` its row several times, and give each its own number.

    Args:
        decoder: The model.
        state: What `decoder.begin` gave: one row a sentence.
        sentences: How many sentences the state holds.
        bos_id: The token that starts every hypothesis.
        eos_id: The token that ends one.
        max_lengths: The most tokens to generate, end token included: one limit for all, or one a sentence.
        seed: Where chance starts.
        temperature: Above 1 evens the probabilities out, below 1 sharpens them; more than 0.
        top_k: How many tokens to draw from, at least 1; all by default.
        top_p: The share of probability to draw from, above 0 and at most 1; all by default.
        length_penalty: The power of the length in the score; it does not change the tokens.
        sentence_ids: The number of each sentence in the whole input; by default its place in the batch.
        constraints: What is never drawn.
        device: Where the model computes; the CPU by default.

    Returns:
        One hypothesis a sentence; its log probabilities are the model's own, before any cut.
    """
    _check_cuts(temperature, top_k, top_p)
    check_length_penalty(length_penalty)
    limits = read_limits(max_lengths, sentences)
    chances = _streams(seed, range(sentences) if sentence_ids is None else sentence_ids, limits)

    def drawn(
        state: State, last_ids: list[int], rows: list[int], step: int, at_limit: list[bool]
    ) -> Chosen[State]:
        logits, state = decoder.advance(state, torch.tensor(last_ids, device=device))
        log_probs = logits.log_softmax(dim=1, dtype=torch.float32)
        check_numbers(log_probs[:, 0].cpu().numpy(), step + 1)
        log_probs = constraints.apply(log_probs, step=step, eos_id=eos_id, at_limit=at_limit)
        cut = _cut(log_probs.double(), temperature, top_k, top_p)
        token_ids = draw(cut, torch.stack([chances[row][step] for row in rows]))
        return token_ids.tolist(), log_probs.gather(1, token_ids[:, None])[:, 0].tolist(), state

    return follow(
        decoder,
        state,
        drawn,
        bos_id=bos_id,
        eos_id=eos_id,
        limits=limits,
        length_penalty=length_penalty,
        constraints=constraints,
        device=device,
    )


def _cut(
    log_probs: Float[Tensor, "rows vocab"], temperature: float, top_k: int | None, top_p: float | None
) -> Float[Tensor, "rows vocab"]:
    """Leave what may be drawn."""
    logits = apply_temperature(log_probs, temperature)
    logits = logits if top_k is None else keep_top_k(logits, top_k)
    return logits if top_p is None else keep_top_p(logits, top_p)


def apply_temperature(logits: Float[Tensor, "rows vocab"], temperature: float) -> Float[Tensor, "rows vocab"]:
    """Divide the logits, so that probabilities become p ** (1 / temperature), up to their sum.

    Args:
        logits: Scores of the vocabulary.
        temperature: More than 0.

    Returns:
        The logits divided, moved so that the highest is 0 and a temperature near 0 overflows nothing.
    """
    return (logits - logits.amax(dim=1, keepdim=True)) / temperature


def keep_top_k(logits: Float[Tensor, "rows vocab"], top_k: int) -> Float[Tensor, "rows vocab"]:
    """Forbid all but the likeliest tokens; those equal to the last of them stay too.

    Args:
        logits: Scores of the vocabulary.
        top_k: How many tokens stay, at least 1.

    Returns:
        The logits, minus infinity where a token is forbidden.
    """
    last = logits.topk(min(top_k, logits.shape[1]), dim=1).values[:, -1:]
    return logits.masked_fill(logits < last, -torch.inf)


def keep_top_p(logits: Float[Tensor, "rows vocab"], top_p: float) -> Float[Tensor, "rows vocab"]:
    """Forbid all but the fewest tokens that together hold a share of the probability (the nucleus).

    Args:
        logits: Scores of the vocabulary.
        top_p: The share, above 0 and at most 1.

    Returns:
        The logits, minus infinity where a token is forbidden; the likeliest is never forbidden.
    """
    ranked, order = logits.sort(dim=1, descending=True, stable=True)
    probs = ranked.softmax(dim=1)
    beyond = probs.cumsum(dim=1) - probs >= top_p
    return logits.masked_fill(torch.zeros_like(beyond).scatter(1, order, beyond), -torch.inf)


def draw(logits: Float[Tensor, "rows vocab"], chances: Float[Tensor, " rows"]) -> Int[Tensor, " rows"]:
    """Pick the token in whose share of the line from 0 to 1 each row's chance falls.

    Args:
        logits: Scores of the vocabulary, minus infinity for a token never to be drawn.
        chances: A number from 0 up to but not including 1 for each row.

    Returns:
        The token ids.
    """
    ends = logits.double().softmax(dim=1).cumsum(dim=1)
    points = chances.to(ends)[:, None] * ends[:, -1:]
    return torch.searchsorted(ends, points, right=True)[:, 0]


def uniforms(seed: int, sentence_id: int, count: int) -> Float[Tensor, " steps"]:
    """Draw a sentence's stream of numbers from 0 up to but not including 1.

    Args:
        seed: Where chance starts.
        sentence_id: The number of the sentence.
        count: How many numbers.

    Returns:
        The same numbers whenever seed and sentence are the same.
    """
    digest = hashlib.blake2b(f"{seed} {sentence_id}".encode(), digest_size=8).digest()
    generator = torch.Generator().manual_seed(int.from_bytes(digest, "little"))
    return torch.rand(count, dtype=torch.float64, generator=generator)


def _streams(seed: int, sentence_ids: Sequence[int], limits: Sequence[int]) -> list[Tensor]:
    if len(sentence_ids) != len(limits):
        raise InputError(
            f"sentence_ids must hold one number a sentence: {len(sentence_ids)} for {len(limits)} were given"
        )
    return [uniforms(seed, number, limit) for number, limit in zip(sentence_ids, limits, strict=True)]


def _check_cuts(temperature: float, top_k: int | None, top_p: float | None) -> None:
    if not 0 < temperature < torch.inf:
        raise InputError(
            f"temperature must be above 0 and finite, but {temperature} was given; use greedy search for 0"
        )
    if top_k is not None and top_k < 1:
        raise InputError(f"top_k must be at least 1, but {top_k} was given")
    if top_p is not None and not 0 < top_p <= 1:
        raise InputError(f"top_p must be more than 0 and at most 1, but {top_p} was given")
