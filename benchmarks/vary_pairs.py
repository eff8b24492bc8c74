"""Make many pairs of few: each again and again with another number before it.

python benchmarks/vary_pairs.py PAIRS.tsv.gz MANY.tsv COUNT
"""

import gzip
import sys
from itertools import count, cycle, islice
from pathlib import Path


def main(source: str, target: str, wanted: str) -> None:
    lines = gzip.decompress(Path(source).read_bytes()).decode("utf-8").split("\n")
    pairs = [line.rstrip("\r").split("\t")[:2] for line in lines if "\t" in line]
    numbered = zip(count(), cycle(pairs), strict=False)
    with Path(target).open("w", encoding="utf-8", newline="\n") as file:
        for number, (src, tgt) in islice(numbered, int(wanted)):
            again = number // len(pairs)
            file.write(f"{again} {src}\t{again} {tgt}\n" if again else f"{src}\t{tgt}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
