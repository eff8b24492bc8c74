"""Make the pairs of English and German number words that the quickstart learns from.

Run with `python scripts/make_numbers.py`; needs num2words, which stands in the `dev` extra. The same seed
and the same num2words give the same text, so the file in the package can be made again at any time.
"""

import gzip
import random
from collections.abc import Iterable, Iterator
from pathlib import Path

from num2words import num2words

TARGET = Path(__file__).parents[1] / "src" / "manyheads" / "recipes" / "numbers.tsv.gz"
SEED = 2017
PAIRS = 24_000
LIMIT = 1_000_000


def english(number: int) -> str:
    """Spell a number in English, without the comma that num2words puts after the thousands."""
    return num2words(number, lang="en").replace(",", "")


def german(number: int) -> str:
    """Spell a number in German as one word.

    num2words keeps the final s of "eins" within a word; 101,000 is "einhunderteintausend", without it.
    """
    return num2words(number, lang="de").replace("einstausend", "eintausend")


def candidates(rng: random.Random) -> Iterator[int]:
    """Yield numbers without end: uniform ones, short ones and round ones in turn.

    Only `rng.random()` is drawn from, the one method whose stream Python promises to keep between versions.
    """
    while True:
        yield int(rng.random() * LIMIT)
        yield int(rng.random() * 10 ** (4 + int(rng.random() * 3)))
        digits = ["0" if rng.random() < 0.4 else str(1 + int(rng.random() * 9)) for _ in range(6)]
        yield int("".join(digits))


def chosen_numbers() -> list[int]:
    """Choose the numbers in ascending order: all below a thousand, every full thousand, then a mixture."""
    chosen = {*range(1_000), *range(1_000, LIMIT, 1_000)}
    mixture = candidates(random.Random(SEED))  # noqa: S311 - a sample, not a secret
    while len(chosen) < PAIRS:
        chosen.add(next(mixture))
    return sorted(chosen)


def lines(numbers: Iterable[int]) -> Iterator[str]:
    """Yield the header, then a line for each number: English, a TAB, German."""
    yield "en\tde\n"
    for number in numbers:
        yield f"{english(number)}\t{german(number)}\n"


def main() -> None:
    """Write the file; the time stamp is left out, so that equal pairs are equal bytes."""
    text = "".join(lines(chosen_numbers()))
    TARGET.write_bytes(gzip.compress(text.encode("utf-8"), compresslevel=9, mtime=0))
    print(f"{TARGET.name}: {text.count(chr(10)) - 1:,} pairs, {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
