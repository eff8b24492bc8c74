"""What a run tells those who listen: to show it, to log it, to draw it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from manyheads.training.step import Sums
from manyheads.training.task import FinalScore, Verdict


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
    """The model was tried on what it does not learn from.

    Attributes:
        update: After which update.
        verdict: What was found.
        best: Whether this is the best so far.
        seconds: What it took.
    """

    update: int
    verdict: Verdict
    best: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class Finished:
    """The run is over.

    Attributes:
        folder: The model.
        lines: What it scores, for people.
        reason: Why it is over.
        seconds: What this run took, without what was done before a resume.
        update: After which update.
        tested: What the model that was kept scores on the test part; None where there is none.
    """

    folder: Path
    lines: tuple[str, ...]
    reason: str
    seconds: float
    update: int = 0
    tested: FinalScore | None = None


Event = Started | Updated | Validated | Finished
Listener = Callable[[Event], None]
