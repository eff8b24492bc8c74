"""A progress bar on standard error, in a terminal only."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from manyheads.inference.precision import Prepared

Advance = Callable[[int], None]


@contextmanager
def progress_bar(total: int | None, prepared: "Prepared", *, wanted: bool = True) -> Iterator[Advance]:
    """Show how many texts are done, and how long it will take; say how it is computed, unless as usual.

    Args:
        total: How many there are; None where nobody knows.
        prepared: On which device, in which precision, and why.
        wanted: Whether to show anything; without a terminal nothing is shown in any case.

    Yields:
        Called with the number of texts done since the last call.
    """
    terminal = sys.stderr.isatty()
    if terminal and (wanted or prepared.precision != "float32"):
        print(f"manyheads: {prepared}", file=sys.stderr)
    if not (terminal and wanted):
        yield lambda count: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("texts"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=total)
        yield lambda count: progress.advance(task, count)
