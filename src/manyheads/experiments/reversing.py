"""A small task in which two networks can be compared, everything else equal: write letters down from the end.

Pairs are drawn while a network learns, each a function of (seed, update); so two networks of one seed start
with the same numbers and read the same pairs.
"""

import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import nn

from manyheads.batches.translation import TranslationBatch, pack_pairs
from manyheads.model.build import build_transformer
from manyheads.model.initialize import initialize
from manyheads.model.transformer import Transformer
from manyheads.recipes.schema import Model, Training
from manyheads.text.tokenizer import OUR_PAIR, SPECIAL_TOKENS
from manyheads.training.device import Placement
from manyheads.training.optimizer import build_optimizer
from manyheads.training.step import Stepper
from manyheads.training.translation_loss import translation_loss

_HELD_OUT = (0, 0)
"""What the pairs are drawn with that networks are tried on: seeds of trainings are above 0."""


@dataclass(frozen=True, slots=True)
class Reversing:
    """How the task is set.

    Attributes:
        letters: How many different ones there are.
        shortest: Letters of the shortest sequence.
        longest: Letters of the longest.
        pairs: Pairs of a batch.
        held_out: Pairs that a network is tried on.
        every: Updates between two trials.
    """

    letters: int = 10
    shortest: int = 3
    longest: int = 10
    pairs: int = 48
    held_out: int = 200
    every: int = 20

    @property
    def vocab_size(self) -> int:
        """Tokens of the one vocabulary, special ones included."""
        return len(SPECIAL_TOKENS) + self.letters


def draw_pairs(task: Reversing, *seed: int, pairs: int) -> TranslationBatch:
    """Draw sequences of letters with what they become, all lengths equally often.

    Args:
        task: How the task is set.
        *seed: The pairs are a function of these numbers.
        pairs: How many.

    Returns:
        The batch, shortest sequences first.
    """
    rng = np.random.default_rng(seed)
    lengths = np.sort(rng.integers(task.shortest, task.longest + 1, pairs))
    src = [rng.integers(len(SPECIAL_TOKENS), task.vocab_size, length) for length in lengths]
    return pack_pairs(src, [ids[::-1] for ids in src], OUR_PAIR)


def without_reading(task: Reversing) -> dict[str, float]:
    """Say what the best prediction of the held-out targets reaches that does not read their sources.

    It knows how pairs are drawn. All letters are equally likely and say nothing of those after them, and all
    lengths are equally likely: a target of n letters has the probability letters^-n / lengths, or letters^-n
    where the source's length is known.

    Args:
        task: How the task is set.

    Returns:
        `loss` in nats a token, and `loss_with_length`, what is left of it where the source's length is known
        and no letter; and `right`, the share of tokens that are the likeliest after those before, expected
        over the letters, where nothing of the source is known.
    """
    targets = draw_pairs(task, *_HELD_OUT, pairs=task.held_out).tgt.lengths
    tokens, letters = targets.total, targets.total - len(targets.values)
    of_letters = letters * math.log(task.letters)
    of_ends = len(targets.values) * math.log(task.longest - task.shortest + 1)
    right = sum(_right_without_reading(task, length - 1) for length in targets.values)
    return {
        "loss": (of_letters + of_ends) / tokens,
        "loss_with_length": of_letters / tokens,
        "right": right / tokens,
    }


def _right_without_reading(task: Reversing, letters: int) -> float:
    """Expect how many tokens of a target are the likeliest: a letter, or the end."""

    def end_is_likeliest(place: int) -> bool:
        # The end is then one of longest - place + 1 equally likely lengths; the others share its letters.
        return place >= task.shortest and task.letters > task.longest - place

    guessed = sum(not end_is_likeliest(place) for place in range(letters))
    return guessed / task.letters + end_is_likeliest(letters)


def learn_to_reverse(
    task: Reversing,
    model: Model,
    training: Training,
    *,
    seed: int,
    change: Callable[[nn.Module], AbstractContextManager[None]] = nullcontext,
) -> dict[str, Any]:
    """Train a network on the task, and try it every few updates.

    Args:
        task: How the task is set.
        model: The network's sizes.
        training: Updates, learning rate and the rest; the batch is the task's.
        seed: Decides the numbers that the network starts with and what it reads; above 0.
        change: What is changed about the network, in training and when it is tried.

    Returns:
        `seed`; `curve`, the loss on held-out pairs in nats a token by update, from update 0; `valid_loss`,
        the last of those; and `right`, the share of held-out tokens that are then the likeliest after those
        before.
    """
    network = _start(task, model, seed)
    loss = partial(translation_loss, network)
    cpu = Placement(torch.device("cpu"), "float32", "the task is small")
    stepper = Stepper(network, build_optimizer(network, training), training, cpu, seed, loss)
    held_out = draw_pairs(task, *_HELD_OUT, pairs=task.held_out)
    with torch.random.fork_rng(devices=()), change(network):
        curve = [(0, _try(network, held_out)[0])]
        for update in range(1, training.updates + 1):
            stepper.take(update, [draw_pairs(task, seed, update, pairs=task.pairs)])
            if update % task.every == 0 or update == training.updates:
                curve.append((update, _try(network, held_out)[0]))
        valid_loss, right = _try(network, held_out)
    return {"seed": seed, "valid_loss": valid_loss, "right": right, "curve": [list(point) for point in curve]}


def _start(task: Reversing, model: Model, seed: int) -> Transformer:
    """Build a network whose numbers depend on the seed alone."""
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(seed)
        network = build_transformer(model, src_vocab_size=task.vocab_size, tgt_vocab_size=task.vocab_size)
        initialize(network)
    return network


def _try(network: Transformer, batch: TranslationBatch) -> tuple[float, float]:
    """Give the loss in nats a token, and the share of tokens that the network finds likeliest."""
    was_training = network.training
    network.eval()
    with torch.no_grad():
        logits = network(batch.src, batch.tgt)
    network.train(was_training)
    loss = nn.functional.cross_entropy(logits, batch.labels)
    return loss.item(), (logits.argmax(dim=1) == batch.labels).double().mean().item()
