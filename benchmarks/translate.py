"""Translations a second of one translator's weights, by several programs in turns; appends to RESULTS.md.

manyheads, with its C and without, CTranslate2 and transformers take the same weights, texts, beam, longest
translation and threads, each in a process of its own, tokenising included; the order changes every round.
CTranslate2's folder is made by `manyheads convert`; transformers takes part where the model is in its format.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from translators import CTRANSLATE2, EAGER, OURS, TRANSFORMERS
from turns import Line, append_report, measure, ratio, run_line, spread, values

HERE = Path(__file__).resolve().parent
Contestant = tuple[str, str]
REFERENCE = (CTRANSLATE2, "int8")
COLUMNS = {
    "": False,
    "precision": False,
    "texts/s, median (range)": True,
    "ratio": True,
    "tokens": True,
    "one alone, ms p50 / p95": True,
    "load, s": True,
    "peak memory, MB": True,
}


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
    parser.add_argument("--precisions", nargs="+", default=["float32", "bfloat16", "int8"], help="ours")
    parser.add_argument("--results", type=Path, default=HERE / "RESULTS.md", help="report goes at its end")
    options = parser.parse_args()
    contestants = [(OURS, precision) for precision in options.precisions]
    contestants += [(EAGER, "float32"), (CTRANSLATE2, "float32"), REFERENCE]
    if (options.model / "source.spm").is_file():
        contestants.append((TRANSFORMERS, "float32"))
    with tempfile.TemporaryDirectory() as folder:
        converted = Path(folder) / CTRANSLATE2
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
        lines = measure(contestants, options.rounds, lambda each: run(each, options, converted))
    versions = ", ".join(f"{name} {version(name)}" for name in ("torch", CTRANSLATE2, TRANSFORMERS))
    append_report(
        options.results,
        "Translating",
        f"{options.rounds} rounds in turns, {lines[REFERENCE][0]['texts']} texts, beam {options.beam}, "
        f"{{machine}}, threads: {options.threads}, {versions}. Ratios: medians of those within a round, "
        f"against {' in '.join(REFERENCE)}.",
        COLUMNS,
        [row(each, mine, lines[REFERENCE]) for each, mine in lines.items()],
    )


def run(contestant: Contestant, options: argparse.Namespace, converted: Path) -> Line:
    name, precision = contestant
    command = [sys.executable, HERE / "translate_speed.py", name, "--texts", options.texts]
    command += ["--model", converted if name == CTRANSLATE2 else options.model, "--precision", precision]
    for word in ("count", "alone", "threads", "beam", "tokens"):
        command += [f"--{word}", str(getattr(options, word))]
    return run_line(command, threads=options.threads, name=" in ".join(contestant))


def row(contestant: Contestant, lines: list[Line], reference: list[Line]) -> list[str]:
    alone = [statistics.median(values(lines, f"alone_{at}_ms")) for at in ("p50", "p95")]
    return [
        *contestant,
        spread(values(lines, "texts_per_second"), 1),
        ratio(lines, reference, "texts_per_second"),
        f"{lines[0]['tokens']:,}",
        f"{alone[0]:,.0f} / {alone[1]:,.0f}",
        f"{statistics.median(values(lines, 'load_seconds')):.1f}",
        f"{max(values(lines, 'peak_memory_mb')):,}",
    ]


if __name__ == "__main__":
    main()
