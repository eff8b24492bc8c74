"""What a run tells those who listen: to show it, to log it, to draw it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from manyheads.training.step import Sums


@dataclass(frozen=True, slots=True)
class Started:
    """The run is ready.

    Attributes:
        lines: What is trained on what, for people.
        done: Updates taken before, more than 0 where a run goes on.
        updates: Updates that it will have in all.
    """

    lines: tuple[str, ...]
    done: int
    updates: int


@dataclass(frozen=True, slots=True)
class Updated:
    """An update was taken.

    Attributes:
        update: Counted from 1.
        epoch: The share of the corpus gone through, 1.0 for once.
        sums: Over the updates since the last line of the log.
        learning_rate: That of this update.
        tokens_per_second: Source and target, since the last line of the log.
        logged: Whether this update closes a line of the log.
    """

    update: int
    epoch: float
    sums: Sums
    learning_rate: float
    tokens_per_second: float
    logged: bool


@dataclass(frozen=True, slots=True)
class Validated:
    """The model was tried on pairs that it does not learn from.

    Attributes:
        update: After which update.
        loss: Cross-entropy a token, in nats, without smoothing.
        bleu: Of beam decoding, by the same function as `manyheads evaluate`.
        signature: How BLEU was counted.
        best: Whether this is the best so far.
        sample: A source, what the model makes of it, and what a person said.
        seconds: What it took.
    """

    update: int
    loss: float
    bleu: float
    signature: str
    best: bool
    sample: tuple[str, str, str]
    seconds: float


@dataclass(frozen=True, slots=True)
class Finished:
    """The run is over.

    Attributes:
        folder: The model.
        lines: What it scores, for people.
        reason: Why it is over.
        seconds: What this run took, without what was done before a resume.
    """

    folder: Path
    lines: tuple[str, ...]
    reason: str
    seconds: float


Event = Started | Updated | Validated | Finished
Listener = Callable[[Event], None]
