"""Texts embedded a second by several libraries on the same weights, in turns; appends to RESULTS.md.

All take the same texts and threads, each in a process of its own; the order changes every round. The peers
live in an environment of their own, which the first run makes, with the weights in the format of each.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from embedders import CTRANSLATE2, ONNX, OPENVINO, OURS, THEIRS, cosines, minilm_folder
from turns import Line, append_report, measure, ratio, run_line, spread, values, versions

HERE = Path(__file__).resolve().parent
PEERS = HERE / ".venv-embedders"
Contestant = tuple[str, str]
CONTESTANTS: tuple[Contestant, ...] = (
    (OURS, "float32"),
    (OURS, "bfloat16"),
    (OURS, "int8"),
    (THEIRS, "float32"),
    (THEIRS, "bfloat16"),
    (ONNX, "int8"),
    (OPENVINO, "bfloat16"),
    (OPENVINO, "int8"),
    (CTRANSLATE2, "float32"),
    (CTRANSLATE2, "int8"),
)
EXACT = (THEIRS, "float32")
REFERENCE = (CTRANSLATE2, "float32")
COLUMNS = {
    "": False,
    "precision": False,
    "texts/s, median (range)": True,
    "per CPU second": True,
    "ratio": True,
    "cosine, mean": True,
    "least": True,
    "load, s": True,
    "peak memory, MB": True,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, help="a sentence-transformers folder; MiniLM's by default")
    parser.add_argument("--texts", type=Path, required=True, help="texts, a line each")
    parser.add_argument("--count", type=int, default=600, help="of more texts, so many, evenly spread")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--results", type=Path, default=HERE / "RESULTS.md", help="report goes at its end")
    options = parser.parse_args()
    model = options.model or minilm_folder()
    converted = HERE / "runs" / "embedders"
    set_up(model, converted, options.texts)
    with tempfile.TemporaryDirectory() as folder:
        files = {each: Path(folder) / f"{'-'.join(each)}.npy" for each in CONTESTANTS}

        def run(contestant: Contestant) -> Line:
            return run_line(
                command(contestant, model, converted, files[contestant], options),
                threads=options.threads,
                name=" in ".join(contestant),
            )

        lines = measure(CONTESTANTS, options.rounds, run)
        vectors = {each: np.load(file) for each, file in files.items()}
    peers = versions(PEERS / "bin" / "python", ("torch", THEIRS, "transformers", ONNX, OPENVINO, CTRANSLATE2))
    append_report(
        options.results,
        "Embedding texts",
        f"{options.rounds} rounds in turns, {lines[REFERENCE][0]['texts']} texts, {{machine}}, threads: "
        f"{options.threads}, {peers}. Ratios: medians of those within a round, against "
        f"{' in '.join(REFERENCE)}; cosines are to the vectors of {' in '.join(EXACT)}.",
        COLUMNS,
        [
            row(each, mine, lines[REFERENCE], cosines(vectors[each], vectors[EXACT]))
            for each, mine in lines.items()
        ],
    )


def set_up(model: Path, converted: Path, texts: Path) -> None:
    """Make the peers' environment and folders where there are none, or none to the end."""
    python, done = PEERS / "bin" / "python", PEERS / "installed"
    if not done.exists():
        subprocess.run([sys.executable, "-m", "venv", PEERS], check=True)
        needs = HERE / "requirements-embedders.txt"
        subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", needs], check=True)
        done.touch()
    prepare = [python, HERE / "prepare_embedders.py", model, converted, "--texts", texts]
    subprocess.run(prepare, check=True, stdout=sys.stderr)


def command(
    contestant: Contestant, model: Path, converted: Path, vectors: Path, options: argparse.Namespace
) -> list[str | Path]:
    name, precision = contestant
    python = sys.executable if name == OURS else PEERS / "bin" / "python"
    folder = model if name in (OURS, THEIRS) else converted / name
    return [
        *(python, HERE / "embed_speed.py", name, "--model", folder, "--texts", options.texts),
        *("--count", str(options.count), "--threads", str(options.threads)),
        *("--precision", precision, "--vectors", vectors),
    ]


def row(contestant: Contestant, lines: list[Line], reference: list[Line], alike: np.ndarray) -> list[str]:
    return [
        *contestant,
        spread(values(lines, "texts_per_second"), 1),
        f"{statistics.median(values(lines, 'texts_per_cpu_second')):,.1f}",
        ratio(lines, reference, "texts_per_second"),
        f"{alike.mean():.5f}",
        f"{alike.min():.5f}",
        f"{statistics.median(values(lines, 'load_seconds')):.1f}",
        f"{max(values(lines, 'peak_memory_mb')):,}",
    ]


if __name__ == "__main__":
    main()
