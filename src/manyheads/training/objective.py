"""What an encoder's task brings beyond the network: batches, a loss, and a verdict."""

from typing import Any, Literal, Protocol, runtime_checkable

from manyheads.model.bert import EncoderModel
from manyheads.training.loss import Loss
from manyheads.training.task import Batches, Verdict

Part = Literal["train", "valid", "test"]


@runtime_checkable
class Corpus(Protocol):
    """What is told of a corpus whatever it is made of."""

    @property
    def noun(self) -> str:
        """What examples are: `texts`."""
        ...

    def count(self, part: Part) -> int:
        """Count the examples of a part."""
        ...


@runtime_checkable
class Objective(Protocol):
    """What is to be told of texts."""

    @property
    def unit(self) -> str:
        """What the loss counts: `nats a text`."""
        ...

    @property
    def corpus(self) -> Corpus:
        """What it learns from and is tried on."""
        ...

    @property
    def about(self) -> str:
        """What the model does, for its card: `tells which of 2 labels a text has`."""
        ...

    @property
    def batches(self) -> Batches:
        """What it learns from."""
        ...

    def lines(self) -> list[str]:
        """Say what it learns from, for people."""
        ...

    def loss(self, model: EncoderModel, batch: Any, smoothing: float) -> Loss:  # noqa: ANN401
        """Sum a batch's loss over its labels; the batch is on the network's device."""
        ...

    def judge(self, model: EncoderModel, part: Part) -> Verdict:
        """Try a network, in evaluation mode, on a part that has examples."""
        ...
