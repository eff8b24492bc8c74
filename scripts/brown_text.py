"""Turn the Brown corpus as NLTK ships it, words with tags in a zip, into documents of plain text.

Run with `python scripts/brown_text.py brown.zip brown.txt`: a sentence on each line, an empty line after each
document, which is what `manyheads train pretrain-masked data=brown.txt` reads.
"""

import argparse
from pathlib import Path

from manyheads.experiments.brown import plain, read_brown, words_of

__all__ = ["main", "plain", "words_of"]


def main() -> None:
    """Write the text."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path, help="brown.zip of nltk_data")
    parser.add_argument("target", type=Path, help="the text to write")
    asked = parser.parse_args()
    texts = [[plain(words) for words in document] for document in read_brown(asked.source)]
    whole = "\n".join("\n".join(sentences) + "\n" for sentences in texts)
    asked.target.write_text(whole, encoding="utf-8", newline="\n")
    print(f"{asked.target.name}: {len(texts):,} documents, {sum(map(len, texts)):,} sentences")


if __name__ == "__main__":
    main()
