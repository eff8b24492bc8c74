"""Write a file of real texts of mixed length: sentences of reviews, captions and news, and paragraphs.

Run with `python benchmarks/mixed_texts.py DATA texts.txt`, DATA being a folder with `sst2/dev.tsv`,
`stsb/sts-dev.csv` and `wikitext2/wiki.valid.raw`: four sentences of each of the first two to a paragraph.
With `--words LEAST MOST` all texts of so many words instead.
"""

import argparse
import random
from pathlib import Path

PARAGRAPHS = 218
SENTENCES = 4 * PARAGRAPHS


def lines_of(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]


def sources(data: Path) -> tuple[list[str], list[str], list[str]]:
    """Reviews, captions and news, paragraphs of articles."""
    reviews = [line.split("\t")[1] for line in lines_of(data / "sst2" / "dev.tsv")[1:]]
    pairs = [line.split("\t")[5] for line in lines_of(data / "stsb" / "sts-dev.csv")]
    articles = [line.strip() for line in lines_of(data / "wikitext2" / "wiki.valid.raw")]
    return reviews, pairs, [text for text in articles if not text.startswith("=")]


def mixed(data: Path, words: tuple[int, int] | None) -> list[str]:
    """Texts in an order drawn once, always the same."""
    rng = random.Random(1)  # noqa: S311 - a sample, not a secret
    reviews, pairs, paragraphs = sources(data)
    if words is None:
        texts = reviews[:SENTENCES] + pairs[:SENTENCES] + rng.sample(paragraphs, PARAGRAPHS)
    else:
        least, most = words
        texts = [text for text in reviews + pairs + paragraphs if least <= len(text.split()) <= most]
    rng.shuffle(texts)
    return texts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--words", type=int, nargs=2, metavar=("LEAST", "MOST"))
    options = parser.parse_args()
    texts = mixed(options.data, options.words)
    options.output.write_text("\n".join(texts) + "\n", encoding="utf-8")
    words = sorted(len(text.split()) for text in texts)
    mean, median = sum(words) / len(words), words[len(words) // 2]
    print(f"{options.output}: {len(texts):,} texts, {mean:.1f} words on average, median {median}")


if __name__ == "__main__":
    main()
