"""Those who listen to a run: the log, plain lines, and a live display for a terminal."""

import json
import time
from datetime import timedelta
from io import TextIOBase
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.text import Text

from manyheads.checkpoint.atomic import write_file
from manyheads.errors import RunError
from manyheads.training.describe import say_verdict
from manyheads.training.events import Event, Finished, Started, Updated, Validated
from manyheads.training.task import FinalScore


def read_log(path: Path) -> list[dict[str, Any]]:
    """Read a run's log; a line that a killed process left half-written is passed over.

    Args:
        path: The JSONL file.

    Returns:
        Its records; none where there is no log yet.
    """
    if not path.exists():
        return []
    records = []
    for line in path.read_text(encoding="utf-8").split("\n"):
        try:
            records.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return records


def log_record(event: Event) -> dict[str, Any] | None:
    """Turn an event into a line of the log.

    Args:
        event: What happened.

    Returns:
        The record; None where the log takes no notice.
    """
    match event:
        case Updated(logged=True):
            return {
                "update": event.update,
                "epoch": round(event.epoch, 3),
                "loss": event.sums.plain / event.sums.labels,
                "smoothed_loss": event.sums.smoothed / event.sums.labels,
                "learning_rate": event.learning_rate,
                "tokens": event.sums.tokens,
                "tokens_per_second": round(event.tokens_per_second, 1),
            }
        case Validated():
            verdict = event.verdict
            return {"update": event.update, "valid_loss": verdict.loss, **verdict.scores, "best": event.best}
        case Finished(tested=FinalScore() as tested):
            signed = {"signature": tested.verdict.signature} if tested.verdict.signature else {}
            return {
                "update": event.update,
                "test": {tested.noun: tested.count, **tested.verdict.scores},
                **signed,
            }
        case _:
            return None


class JsonLog:
    """Appends what happens to a JSONL file, which is opened for each line: the folder may be written anew.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self, event: Event) -> None:
        """Write an event down, at once.

        Args:
            event: What happened.

        Raises:
            RunError: The disk does not take it.
        """
        if isinstance(event, Started):
            self._begin(event.done)
        if (record := log_record(event)) is None:
            return
        try:
            with self._path.open("a", encoding="utf-8", newline="\n") as file:
                file.write(json.dumps(record) + "\n")
        except OSError as error:
            raise RunError(
                f"{self._path} could not be written: {error.strerror}; mend that and go on with --resume"
            ) from error

    def _begin(self, done: int) -> None:
        """Drop what a stopped run logged beyond the update that it goes on from, and will log again."""
        before = read_log(self._path)
        kept = [record for record in before if record["update"] <= done and "test" not in record]
        write_file(self._path, "".join(json.dumps(record) + "\n" for record in kept).encode())


class _Clock:
    """Says how long a run will still take, from how long it has taken."""

    def __init__(self) -> None:
        self._begun, self._done, self._updates = time.monotonic(), 0, 0

    def start(self, event: Started) -> None:
        self._begun, self._done, self._updates = time.monotonic(), event.done, event.updates

    def left(self, update: int) -> str:
        taken = (time.monotonic() - self._begun) / max(update - self._done, 1)
        return str(timedelta(seconds=round(taken * (self._updates - update))))


def _opening(event: Started) -> list[str]:
    return [*event.lines, *([f"going on after update {event.done:,}"] if event.done else [])]


def _numbers(event: Updated) -> str:
    return (
        f"loss {event.sums.plain / event.sums.labels:.3f}  learning rate {event.learning_rate:.2e}  "
        f"{event.tokens_per_second:,.0f} tokens/s"
    )


def _validation(event: Validated) -> str:
    best = ", the best so far" if event.best else ""
    return f"validation: {say_verdict(event.verdict)}{best} ({event.seconds:.1f} s)"


def _sample(event: Validated) -> list[str]:
    return [f"  {name:<10} {text}" for name, text in event.verdict.sample]


class PlainLines:
    """Says what happens a line at a time: for files and pipes.

    Args:
        file: Where to.
    """

    def __init__(self, file: TextIO | TextIOBase) -> None:
        self._file = file
        self._clock = _Clock()

    def __call__(self, event: Event) -> None:
        """Say it.

        Args:
            event: What happened.
        """
        for line in self._lines(event):
            print(line, file=self._file, flush=True)

    def _lines(self, event: Event) -> list[str]:
        match event:
            case Started():
                self._clock.start(event)
                return _opening(event)
            case Updated(logged=True):
                left = self._clock.left(event.update)
                return [f"update {event.update:,}  epoch {event.epoch:.2f}  {_numbers(event)}  left {left}"]
            case Updated():
                return []
            case Validated():
                return [_validation(event), *_sample(event)]
            case Finished():
                return [event.reason, *event.lines, f"{event.seconds:.1f} s"]


class LiveDisplay:
    """Shows a bar and the newest numbers below it, and what validation gives above: for a terminal.

    Args:
        console: The terminal.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._clock = _Clock()
        self._bar = Progress(
            TextColumn("update {task.completed:,} of {task.total:,}"),
            BarColumn(bar_width=None),
            TextColumn("left {task.fields[left]}"),
            console=console,
            expand=True,
        )
        self._numbers = ""
        self._live = Live(console=console, get_renderable=self._drawing, refresh_per_second=4)
        self._task: TaskID | None = None

    def __enter__(self) -> "LiveDisplay":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def __call__(self, event: Event) -> None:
        """Show it.

        Args:
            event: What happened.
        """
        match event:
            case Started():
                self._start(event)
            case Updated():
                self._update(event)
            case Validated():
                sample = Text("\n".join(_sample(event)), style="dim")
                self._print(Text(_validation(event), style="bold" if event.best else ""), sample)
            case Finished():
                self._live.stop()
                self._print(Text("\n".join([event.reason, *event.lines, f"{event.seconds:.1f} s"])))

    def _start(self, event: Started) -> None:
        self._print(Text("\n".join(_opening(event)), style="dim"))
        self._clock.start(event)
        self._task = self._bar.add_task("", total=event.updates, completed=event.done, left="?")
        self._live.start()

    def _update(self, event: Updated) -> None:
        if self._task is not None:
            self._bar.update(self._task, completed=event.update, left=self._clock.left(event.update))
            self._numbers = _numbers(event)

    def _drawing(self) -> Group:
        return Group(self._bar, Text(self._numbers, no_wrap=True, overflow="ellipsis"))

    def _print(self, *texts: Text) -> None:
        """Print all at once: the bar is drawn anew after each print."""
        self._console.print(Group(*texts), highlight=False)
