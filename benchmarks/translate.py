"""Translations a second of one translator's weights, by three programs in turns; appends to RESULTS.md.

manyheads, CTranslate2 and transformers take the same weights, texts, beam, longest translation and threads,
each in a process of its own, tokenising included; the order changes every round. CTranslate2's folder is made
by `manyheads convert`; transformers takes part where the model is in its format.
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

from machine import machine
from translators import CTRANSLATE2, OURS, TRANSFORMERS

HERE = Path(__file__).resolve().parent
Contestant = tuple[str, str]
Lines = dict[Contestant, list[dict[str, Any]]]
REFERENCE = (CTRANSLATE2, "float32")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="a translator's folder, ours or Marian's")
    parser.add_argument("--texts", type=Path, required=True, help="texts, a line each")
    parser.add_argument("--count", type=int, default=320, help="of more texts, so many, evenly spread")
    parser.add_argument("--alone", type=int, default=20, help="how many are also translated one by one")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--beam", type=int, default=5)
    parser.add_argument("--tokens", type=int, default=20, help="the most tokens of a translation")
    parser.add_argument("--precisions", nargs="+", default=["float32", "bfloat16"], help="ours")
    parser.add_argument("--results", type=Path, default=HERE / "RESULTS.md", help="report goes at its end")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        converted = Path(folder) / "ctranslate2"
        convert = [
            sys.executable,
            "-m",
            "manyheads",
            "convert",
            options.model,
            converted,
            "--to",
            CTRANSLATE2,
        ]
        subprocess.run(convert, check=True, stdout=sys.stderr)
        lines = measure(options, converted)
    report = report_text(lines, options)
    print(report)
    with options.results.open("a", encoding="utf-8") as results:
        results.write(report)


def measure(options: argparse.Namespace, converted: Path) -> Lines:
    """Every contestant once a round, each round beginning with another one."""
    contestants = [(OURS, precision) for precision in options.precisions]
    contestants += [(CTRANSLATE2, "float32"), (CTRANSLATE2, "int8")]
    if (options.model / "source.spm").is_file():
        contestants.append((TRANSFORMERS, "float32"))
    lines: Lines = {contestant: [] for contestant in contestants}
    for turn in range(options.rounds):
        first = turn % len(contestants)
        for contestant in contestants[first:] + contestants[:first]:
            line = run(contestant, options, converted)
            print(f"round {turn + 1}: {json.dumps(line)}", file=sys.stderr)
            lines[contestant].append(line)
    return lines


def run(contestant: Contestant, options: argparse.Namespace, converted: Path) -> dict[str, Any]:
    name, precision = contestant
    command = [sys.executable, HERE / "translate_speed.py", name, "--texts", options.texts]
    command += ["--model", converted if name == CTRANSLATE2 else options.model, "--precision", precision]
    for word in ("count", "alone", "threads", "beam", "tokens"):
        command += [f"--{word}", str(getattr(options, word))]
    surroundings = os.environ | {"OMP_NUM_THREADS": str(options.threads), "TOKENIZERS_PARALLELISM": "true"}
    finished = subprocess.run(command, check=False, capture_output=True, encoding="utf-8", env=surroundings)
    if finished.returncode != 0:
        sys.exit(f"{name} in {precision} failed:\n{finished.stderr}")
    return json.loads(finished.stdout.splitlines()[-1])


def report_text(lines: Lines, options: argparse.Namespace) -> str:
    """A dated section of RESULTS.md."""
    command = shlex.join(["python", "benchmarks/translate.py", *sys.argv[1:]])
    versions = ", ".join(f"{name} {version(name)}" for name in ("torch", CTRANSLATE2, TRANSFORMERS))
    made = f"{options.rounds} rounds in turns, {lines[REFERENCE][0]['texts']} texts, beam {options.beam}"
    columns = ["", "precision", "texts/s, median (range)", "ratio", "tokens", "one alone, ms p50 / p95"]
    return "\n".join(
        [
            f"\n## Translating, {datetime.now(UTC):%Y-%m-%d}\n",
            f"`{command}`: {made}, {machine()}, threads: {options.threads}, {versions}. Ratios: medians of "
            "those within a round, against CTranslate2 in float32.\n",
            f"| {' | '.join(columns)} | load, s | peak memory, MB |",
            "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
            *(table_row(contestant, lines) for contestant in lines),
            "",
        ]
    )


def table_row(contestant: Contestant, lines: Lines) -> str:
    mine = lines[contestant]
    speeds = [line["texts_per_second"] for line in mine]
    pairs = zip(speeds, lines[REFERENCE], strict=True)
    ratios = [speed / theirs["texts_per_second"] for speed, theirs in pairs]
    alone = [statistics.median(line[f"alone_{at}_ms"] for line in mine) for at in ("p50", "p95")]
    cells = [
        *contestant,
        f"{statistics.median(speeds):,.1f} ({min(speeds):,.1f}-{max(speeds):,.1f})",
        "" if contestant == REFERENCE else f"{statistics.median(ratios):.2f}x",
        f"{mine[0]['tokens']:,}",
        f"{alone[0]:,.0f} / {alone[1]:,.0f}",
        f"{statistics.median(line['load_seconds'] for line in mine):.1f}",
        f"{max(line['peak_memory_mb'] for line in mine):,}",
    ]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
