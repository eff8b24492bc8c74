"""How many of twenty plain prompts a masked-language model fills with a right word among its first five.

The prompts and the words that count as right stand in masked_prompts.tsv; they were written before any model
was tried on them.
"""

import argparse
from pathlib import Path

from manyheads.inference.fill_mask import Filled, MaskFiller
from manyheads.inference.load import load

PROMPTS = Path(__file__).with_name("masked_prompts.tsv")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="a folder with a masked-language head")
    options = parser.parse_args()
    filler = load(options.model)
    if not isinstance(filler, MaskFiller):
        raise SystemExit(
            f"{options.model} must have a masked-language head, but is a {type(filler).__name__}"
        )
    _, *rows = PROMPTS.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    prompts, right = zip(*(row.split("\t") for row in rows), strict=True)
    filled = filler.fill([prompt.replace("[MASK]", filler.mask_token) for prompt in prompts], top_k=5)
    hits = [show(answer, set(words.split())) for answer, words in zip(filled, right, strict=True)]
    print(f"{sum(hits)} of {len(hits)} have a right word among the first five")


def show(answer: Filled, right: set[str]) -> bool:
    """Print a prompt with its five words, and tell whether one of them is right."""
    words = [candidate.token.strip() for candidate in answer.masks[0]]
    hit = not right.isdisjoint(words)
    print(f"{'+' if hit else '-'} {answer.text}  {', '.join(words)}")
    return hit


if __name__ == "__main__":
    main()
