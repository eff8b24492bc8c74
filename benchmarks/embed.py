"""Texts embedded a second by manyheads and sentence-transformers, in turns in one run; appends to RESULTS.md.

Both take the same weights, texts and threads, each in a process of its own; the order changes every round.
sentence-transformers computes in float32 by default; it is measured in bfloat16 too.
"""

import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from embedders import OURS, THEIRS, cosines, minilm_folder
from machine import machine

HERE = Path(__file__).resolve().parent
Contestant = tuple[str, str]
CONTESTANTS: tuple[Contestant, ...] = (
    (OURS, "float32"),
    (THEIRS, "float32"),
    (OURS, "bfloat16"),
    (THEIRS, "bfloat16"),
)
REFERENCE = (THEIRS, "float32")
Lines = dict[Contestant, list[dict[str, Any]]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, help="a sentence-transformers folder; MiniLM's by default")
    parser.add_argument("--texts", type=Path, required=True, help="texts, a line each")
    parser.add_argument("--count", type=int, default=600, help="of more texts, so many, evenly spread")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--results", type=Path, default=HERE / "RESULTS.md", help="report goes at its end")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        lines = measure(options, Path(folder))
        alike = {each: cosines(*(vectors(Path(folder), one) for one in (each, REFERENCE))) for each in lines}
    report = report_text(lines, alike, options)
    print(report)
    with options.results.open("a", encoding="utf-8") as results:
        results.write(report)


def measure(options: argparse.Namespace, folder: Path) -> Lines:
    """Every contestant once a round, each round beginning with another one."""
    lines: Lines = {contestant: [] for contestant in CONTESTANTS}
    for turn in range(options.rounds):
        first = turn % len(CONTESTANTS)
        for contestant in CONTESTANTS[first:] + CONTESTANTS[:first]:
            line = run(contestant, options, vectors_file(folder, contestant))
            print(f"round {turn + 1}: {json.dumps(line)}", file=sys.stderr)
            lines[contestant].append(line)
    return lines


def run(contestant: Contestant, options: argparse.Namespace, target: Path) -> dict[str, Any]:
    name, precision = contestant
    model = options.model or minilm_folder()
    command = [sys.executable, HERE / "embed_speed.py", name, "--model", model, "--texts", options.texts]
    command += ["--count", str(options.count), "--threads", str(options.threads)]
    command += ["--precision", precision, "--vectors", target]
    surroundings = os.environ | {"OMP_NUM_THREADS": str(options.threads), "TOKENIZERS_PARALLELISM": "true"}
    surroundings["RAYON_NUM_THREADS"] = str(options.threads)
    finished = subprocess.run(command, check=False, capture_output=True, encoding="utf-8", env=surroundings)
    if finished.returncode != 0:
        sys.exit(f"{name} in {precision} failed:\n{finished.stderr}")
    return json.loads(finished.stdout.splitlines()[-1])


def vectors_file(folder: Path, contestant: Contestant) -> Path:
    return folder / f"{'-'.join(contestant)}.npy"


def vectors(folder: Path, contestant: Contestant) -> np.ndarray:
    return np.load(vectors_file(folder, contestant))


def report_text(lines: Lines, alike: dict[Contestant, np.ndarray], options: argparse.Namespace) -> str:
    """A dated section of RESULTS.md."""
    command = shlex.join(["python", "benchmarks/embed.py", *sys.argv[1:]])
    versions = ", ".join(f"{name} {version(name)}" for name in ("torch", THEIRS, "transformers"))
    made = f"{options.rounds} rounds in turns, {lines[REFERENCE][0]['texts']} texts, {machine()}"
    columns = ["", "precision", "texts/s, median (range)", "per CPU second", "ratio", "lowest cosine"]
    return "\n".join(
        [
            f"\n## Embedding texts, {datetime.now(UTC):%Y-%m-%d}\n",
            f"`{command}`: {made}, threads: {options.threads}, {versions}. Ratios: medians of those within a "
            "round, against sentence-transformers' default (float32); cosines are to its vectors.\n",
            f"| {' | '.join(columns)} | peak memory, MB |",
            "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
            *(table_row(each, lines, alike[each]) for each in CONTESTANTS),
            "",
        ]
    )


def table_row(contestant: Contestant, lines: Lines, alike: np.ndarray) -> str:
    mine, theirs = lines[contestant], lines[REFERENCE]
    speeds = [line["texts_per_second"] for line in mine]
    ratios = [a["texts_per_second"] / b["texts_per_second"] for a, b in zip(mine, theirs, strict=True)]
    cells = [
        *contestant,
        f"{statistics.median(speeds):,.1f} ({min(speeds):,.1f}-{max(speeds):,.1f})",
        f"{statistics.median(line['texts_per_cpu_second'] for line in mine):,.1f}",
        "" if contestant == REFERENCE else f"{statistics.median(ratios):.2f}x",
        f"{alike.min():.6f}",
        f"{max(line['peak_memory_mb'] for line in mine):,}",
    ]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
