"""The loop: update, tell, validate, save, until the run is over."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType

from manyheads.checkpoint.parameters import fill
from manyheads.errors import RunError
from manyheads.training.describe import Kept, say_scores, say_verdict
from manyheads.training.events import Finished, Listener, Updated, Validated
from manyheads.training.progress import average
from manyheads.training.run import Run
from manyheads.training.schedule import learning_rate
from manyheads.training.step import Sums
from manyheads.training.task import FinalScore


class RunStopped(RunError):  # noqa: N818
    """The user stopped the run; everything is saved."""

    exit_code = 130


def train(run: Run, listeners: list[Listener]) -> Finished:
    """Take a run from where it is to its end.

    Args:
        run: Ready to go.
        listeners: Told what happens, in order.

    Returns:
        Where the model is and what it scores.

    Raises:
        RunStopped: Ctrl-C: the run is saved and can be resumed.
        RunError: The loss is no number any more; what was saved before stays.
    """
    loop = _Loop(run, listeners)
    with _stop_politely() as stop:
        reason = loop.go(stop)
    return loop.finish(reason)


@contextmanager
def _stop_politely() -> Iterator[threading.Event]:
    """Grant the first Ctrl-C after the update; the second is an interrupt as ever."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {int(number): signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def ask(number: int, _frame: FrameType | None) -> None:
        stop.set()
        signal.signal(number, before[number])

    for number in before:
        signal.signal(number, ask)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Loop:
    def __init__(self, run: Run, listeners: list[Listener]) -> None:
        self._run = run
        self._listeners = listeners
        self._begun = self._window_begun = time.perf_counter()
        self._tokens_before = run.progress.window.tokens

    def _tell(self, event: Updated | Validated | Finished) -> None:
        for listener in self._listeners:
            listener(event)

    def go(self, stop: threading.Event) -> str:
        run, training = self._run, self._run.recipe.training
        if run.progress.update == training.updates != run.progress.tried_at:
            # A run that was stopped, and is to end where it stands.
            self._validate()
            run.save()
        for update in range(run.progress.update + 1, training.updates + 1):
            if self._patience_is_over():
                times = "1 validation" if run.progress.stale == 1 else f"{run.progress.stale} validations"
                return f"no better model in {times}"
            self._update(update)
            validated = update % run.recipe.validation.every == 0 or update == training.updates
            if validated:
                self._validate()
            if validated or update % training.save_every == 0 or stop.is_set():
                run.save()
            if stop.is_set():
                raise RunStopped(
                    f"stopped after update {update:,} of {training.updates:,}; all of it is saved in "
                    f"{run.folder}: go on with the same command and --resume"
                )
        return f"all {training.updates:,} updates are taken"

    def _patience_is_over(self) -> bool:
        patience = self._run.recipe.validation.patience
        return 0 < patience <= self._run.progress.stale

    def _update(self, update: int) -> None:
        run, training = self._run, self._run.recipe.training
        first = (update - 1) * training.accumulate
        batches = [run.task.batches.batch(first + index) for index in range(training.accumulate)]
        try:
            sums = run.progress.window + run.stepper.take(update, batches)
        except RunError as error:
            kept = run.progress.best
            advice = (
                f"the best model, of update {kept.update:,}, is in {run.folder}"
                if kept
                else "no model was kept yet"
            )
            raise RunError(
                f"{error}; {advice}; lower training.learning_rate or raise training.warmup"
            ) from error
        seconds = time.perf_counter() - self._window_begun
        logged = update % training.log_every == 0
        self._tell(
            Updated(
                update=update,
                epoch=(first + training.accumulate) / run.task.batches.per_epoch,
                sums=sums,
                learning_rate=learning_rate(training, update),
                tokens_per_second=(sums.tokens - self._tokens_before) / seconds,
                logged=logged,
            )
        )
        run.progress = replace(run.progress, update=update, window=Sums() if logged else sums)
        if logged:
            self._window_begun, self._tokens_before = time.perf_counter(), 0

    def _validate(self) -> None:
        """Try the model, keep it if it is the best or may be averaged; the clock of training stands still."""
        run, begun = self._run, time.perf_counter()
        training = run.recipe.training
        verdict = run.task.try_model()
        run.stepper.model.train()
        of_best = training.average_of == "best"
        run.progress = run.progress.tried(
            run.score(verdict), average=training.average, of_best=of_best, verdict=verdict
        )
        run.keep_candidate()
        best = run.progress.stale == 0
        if verdict:
            self._tell(Validated(run.progress.update, verdict, best, time.perf_counter() - begun))
        if best:
            run.export(Kept(run.progress.update, verdict))
        self._window_begun += time.perf_counter() - begun

    def finish(self, reason: str) -> Finished:
        """Average if that is asked for and helps, and score the test part."""
        run = self._run
        lines = self._average() if run.progress.kept else []
        tested = run.test()
        lines += [_test_line(tested)] if tested else []
        seconds = time.perf_counter() - self._begun
        finished = Finished(run.folder, tuple(lines), reason, seconds, run.progress.update, tested)
        self._tell(finished)
        return finished

    def _average(self) -> list[str]:
        run = self._run
        updates = tuple(tried.update for tried in run.progress.kept)
        fill(run.stepper.model, average([run.candidate(update) for update in updates]), run.folder)
        verdict, best = run.task.try_model(), run.progress.best
        helped = verdict is None or best is None or run.score(verdict) > best.score
        if helped:
            run.export(Kept(run.progress.update, verdict, updates))
        said = f"average of the models of updates {', '.join(map(str, updates))}"
        said += f": {say_verdict(verdict)}" if verdict else ""
        return [f"{said}; {'kept' if helped else 'the best single model is better and kept'}"]


def _test_line(tested: FinalScore) -> str:
    signature = f" ({tested.verdict.signature})" if tested.verdict.signature else ""
    return f"test, {tested.count:,} {tested.noun}: {say_scores(tested.verdict)}{signature}"
