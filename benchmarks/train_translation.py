"""Training speed of manyheads against JoeyNMT and Hugging Face, in turns in one run; appends to RESULTS.md.

All three train on the same exported batches with the same sizes, threads and updates; the order changes every
round. The peers live in environments of their own, which the first run makes.
"""

import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from machine import machine

HERE = Path(__file__).resolve().parent
OURS = "manyheads"


@dataclass(frozen=True, slots=True)
class Contestant:
    """A program that prints one JSON line, the environment that it runs in, and the packages to name."""

    name: str
    script: str
    environment: str
    packages: tuple[str, ...]
    updates_option: str = "--updates"
    has_bfloat16: bool = True

    @property
    def python(self) -> Path:
        return HERE / self.environment / "bin" / "python"


CONTESTANTS = (
    Contestant(OURS, "manyheads_speed.py", "../.venv", ("torch", "numpy")),
    Contestant(
        "huggingface", "huggingface_loop.py", ".venv-huggingface", ("transformers", "torch"), "--bench"
    ),
    Contestant("joeynmt", "joeynmt_speed.py", ".venv-joeynmt", ("joeynmt", "torch"), has_bfloat16=False),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=Path, default=HERE / "runs" / "multi30k", help="exported batches")
    parser.add_argument("--updates", type=int, default=20, help="timed updates a turn")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precision", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--results", type=Path, default=HERE / "RESULTS.md", help="report goes at its end")
    options = parser.parse_args()
    if not (options.batches / "config.json").is_file():
        sys.exit(f"{options.batches} holds no exported batches: README.md says how to write them")
    for contestant in CONTESTANTS:
        set_up(contestant)
    report = report_text(measure(options), options)
    print(report)
    with options.results.open("a", encoding="utf-8") as results:
        results.write(report)


def set_up(contestant: Contestant) -> None:
    """Make a peer's environment where there is none."""
    if contestant.python.exists():
        return
    requirements = HERE / f"requirements-{contestant.name}.txt"
    if not requirements.exists():
        sys.exit(f"{contestant.python} does not exist: make the project's environment first with `make test`")
    environment = contestant.python.parents[1]
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    subprocess.run([contestant.python, "-m", "pip", "install", "--quiet", "-r", requirements], check=True)


def measure(options: argparse.Namespace) -> dict[str, list[dict[str, Any]]]:
    """Every contestant once a round, each round beginning with another one."""
    lines: dict[str, list[dict[str, Any]]] = {contestant.name: [] for contestant in CONTESTANTS}
    for turn in range(options.rounds):
        first = turn % len(CONTESTANTS)
        for contestant in CONTESTANTS[first:] + CONTESTANTS[:first]:
            line = run(contestant, options)
            print(f"round {turn + 1}: {json.dumps(line)}", file=sys.stderr)
            lines[contestant.name].append(line)
    return lines


def run(contestant: Contestant, options: argparse.Namespace) -> dict[str, Any]:
    command = [contestant.python, HERE / contestant.script, "--batches", options.batches]
    command += [contestant.updates_option, str(options.updates), "--threads", str(options.threads)]
    if contestant.has_bfloat16:
        command += ["--precision", options.precision]
    finished = subprocess.run(
        command,
        check=False,
        capture_output=True,
        encoding="utf-8",
        env=os.environ | {"OMP_NUM_THREADS": str(options.threads)},
    )
    if finished.returncode != 0:
        sys.exit(f"{contestant.name} failed:\n{finished.stderr}")
    return json.loads(finished.stdout.splitlines()[-1])


def report_text(lines: dict[str, list[dict[str, Any]]], options: argparse.Namespace) -> str:
    """A dated section of RESULTS.md."""
    command = shlex.join(["python", "benchmarks/train_translation.py", *sys.argv[1:]])
    rows = [table_row(contestant, lines) for contestant in CONTESTANTS]
    return "\n".join(
        [
            f"\n## Training a translator, {datetime.now(UTC):%Y-%m-%d}\n",
            f"`{command}`: {options.rounds} rounds in turns, {options.updates} updates each, {machine()}, "
            f"{options.threads} threads, {options.precision}. Source + target tokens with their ends, "
            "without padding.\n",
            "| | versions | tokens/s, median (range) | per CPU second | manyheads is | peak memory, MB |",
            "| --- | --- | ---: | ---: | ---: | ---: |",
            *rows,
            "",
        ]
    )


def table_row(contestant: Contestant, lines: dict[str, list[dict[str, Any]]]) -> str:
    mine = lines[contestant.name]
    speeds = [line["tokens_per_second"] for line in mine]
    ratios = [
        ours["tokens_per_second"] / theirs["tokens_per_second"]
        for ours, theirs in zip(lines[OURS], mine, strict=True)
    ]
    cells = [
        contestant.name,
        versions(contestant),
        f"{statistics.median(speeds):,.0f} ({min(speeds):,.0f}-{max(speeds):,.0f})",
        f"{statistics.median(line['tokens_per_cpu_second'] for line in mine):,.0f}",
        "" if contestant.name == OURS else f"{statistics.median(ratios):.2f}x",
        f"{max(line['peak_memory_mb'] for line in mine):,}",
    ]
    return f"| {' | '.join(cells)} |"


def versions(contestant: Contestant) -> str:
    program = "import sys; from importlib.metadata import version as v; print(*[v(n) for n in sys.argv[1:]])"
    asked = [contestant.python, "-c", program, *contestant.packages]
    found = subprocess.run(asked, check=True, capture_output=True, encoding="utf-8").stdout.split()
    return ", ".join(f"{name} {version}" for name, version in zip(contestant.packages, found, strict=True))


if __name__ == "__main__":
    main()
