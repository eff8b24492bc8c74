"""Spearman of cosines to people's scores of sentence pairs: ours, sentence-transformers', and the difference.

Exits with 1 where they differ by more than 0.001.
"""

import argparse
import json
import sys
from pathlib import Path

import torch
from embedders import OURS, THEIRS, cosines, load_embedder, minilm_folder

from manyheads.evaluation.similarity import correlate
from manyheads.text.labelled import LabelledSource, LabelledTexts, read_labelled

LIMIT = 0.001


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, help="a sentence-transformers folder; MiniLM's by default")
    parser.add_argument("--data", type=Path, required=True, help="tab-separated: text, pair and score")
    parser.add_argument("--text", type=int, default=5, help="column of the first text, from 0 (STS-B: 5)")
    parser.add_argument("--pair", type=int, default=6)
    parser.add_argument("--label", type=int, default=4)
    parser.add_argument("--precision", choices=["float32", "bfloat16"], default="float32", help="of ours")
    options = parser.parse_args()
    source = LabelledSource(options.data, options.text, options.pair, options.label, format="tsv")
    pairs = read_labelled(source)
    folder = options.model or minilm_folder()
    ours = spearman(OURS, folder, options.precision, pairs)
    theirs = spearman(THEIRS, folder, "float32", pairs)
    line = {OURS: ours, THEIRS: theirs, "difference": ours - theirs, "pairs": len(pairs.texts)}
    print(json.dumps(line))
    sys.exit(abs(ours - theirs) > LIMIT)


def spearman(name: str, folder: Path, precision: str, pairs: LabelledTexts) -> float:
    embed = load_embedder(name, folder, precision, torch.get_num_threads())
    said = cosines(embed(pairs.texts), embed(pairs.pairs or []))
    return correlate(said, pairs.numbers()).spearman


if __name__ == "__main__":
    main()
