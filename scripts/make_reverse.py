"""Make the pairs that the toy recipe learns from: letters, and the same ones from end to beginning.

Run with `python scripts/make_reverse.py`; it needs nothing but Python, and always makes the same file.
"""

import gzip
import random
from collections.abc import Iterator
from pathlib import Path

TARGET = Path(__file__).parents[1] / "src" / "manyheads" / "recipes" / "reverse.tsv.gz"
SEED = 2017
PAIRS = 6_000
LETTERS = "abcdefghij"
SHORTEST, LONGEST = 3, 10


def sequences(rng: random.Random) -> Iterator[str]:
    """Yield sequences of letters without end, each length as often as the others.

    Only `rng.random()` is drawn from, the one method whose stream Python promises to keep between versions.
    """
    while True:
        length = SHORTEST + int(rng.random() * (LONGEST - SHORTEST + 1))
        yield "".join(LETTERS[int(rng.random() * len(LETTERS))] for _ in range(length))


def chosen_sequences() -> list[str]:
    """Choose sequences that differ from each other and from what they become, in alphabetical order."""
    chosen: set[str] = set()
    drawn = sequences(random.Random(SEED))  # noqa: S311 - a sample, not a secret
    while len(chosen) < PAIRS:
        letters = next(drawn)
        if letters != letters[::-1]:
            chosen.add(letters)
    return sorted(chosen)


def main() -> None:
    """Write the file; the time stamp is left out, so that equal pairs are equal bytes."""
    pairs = (f"{' '.join(letters)}\t{' '.join(letters[::-1])}\n" for letters in chosen_sequences())
    TARGET.write_bytes(gzip.compress("".join(pairs).encode("utf-8"), compresslevel=9, mtime=0))
    print(f"{TARGET.name}: {PAIRS:,} pairs, {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
