"""Run every comparison with the peers, one after another: what `make bench DATA=DIR` does; hours.

DIR holds `sst2`, `stsb`, `wikitext2` and `multi30k`. Texts and random models are made once, in `runs`;
reports go to the end of RESULTS.md.
"""

import argparse
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
RUNS = HERE / "runs"
LENGTHS = {"mixed": [], "short": ["--words", "8", "30"], "long": ["--words", "200", "1000"]}
SIZES = ("tiny", "small", "base")
BATCHES = [
    "training.updates=1500",
    "training.batch_tokens=8192",
    "training.learning_rate=3e-3",
    "training.warmup=400",
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()
    RUNS.mkdir(exist_ok=True)
    for made, command in makes(options.data):
        if not made.exists():
            run(command)
    for threads in options.threads:
        for command in comparisons(options.data):
            run([*command, "--threads", str(threads)])


def makes(data: Path) -> Iterator[tuple[Path, list[str | Path]]]:
    """What is made once, and how."""
    for name, words in LENGTHS.items():
        yield RUNS / f"{name}.txt", ["mixed_texts.py", data, RUNS / f"{name}.txt", *words]
    for size in SIZES:
        yield RUNS / size, ["random_marian.py", size, RUNS / size, "--texts", RUNS / "mixed.txt"]
    folder = data / "multi30k" / "tok"
    export = ["export_batches.py", "translate-multi30k", RUNS / "multi30k", f"data={folder}", *BATCHES]
    yield RUNS / "multi30k", export


def comparisons(data: Path) -> Iterator[list[str | Path]]:
    for name in LENGTHS:
        yield ["embed.py", "--texts", RUNS / f"{name}.txt"]
    captions = data / "multi30k" / "test_2016_flickr.en.gz"
    for size in SIZES:
        for beam in ("1", "5"):
            yield ["translate.py", "--model", RUNS / size, "--texts", captions, "--beam", beam]
    yield ["train_translation.py", "--batches", RUNS / "multi30k"]


def run(command: list[str | Path]) -> None:
    script, *words = command
    print("benchmarks:", *command, file=sys.stderr)
    subprocess.run([sys.executable, HERE / script, *words], check=True)


if __name__ == "__main__":
    main()
