"""Training speed of manyheads against JoeyNMT and Hugging Face, in turns in one run; appends to RESULTS.md.

All three train on the same exported batches with the same sizes, threads and updates; the order changes every
round. The peers live in environments of their own, which the first run makes.
"""

import argparse
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from turns import Line, append_report, measure, ratio, run_line, spread, values, versions

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


COLUMNS = {
    "": False,
    "versions": False,
    "tokens/s, median (range)": True,
    "per CPU second": True,
    "manyheads is": True,
    "peak memory, MB": True,
}
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
    lines = measure(CONTESTANTS, options.rounds, lambda each: run(each, options))
    append_report(
        options.results,
        "Training a translator",
        f"{options.rounds} rounds in turns, {options.updates} updates each, {{machine}}, {options.threads} "
        f"threads, {options.precision}. Source + target tokens with their ends, without padding.",
        COLUMNS,
        [row(each, mine, lines[CONTESTANTS[0]]) for each, mine in lines.items()],
    )


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


def run(contestant: Contestant, options: argparse.Namespace) -> Line:
    command = [contestant.python, HERE / contestant.script, "--batches", options.batches]
    command += [contestant.updates_option, str(options.updates), "--threads", str(options.threads)]
    if contestant.has_bfloat16:
        command += ["--precision", options.precision]
    return run_line(command, threads=options.threads, name=contestant.name)


def row(contestant: Contestant, lines: list[Line], ours: list[Line]) -> list[str]:
    return [
        contestant.name,
        versions(contestant.python, contestant.packages),
        spread(values(lines, "tokens_per_second")),
        f"{statistics.median(values(lines, 'tokens_per_cpu_second')):,.0f}",
        ratio(ours, lines, "tokens_per_second"),
        f"{max(values(lines, 'peak_memory_mb')):,}",
    ]


if __name__ == "__main__":
    main()
