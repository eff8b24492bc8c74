"""How often a masked-language model's first guess at a masked piece is right, on text that it has not seen.

15% of the pieces, drawn with a fixed seed, are all replaced by the mask; words are not masked as a whole.
Beside it stands what always naming the commonest piece of that very text would get.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np
from real_texts import read_texts
from wikitext import plain_text

from manyheads.batches.packed import Packed
from manyheads.inference.encoder import EncoderRunner
from manyheads.inference.fill_mask import MaskFiller
from manyheads.inference.load import load
from manyheads.text.text_tokens import TextTokens


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="a folder with a masked-language head")
    parser.add_argument("--texts", type=Path, required=True, help="texts, a line each; WikiText's are undone")
    parser.add_argument("--count", type=int, help="of more texts, so many, evenly spread; all by default")
    parser.add_argument("--share", type=float, default=0.15, help="share of the pieces that is masked")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--precision", choices=["float32", "bfloat16"], default="float32")
    options = parser.parse_args()
    runner = load_runner(options.model, options.precision, options.threads)
    texts = [text for text in map(plain_text, read_texts(options.texts, options.count)) if text]
    windows = list(chain.from_iterable(runner.tokenise(texts, long="split")))
    places = draw(windows, options.share, options.seed)
    right = [w.token_ids[place] for w, chosen in zip(windows, places, strict=True) for place in chosen]
    guesses = guess(runner, windows, places)
    pieces = Counter(
        i for w in windows for i, side in zip(w.token_ids, w.sides, strict=True) if side is not None
    )
    commonest, _ = pieces.most_common(1)[0]
    line = {
        "masked": len(right),
        "pieces": pieces.total(),
        "top1": share_of(a == b for a, b in zip(guesses, right, strict=True)),
        "commonest": runner.tokenizer.token(commonest),
        "top1_of_commonest": share_of(piece == commonest for piece in right),
    }
    print(json.dumps(line, ensure_ascii=False))


def load_runner(folder: Path, precision: str, threads: int) -> EncoderRunner:
    filler = load(folder, precision=precision, threads=threads)
    if not isinstance(filler, MaskFiller):
        raise SystemExit(f"{folder} must have a masked-language head, but is a {type(filler).__name__}")
    return filler.runner


def draw(windows: list[TextTokens], share: float, seed: int) -> list[list[int]]:
    """Draw the places that are masked; never those of special tokens."""
    rng = np.random.default_rng(seed)
    drawn = [rng.random(len(window)) < share for window in windows]
    return [
        [place for place, side in enumerate(window.sides) if side is not None and chosen[place]]
        for window, chosen in zip(windows, drawn, strict=True)
    ]


def guess(runner: EncoderRunner, windows: list[TextTokens], places: list[list[int]]) -> list[int]:
    """Name the likeliest piece of each masked place, in order; no text's own piece has the mask's id."""
    mask_id = runner.tokenizer.mask_id
    masked = [hidden_at(window, chosen, mask_id) for window, chosen in zip(windows, places, strict=True)]

    def read(batch: Packed, texts: list[TextTokens]) -> list[list[int]]:
        asked = runner.model.bert(batch)[batch.token_ids == mask_id]
        found = iter(runner.model.head(asked).argmax(dim=-1).tolist())
        return [[next(found) for _ in range(text.token_ids.count(mask_id))] for text in texts]

    answers = runner.run_tokens([[text] for text in masked], read, batch_tokens=4096, progress=None)
    return [piece for (text,) in answers for piece in text]


def hidden_at(window: TextTokens, places: list[int], mask_id: int) -> TextTokens:
    ids = list(window.token_ids)
    for place in places:
        ids[place] = mask_id
    return replace(window, token_ids=ids)


def share_of(verdicts: Iterable[bool]) -> float:
    return float(np.mean(list(verdicts)))


if __name__ == "__main__":
    main()
