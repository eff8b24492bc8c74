"""What a task brings to a run: the border between what is learned and how a run goes on, ends and is told.

A run knows nothing of pairs, labels or masks. It takes batches by their position, has their loss computed,
has the model tried now and then, and writes down what the task says belongs into the model's folder.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from torch import nn

from manyheads.checkpoint.store import StoredModel
from manyheads.training.loss import Loss


@dataclass(frozen=True, slots=True)
class Verdict:
    """What trying a model found.

    Attributes:
        loss: Of what is learned, a label, without smoothing.
        scores: Figures by their names in the log, the one that counts first: `{"bleu": 36.8}`.
        signature: How they were counted; empty where that goes without saying.
        sample: A text, what the model makes of it, and what is right, each with its name.
    """

    loss: float
    scores: Mapping[str, float] = field(default_factory=dict)
    signature: str = ""
    sample: tuple[tuple[str, str], ...] = ()

    def worth(self, metric: str) -> float:
        """Say how good the model is.

        Args:
            metric: What counts: the name of a score, or `loss`.

        Returns:
            More is better.
        """
        return -self.loss if metric == "loss" else self.scores[metric]


@dataclass(frozen=True, slots=True)
class FinalScore:
    """What the model that was kept scores on the test part.

    Attributes:
        verdict: What it scores.
        count: How many examples there are.
        noun: What they are: `pairs`, `texts`.
    """

    verdict: Verdict
    count: int
    noun: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What a task tells the card of its model.

    Attributes:
        task: What the model does.
        name: The title, where the recipe has none.
        languages: What it reads, and writes, by ISO 639 code.
        summary: What it is, in a sentence.
        corpus: What became of the data, line by line.
        tried_on: What its validation scores were measured on.
    """

    task: str
    name: str
    languages: tuple[str, ...]
    summary: str
    corpus: tuple[str, ...]
    tried_on: str


@runtime_checkable
class Batches(Protocol):
    """Endless batches, each a function of (seed, position)."""

    @property
    def per_epoch(self) -> int:
        """How many batches go once through the corpus."""
        ...

    def batch(self, position: int) -> Any:  # noqa: ANN401 - what it holds is between the batches and the loss
        """Make the batch at a position: it has `labels`, whose number divides the loss, `tokens` and `to`."""
        ...


@runtime_checkable
class Task(Protocol):
    """What is learned, from which batches, and how it is tried."""

    @property
    def recipe(self) -> Any:  # noqa: ANN401
        """The run's recipe, with the sizes of the model that it goes on from."""
        ...

    @property
    def model(self) -> nn.Module:
        """The network."""
        ...

    @property
    def batches(self) -> Batches:
        """What it learns from."""
        ...

    @property
    def metric(self) -> str:
        """What decides which model is kept: the name of a score, or `loss`."""
        ...

    @property
    def unit(self) -> str:
        """What the loss counts, a label: `nats a token`."""
        ...

    def loss(self, batch: Any, smoothing: float) -> Loss:  # noqa: ANN401
        """Sum a batch's loss over its labels; the batch is on the network's device."""
        ...

    def corpus_lines(self) -> list[str]:
        """Say what it learns from, for people."""
        ...

    def model_lines(self) -> list[str]:
        """Say what the network is, for people."""
        ...

    def try_model(self) -> Verdict | None:
        """Try the network as it is now; None where there is nothing to try it on."""
        ...

    def test(self, folder: Path) -> FinalScore | None:
        """Score the model in a folder on the test part; None where there is none."""
        ...

    def facts(self) -> Facts:
        """Say what the model's card needs to know."""
        ...

    def stored(self, card: str) -> StoredModel:
        """Say what belongs into the model's folder, with the parameters as they are now."""
        ...
