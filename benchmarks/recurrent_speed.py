"""The recurrent translator's speed beside the Transformer's, in turns in one run; appends to RESULTS.md.

Both come from their shipped recipes, with the same vocabulary, batches, threads and precision. They train on
the same batches, spread evenly over an epoch. Both decode with drawn parameters, which seldom end by
themselves: what counts is tokens a second, and all outputs are about as long as is allowed.
"""

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from real_texts import read_texts
from turns import append_report, spread, turns

from manyheads.inference.load import translator_from
from manyheads.inference.precision import prepare
from manyheads.inference.translate import Translator
from manyheads.recipes.load import load_recipe
from manyheads.training.run import Run, open_run

RECIPES = {"Transformer": "translate-multi30k", "recurrent": "translate-multi30k-recurrent"}
WARM_UP_UPDATES = 3
COLUMNS = {
    "": False,
    "parameters": True,
    "training, tokens/s, median (range)": True,
    "decoding, tokens/s, median (range)": True,
}


@dataclass
class Contestant:
    """A run that is never finished, and a translator with its parameters as they were drawn."""

    run: Run
    translator: Translator
    done: int = 0
    training: list[float] = field(default_factory=list)
    decoding: list[float] = field(default_factory=list)

    @property
    def parameters(self) -> int:
        return sum(parameter.numel() for parameter in self.run.task.model.parameters())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder of Multi30k's files")
    parser.add_argument("--texts", type=Path, required=True, help="texts to translate, a line each")
    parser.add_argument("--count", type=int, default=64, help="of more texts, so many, evenly spread")
    parser.add_argument("--updates", type=int, default=10, help="timed updates a turn")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precision", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--results", type=Path, default=Path(__file__).with_name("RESULTS.md"))
    options = parser.parse_args()
    texts = read_texts(options.texts, options.count)
    with tempfile.TemporaryDirectory() as folder:
        contestants = {
            name: contestant(recipe, Path(folder) / recipe, options) for name, recipe in RECIPES.items()
        }
        for _, name in turns(list(contestants), options.rounds):
            measure(contestants[name], texts, options.updates)
            print(name, contestants[name].training[-1], contestants[name].decoding[-1], file=sys.stderr)
    beam = contestants["Transformer"].translator.config.decoding.beam
    append_report(
        options.results,
        "The recurrent translator beside the Transformer",
        f"{options.rounds} rounds in turns, {options.updates} updates of 8,192 tokens and {len(texts)} texts "
        f"at beam {beam} each, {{machine}}, threads: {options.threads}, {options.precision}. Training counts "
        "source and target tokens, decoding those that are produced.",
        COLUMNS,
        [
            [name, f"{each.parameters:,}", spread(each.training), spread(each.decoding)]
            for name, each in contestants.items()
        ],
    )


def contestant(recipe: str, folder: Path, options: argparse.Namespace) -> Contestant:
    own = [f"data={options.data}", "training.batch_tokens=8192", f"precision={options.precision}"]
    run = open_run(load_recipe(recipe, [*own, f"threads={options.threads}"]), folder)
    prepared = prepare(precision=options.precision, threads=options.threads)
    stored = run.task.stored("")
    # A translator keeps what it is given, and this network is trained on.
    stored = replace(stored, weights={name: weight.clone() for name, weight in stored.weights.items()})
    made = Contestant(run, translator_from(stored, folder, prepared))
    train(made, WARM_UP_UPDATES)
    return made


def measure(each: Contestant, texts: list[str], updates: int) -> None:
    each.training.append(train(each, updates))
    begun = time.perf_counter()
    translations = each.translator.translate(texts)
    tokens = sum(len(translation.log_probs) for translation in translations)
    each.decoding.append(tokens / (time.perf_counter() - begun))


def train(each: Contestant, updates: int) -> float:
    """Source and target tokens a second."""
    batches = each.run.task.batches
    places = np.linspace(0, batches.per_epoch - 1, updates).round().astype(int)
    chosen = [batches.batch(int(place)) for place in places]
    each.run.task.model.train()
    begun = time.perf_counter()
    for batch in chosen:
        each.done += 1
        each.run.stepper.take(each.done, [batch])
    return sum(batch.tokens for batch in chosen) / (time.perf_counter() - begun)


if __name__ == "__main__":
    main()
