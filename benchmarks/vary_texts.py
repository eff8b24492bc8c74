"""Make many texts of few: all of them again and again, each time with another number before them.

python benchmarks/vary_texts.py TEXTS MANY COUNT
"""

import sys
from itertools import count, cycle, islice
from pathlib import Path

from real_texts import read_texts


def main(source: str, target: str, wanted: str) -> None:
    texts = read_texts(Path(source))
    with Path(target).open("w", encoding="utf-8", newline="\n") as file:
        for number, text in islice(zip(count(), cycle(texts), strict=False), int(wanted)):
            again = number // len(texts)
            file.write(f"{again} {text}\n" if again else f"{text}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
