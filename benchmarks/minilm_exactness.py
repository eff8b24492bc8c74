"""Largest differences between our numbers and those of transformers, on real texts, in float32.

Sentence vectors and the hidden states of every layer, one text at a time and in batches of mixed lengths,
against transformers one text at a time; and ours one at a time against ours in batches.
Exits with 1 where vectors differ by more than 1e-5, or states by more than 5e-5.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from embedders import minilm_folder
from real_texts import read_texts
from transformers import AutoModel, AutoTokenizer

from manyheads.inference.embed import Encoder
from manyheads.inference.load import load

VECTORS, STATES = 1e-5, 5e-5
TEXTS_AT_ONCE = 25
BATCH_TOKENS = (64, 1024, 4096)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, help="a folder that pools by mean; MiniLM's by default")
    parser.add_argument("--texts", type=Path, required=True, help="texts, a line each")
    parser.add_argument("--count", type=int, default=500, help="of more texts, so many, evenly spread")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    folder = options.model or minilm_folder()
    texts = read_texts(options.texts, options.count)
    ours, theirs = load(folder, precision="float32", threads=options.threads), Theirs(folder)
    ids = ours.tokenizer.encode_ids(texts, max_tokens=ours.max_tokens)
    theirs.check_tokens(texts, ids, ours.max_tokens)
    vectors, states = compare_vectors(ours, theirs, texts, ids), compare_states(ours, theirs, texts, ids)
    lengths = [len(of_text) for of_text in ids]
    line = {
        "texts": len(texts),
        "tokens": f"{min(lengths)}-{max(lengths)}",
        "vectors": vectors,
        "states": states,
    }
    print(json.dumps(line, indent=2))
    sys.exit(max(vectors.values()) > VECTORS or max(states.values()) > STATES)


class Theirs:
    """The network of transformers, without a batch and so without padding."""

    def __init__(self, folder: Path) -> None:
        self._tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        self._model = AutoModel.from_pretrained(folder, local_files_only=True, dtype=torch.float32).eval()

    def check_tokens(self, texts: list[str], ours: list[list[int]], limit: int) -> None:
        for text, ids in zip(texts, ours, strict=True):
            if self._tokenizer(text, truncation=True, max_length=limit)["input_ids"] != ids:
                sys.exit(f"the tokens differ for {text[:60]!r}")

    @torch.inference_mode()
    def states(self, ids: list[int]) -> np.ndarray:
        layers = self._model(input_ids=torch.tensor([ids]), output_hidden_states=True).hidden_states
        return torch.cat(layers).numpy()

    def vector(self, ids: list[int]) -> np.ndarray:
        mean = self.states(ids)[-1].mean(axis=0)
        return mean / np.linalg.norm(mean)


def compare_vectors(
    ours: Encoder, theirs: Theirs, texts: list[str], ids: list[list[int]]
) -> dict[str, float]:
    reference = np.stack([theirs.vector(of_text) for of_text in ids])
    alone = np.concatenate([ours.embed([text]) for text in texts])
    batches = [ours.embed(texts, batch_tokens=size) for size in BATCH_TOKENS]
    return {
        "one by one": apart([alone], [reference]),
        "in batches": apart(batches, [reference] * len(batches)),
        "ours alone against ours in batches": apart(batches, [alone] * len(batches)),
    }


def compare_states(ours: Encoder, theirs: Theirs, texts: list[str], ids: list[list[int]]) -> dict[str, float]:
    found = []
    for start in range(0, len(texts), TEXTS_AT_ONCE):
        some = slice(start, start + TEXTS_AT_ONCE)
        reference = [theirs.states(of_text) for of_text in ids[some]]
        alone = [ours.hidden_states([text])[0] for text in texts[some]]
        together = ours.hidden_states(texts[some])
        found.append((apart(alone, reference), apart(together, reference), apart(together, alone)))
    names = ("one by one", "in batches", "ours alone against ours in batches")
    return dict(zip(names, map(max, zip(*found, strict=True)), strict=True))


def apart(some: Sequence[np.ndarray], others: Sequence[np.ndarray]) -> float:
    """The largest difference of any two numbers at the same place."""
    return max(float(np.abs(a - b).max()) for a, b in zip(some, others, strict=True))


if __name__ == "__main__":
    main()
