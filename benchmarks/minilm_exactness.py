"""Largest differences between our numbers and those of transformers, on real texts, in float32.

Sentence vectors and the hidden states of every layer, one text at a time and in batches of mixed lengths,
against transformers one text at a time; and ours one at a time against ours in batches.
Exits with 1 where vectors differ by more than 1e-5, or states by more than 5e-5.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from embedders import minilm_folder
from real_texts import read_texts
from torch.nn.functional import normalize
from transformers import AutoModel, AutoTokenizer

from manyheads.batches.labelled import pack_texts
from manyheads.checkpoint.config import read_encoder_config
from manyheads.checkpoint.network import build_network
from manyheads.checkpoint.parameters import fill
from manyheads.checkpoint.store import load_model
from manyheads.inference.load import load
from manyheads.text.text_tokens import TextTokens

VECTORS, STATES = 1e-5, 5e-5
BATCH_TEXTS = 25
BATCH_TOKENS = (64, 1024, 4096)
States = list[torch.Tensor]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, help="a folder that pools by mean; MiniLM's by default")
    parser.add_argument("--texts", type=Path, required=True, help="texts, a line each")
    parser.add_argument("--count", type=int, default=500, help="of more texts, so many, evenly spread")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    folder = options.model or minilm_folder()
    texts = read_texts(options.texts, options.count)
    theirs = Theirs(folder)
    tokens = theirs.checked_tokens(texts, Ours(folder).tokens(texts))
    lengths = [len(text) for text in tokens]
    found = compare_vectors(folder, texts, theirs, tokens) | compare_states(Ours(folder), theirs, tokens)
    about = {"texts": len(texts), "tokens": f"{min(lengths)}-{max(lengths)}"}
    print(json.dumps(about | {name: float(f"{value:.3g}") for name, value in found.items()}))
    sys.exit(any(value > (VECTORS if "vectors" in name else STATES) for name, value in found.items()))


class Ours:
    """Our network, layer by layer."""

    def __init__(self, folder: Path) -> None:
        stored = load_model(folder)
        self._config = read_encoder_config(dict(stored.config), folder)
        network = build_network(self._config)
        fill(network, stored.weights, folder)
        self._bert = network.eval().bert
        self._tokenizer = stored.tokenizers["text"]

    def tokens(self, texts: list[str]) -> list[TextTokens]:
        return self._tokenizer.encode(texts, max_tokens=self._config.max_tokens)

    @torch.inference_mode()
    def states(self, tokens: list[TextTokens]) -> list[States]:
        """Every layer's states of each text, all of them one batch."""
        lengths = [len(text) for text in tokens]
        layers = [layer.split(lengths) for layer in self._bert.layer_by_layer(pack_texts(tokens))]
        return [list(text) for text in zip(*layers, strict=True)]


class Theirs:
    """The network of transformers, without a batch and so without padding."""

    def __init__(self, folder: Path) -> None:
        self._tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        self._model = AutoModel.from_pretrained(folder, local_files_only=True, dtype=torch.float32).eval()

    def checked_tokens(self, texts: list[str], ours: list[TextTokens]) -> list[TextTokens]:
        """Make sure that both see the same tokens."""
        longest = max(map(len, ours))
        for text, tokens in zip(texts, ours, strict=True):
            if self._tokenizer(text, truncation=True, max_length=longest)["input_ids"] != tokens.token_ids:
                sys.exit(f"the tokens differ for {text[:60]!r}")
        return ours

    @torch.inference_mode()
    def states(self, tokens: TextTokens) -> States:
        output = self._model(input_ids=torch.tensor([tokens.token_ids]), output_hidden_states=True)
        return [layer[0] for layer in output.hidden_states]


def compare_vectors(
    folder: Path, texts: list[str], theirs: Theirs, tokens: list[TextTokens]
) -> dict[str, float]:
    encoder = load(folder, precision="float32")
    reference = np.stack([normalize(theirs.states(text)[-1].mean(dim=0), dim=0).numpy() for text in tokens])
    alone = np.concatenate([encoder.embed([text]) for text in texts])
    batches = [encoder.embed(texts, batch_tokens=size) for size in BATCH_TOKENS]
    return {
        "vectors, one by one": np.abs(alone - reference).max(),
        "vectors, in batches": max(np.abs(batch - reference).max() for batch in batches),
        "vectors, ours alone against ours in batches": max(np.abs(batch - alone).max() for batch in batches),
    }


def compare_states(ours: Ours, theirs: Theirs, tokens: list[TextTokens]) -> dict[str, float]:
    largest = {
        "states, one by one": 0.0,
        "states, in batches": 0.0,
        "states, ours alone against batches": 0.0,
    }
    for batch in batches_of(tokens):
        for text, together in zip(batch, ours.states(batch), strict=True):
            reference, (alone,) = theirs.states(text), ours.states([text])
            found = (apart(alone, reference), apart(together, reference), apart(together, alone))
            largest = {name: max(pair) for name, *pair in zip(largest, largest.values(), found, strict=True)}
    return largest


def batches_of(tokens: list[TextTokens]) -> Iterator[list[TextTokens]]:
    for start in range(0, len(tokens), BATCH_TEXTS):
        yield tokens[start : start + BATCH_TEXTS]


def apart(one: States, other: States) -> float:
    """The largest difference in any layer."""
    return max((a - b).abs().max().item() for a, b in zip(one, other, strict=True))


if __name__ == "__main__":
    main()
