"""Write out the very batches that a recipe trains on, for the peers that are compared with it.

python benchmarks/export_batches.py RECIPE OUTPUT [key=value ...]
"""

import json
import sys
from itertools import chain
from pathlib import Path

import numpy as np

from manyheads.batches.translation import TranslationBatches
from manyheads.recipes.load import load_recipe
from manyheads.recipes.schema import Recipe
from manyheads.text.tokenizer import EOS_ID, OUR_PAIR
from manyheads.training.corpus import prepare_corpus


def main(name: str, output: str, *overrides: str) -> None:
    recipe, folder = load_recipe(name, overrides), Path(output)
    prepared = prepare_corpus(recipe, folder / "corpus")
    print("\n".join(prepared.report.lines()))
    training = recipe.training
    batches = TranslationBatches(
        prepared.train, budget=training.batch_tokens, seed=recipe.seed, special=OUR_PAIR
    )
    pairs = [prepared.train.take(batches.rows(position)) for position in range(training.updates)]
    src = [[*ids, EOS_ID] for sources, _ in pairs for ids in sources]
    tgt = [ids for _, targets in pairs for ids in targets]
    save(folder, "src", src)
    save(folder, "tgt", tgt)
    np.save(folder / "sentences_per_update.npy", np.array([len(sources) for sources, _ in pairs], np.int32))
    (folder / "config.json").write_text(
        json.dumps(settings(recipe, prepared.tokenizers()[0].vocab_size), indent=1)
    )
    test, _ = prepared.test_texts()
    lines = [json.dumps([*ids, EOS_ID]) for ids in prepared.tokenizers()[0].encode_ids(test)]
    (folder / "test_src.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    labels = sum(map(len, tgt)) + len(tgt)
    print(f"{training.updates} updates, {labels / training.updates:.0f} labels each")


def save(folder: Path, side: str, sentences: list[list[int]]) -> None:
    np.save(folder / f"{side}_ids.npy", np.fromiter(chain.from_iterable(sentences), np.int32))
    np.save(folder / f"{side}_lengths.npy", np.array([len(ids) for ids in sentences], np.int32))


def settings(recipe: Recipe, vocab_size: int) -> dict[str, object]:
    training = recipe.training
    sizes = recipe.model.model_dump(
        include={
            "d_model",
            "d_ff",
            "num_heads",
            "num_encoder_layers",
            "num_decoder_layers",
            "dropout",
            "attention_dropout",
            "max_length",
        }
    )
    return sizes | {
        "vocab_size": vocab_size,
        "learning_rate": training.learning_rate,
        "warmup": training.warmup,
        "label_smoothing": training.label_smoothing,
        "clip": training.clip_norm,
        "adam_betas": training.betas,
        "adam_eps": training.epsilon,
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
