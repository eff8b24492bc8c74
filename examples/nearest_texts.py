"""Say which of some texts are most like the first one: the cosines of their vectors, highest first.

python examples/nearest_texts.py sentence-transformers/all-MiniLM-L6-v2 "A dog runs." "Rates rose."
"""

import sys

import manyheads


def main(name: str, asked: str, *texts: str) -> None:
    """Print each text with its cosine to the one that is asked about."""
    encoder = manyheads.load(name, kind=manyheads.Encoder)
    first, *others = encoder.embed([asked, *texts], normalize=True)
    print(f"{asked}  (a vector of {len(first)} numbers)")
    cosines = [first @ other for other in others]
    for cosine, text in sorted(zip(cosines, texts, strict=True), reverse=True):
        print(f"  {cosine:7.4f}  {text}")


if __name__ == "__main__":
    main(*sys.argv[1:])
