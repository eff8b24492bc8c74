"""One update: forward, backward, clip, step."""

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from manyheads.errors import RunError
from manyheads.recipes.schema import Training
from manyheads.training.device import Placement
from manyheads.training.loss import Loss
from manyheads.training.schedule import learning_rate


@dataclass(frozen=True, slots=True)
class Sums:
    """What one update, or several together, went over.

    Attributes:
        smoothed: The loss that is minimised, in nats, summed over the labels.
        plain: The cross-entropy, in nats, summed over the labels.
        labels: How many there were: of a translation target tokens, end tokens included.
        tokens: Of a translation source and target tokens.
    """

    smoothed: float = 0.0
    plain: float = 0.0
    labels: int = 0
    tokens: int = 0

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(
            self.smoothed + other.smoothed,
            self.plain + other.plain,
            self.labels + other.labels,
            self.tokens + other.tokens,
        )


def seed_update(seed: int, update: int) -> None:
    """Make the dropout of an update a function of (seed, update), so that a run can go on where it stopped.

    Args:
        seed: The run's.
        update: Counted from 1.
    """
    # torch's generator on a CPU takes in 32 bits alone: shifted together, the seed would fall off.
    digest = hashlib.blake2b(f"{seed} {update}".encode(), digest_size=4).digest()
    torch.manual_seed(int.from_bytes(digest, "little"))


class Stepper:
    """Takes updates.

    Args:
        model: The network, in training mode.
        optimizer: Over its parameters.
        config: Loss, clipping and learning rate.
        placement: Where and in which precision.
        seed: The run's.
        loss: From a batch on the network's device and the share of smoothing to the sums over its labels.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        config: Training,
        placement: Placement,
        seed: int,
        loss: Callable[[Any, float], Loss],
    ) -> None:
        self.model = model
        self.optimizer = optimizer
        self._config = config
        self._placement = placement
        self._seed = seed
        self._loss = loss

    def take(self, update: int, batches: Sequence[Any]) -> Sums:
        """Take one update over batches whose gradients are added up.

        Args:
            update: Counted from 1.
            batches: On the CPU; the loss is the mean over the labels of all of them.

        Returns:
            The sums before the update.

        Raises:
            RunError: The loss or the gradient is not a number; the parameters are as they were.
        """
        seed_update(self._seed, update)
        labels = max(sum(len(batch.labels) for batch in batches), 1)
        sums = Sums()
        for batch in batches:
            with self._placement.autocast():
                loss = self._loss(batch.to(self._placement.device), self._config.label_smoothing)
            (loss.smoothed / labels).backward()
            sums += Sums(loss.smoothed.item(), loss.plain.item(), len(batch.labels), batch.tokens)
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), self._config.clip_norm or float("inf"))
        if not torch.isfinite(norm) or not math.isfinite(sums.smoothed):
            self.optimizer.zero_grad()
            raise RunError(f"the loss must stay a number, but at update {update} loss or gradient is not")
        for group in self.optimizer.param_groups:
            group["lr"] = group["rate"] * learning_rate(self._config, update)
        self.optimizer.step()
        self.optimizer.zero_grad()
        return sums
