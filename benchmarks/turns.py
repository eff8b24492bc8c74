"""Contestants in turns: each in a process of its own, once a round, every round beginning with another one.

Whatever else the machine does slows whoever is running; what counts is a ratio within one round.
"""

import json
import os
import shlex
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from machine import machine

Contestant = TypeVar("Contestant")
Line = dict[str, Any]


def turns(contestants: Sequence[Contestant], rounds: int) -> Iterator[tuple[int, Contestant]]:
    """Who is next, with the number of the round from 1."""
    for turn in range(rounds):
        first = turn % len(contestants)
        for contestant in (*contestants[first:], *contestants[:first]):
            yield turn + 1, contestant


def measure(
    contestants: Sequence[Contestant], rounds: int, run: Callable[[Contestant], Line]
) -> dict[Contestant, list[Line]]:
    """What each gave, once a round; told on standard error as it comes."""
    lines: dict[Contestant, list[Line]] = {contestant: [] for contestant in contestants}
    for number, contestant in turns(contestants, rounds):
        lines[contestant].append(run(contestant))
        print(f"round {number}: {json.dumps(lines[contestant][-1])}", file=sys.stderr)
    return lines


def run_line(command: Sequence[str | Path], *, threads: int, name: str) -> Line:
    """Run a command that prints one JSON object in its last line, with so many threads."""
    counts = dict.fromkeys(("OMP_NUM_THREADS", "RAYON_NUM_THREADS"), str(threads))
    finished = subprocess.run(
        command,
        check=False,
        capture_output=True,
        encoding="utf-8",
        env=os.environ | counts | {"TOKENIZERS_PARALLELISM": "true"},
    )
    if finished.returncode != 0:
        sys.exit(f"{name} failed:\n{finished.stderr}")
    return json.loads(finished.stdout.splitlines()[-1])


def values(lines: Sequence[Line], key: str) -> list[float]:
    return [line[key] for line in lines]


def spread(numbers: Sequence[float], digits: int = 0) -> str:
    """Median and range."""
    ends = f"({min(numbers):,.{digits}f}-{max(numbers):,.{digits}f})"
    return f"{statistics.median(numbers):,.{digits}f} {ends}"


def ratio(lines: Sequence[Line], reference: Sequence[Line], key: str) -> str:
    """The median of the ratios within a round; nothing for the reference itself."""
    if lines is reference:
        return ""
    pairs = zip(values(lines, key), values(reference, key), strict=True)
    return f"{statistics.median(mine / theirs for mine, theirs in pairs):.2f}x"


def append_report(
    path: Path, title: str, made: str, columns: Mapping[str, bool], rows: Sequence[Sequence[str]]
) -> None:
    """Print a dated section and put it at a file's end; `columns` says which ones are numbers."""
    command = shlex.join(["python", f"benchmarks/{Path(sys.argv[0]).name}", *sys.argv[1:]])
    table = [columns, ["---:" if number else "---" for number in columns.values()], *rows]
    report = "\n".join(
        [
            f"\n## {title}, {datetime.now(UTC):%Y-%m-%d}\n",
            f"`{command}`: {made.format(machine=machine())}\n",
            *(f"| {' | '.join(row)} |" for row in table),
            "",
        ]
    )
    print(report)
    with path.open("a", encoding="utf-8") as results:
        results.write(report)


def versions(python: Path, packages: Sequence[str]) -> str:
    """What an environment holds of some packages."""
    program = "import sys; from importlib.metadata import version as v; print(*[v(n) for n in sys.argv[1:]])"
    call = [python, "-c", program, *packages]
    found = subprocess.run(call, check=True, capture_output=True, encoding="utf-8").stdout.split()
    return ", ".join(f"{name} {version}" for name, version in zip(packages, found, strict=True))
