"""Train a translator on one's own pairs: a file with a source, a TAB and its translation on each line.

python examples/train_on_own_pairs.py pairs.tsv runs/mine
"""

import sys
from pathlib import Path

from manyheads.recipes.load import check_recipe
from manyheads.training.listeners import PlainLines
from manyheads.training.loop import train
from manyheads.training.run import open_run

RECIPE = {
    "title": "My translator",
    "tokenizer": {"vocab_size": 2000},
    "model": {"d_model": 128, "d_ff": 512, "num_encoder_layers": 3, "num_decoder_layers": 3},
    "training": {"updates": 3000, "warmup": 500, "batch_tokens": 4096},
}


def main(data: str, output: str, *, updates: int | None = None) -> None:
    """Train, and print what happens line by line."""
    tree = {**RECIPE, "data": data}
    if updates is not None:
        tree["training"] = {**RECIPE["training"], "updates": updates}
    run = open_run(check_recipe(tree, where="examples"), Path(output))
    print("\n".join(run.lines()))
    finished = train(run, [PlainLines(sys.stdout)])
    print(f"the model is in {finished.folder}")


if __name__ == "__main__":
    main(*sys.argv[1:3], updates=int(sys.argv[3]) if len(sys.argv) > 3 else None)
