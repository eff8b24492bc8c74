"""Training speed of manyheads on exported batches: its own updates without the loop; one JSON line."""

import argparse
import json
from functools import partial
from pathlib import Path
from typing import Any

import torch
from exported_batches import Batch, ExportedBatches, time_updates

from manyheads.batches.translation import pack_pairs
from manyheads.model.build import build_transformer
from manyheads.model.initialize import initialize
from manyheads.recipes.schema import Model, Training
from manyheads.text.tokenizer import OUR_PAIR
from manyheads.training.device import place
from manyheads.training.optimizer import build_optimizer
from manyheads.training.step import Stepper
from manyheads.training.translation_loss import translation_loss

SIZES = ("d_model", "d_ff", "num_heads", "num_encoder_layers", "num_decoder_layers", "max_length")
DROPOUTS = ("dropout", "attention_dropout")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=Path, required=True, help="folder of exported batches")
    parser.add_argument("--updates", type=int, default=20)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precision", choices=["float32", "bfloat16"], default="float32")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    batches = ExportedBatches(options.batches)
    update = Update(batches.config, options.precision)
    print(json.dumps(time_updates(update, batches.sample(options.updates), name="manyheads")))


class Update:
    """Packing and one update."""

    def __init__(self, settings: dict[str, Any], precision: str) -> None:
        sizes = {key: settings[key] for key in (*SIZES, *DROPOUTS)}
        config = Model(**sizes, norm_first=False, positions="sinusoidal", tie_embeddings="all")
        training = Training(
            learning_rate=settings["learning_rate"],
            warmup=settings["warmup"],
            label_smoothing=settings["label_smoothing"],
            clip_norm=settings["clip"],
            betas=tuple(settings["adam_betas"]),
            epsilon=settings["adam_eps"],
        )
        vocab_size = settings["vocab_size"]
        torch.manual_seed(1)
        model = build_transformer(config, src_vocab_size=vocab_size, tgt_vocab_size=vocab_size)
        initialize(model)
        optimizer = build_optimizer(model, training)
        self._stepper = Stepper(
            model.train(), optimizer, training, place("cpu", precision), 1, partial(translation_loss, model)
        )
        self._done = 0

    def __call__(self, batch: Batch) -> None:
        self._done += 1
        self._stepper.take(self._done, [pack_pairs([ids[:-1] for ids in batch.src], batch.tgt, OUR_PAIR)])


if __name__ == "__main__":
    main()
