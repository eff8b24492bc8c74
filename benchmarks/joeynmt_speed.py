"""Training speed of JoeyNMT 2.3 at the sizes and on the batches that manyheads wrote out; one JSON line.

Runs in its own environment (requirements-joeynmt.txt); README.md has the commands. The ids
are written out as words (`17 4 2311`), so that JoeyNMT reads the very same tokens through its own data
classes. Timed are its own collation, forward and backward pass, clipping, Adam and schedule. Its one dropout
setting also drops attention weights and the inner feed-forward layer.
"""

import argparse
import contextlib
import json
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from exported_batches import EOS_ID, WARM_UP_UPDATES, Batch, ExportedBatches, time_updates
from joeynmt.batch import Batch as JoeyBatch
from joeynmt.config import parse_global_args, set_validation_args
from joeynmt.datasets import BaseDataset
from joeynmt.prediction import prepare
from joeynmt.training import TrainManager

PAD_ID, JOEY_EOS_ID = 1, 3  # its own order: <unk>, <pad>, <s>, </s>, then the words of the vocabulary
BATCH_TOKENS = 4096
CORPUS_UPDATES = 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=Path, required=True, help="folder of exported batches")
    parser.add_argument("--updates", type=int, default=20)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--own-batches",
        action="store_true",
        help=f"batch as JoeyNMT does: shuffled, up to {BATCH_TOKENS} tokens with padding",
    )
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    batches = ExportedBatches(options.batches)
    with tempfile.TemporaryDirectory() as folder:
        with contextlib.redirect_stdout(sys.stderr):
            training = Training(batches, Path(folder))
        if options.own_batches:
            line = time_updates(
                training.update_own, training.own_batches(options.updates), name="joeynmt own"
            )
        else:
            line = time_updates(training.update, batches.sample(options.updates), name="joeynmt")
    print(json.dumps(line))


@dataclass(frozen=True, slots=True)
class OwnBatch:
    """A batch of JoeyNMT's with its tokens counted as for ours."""

    batch: JoeyBatch

    @property
    def tokens(self) -> int:
        return int(self.batch.src_mask.sum()) + self.batch.ntokens

    @property
    def plain_tokens(self) -> int:
        return self.tokens - 2 * self.batch.nseqs


class Training:
    """JoeyNMT's trainer, fed from outside; an update is what its own loop does between two batches."""

    def __init__(self, batches: ExportedBatches, folder: Path) -> None:
        write_corpus(batches, folder)
        config = parse_global_args(joey_config(batches.config, folder), rank=0, mode="train")
        self.model, self.corpus, _, _ = prepare(config, rank=0, mode="train")
        self.trainer = TrainManager(
            rank=0,
            model=self.model,
            model_dir=folder,
            device=config.device,
            autocast=config.autocast,
            seed=config.seed,
            train_args=config.train,
            dev_args=set_validation_args(config.test),
        )

    def update(self, batch: Batch) -> None:
        self._update(self.collate(batch))

    def update_own(self, own: OwnBatch) -> None:
        self._update(own.batch)

    def _update(self, batch: JoeyBatch) -> None:
        trainer = self.trainer
        trainer._train_step(batch)
        trainer.clip_grad_fun(parameters=self.model.parameters())
        trainer.optimizer.step()
        trainer.scheduler.step(trainer.stats.steps)
        self.model.zero_grad()
        trainer.stats.steps += 1

    def collate(self, batch: Batch) -> JoeyBatch:
        pairs = zip(batch.src, batch.tgt, strict=True)
        rows = [(row, words(src[:-1]), words(tgt)) for row, (src, tgt) in enumerate(pairs)]
        return self.corpus.collate_fn(rows, pad_index=PAD_ID, eos_index=JOEY_EOS_ID)

    def own_batches(self, count: int) -> list[OwnBatch]:
        corpus: BaseDataset = self.corpus
        loader = corpus.make_iter(
            batch_size=BATCH_TOKENS, batch_type="token", shuffle=True, pad_index=PAD_ID, eos_index=JOEY_EOS_ID
        )
        return [OwnBatch(batch) for batch in islice(loader, WARM_UP_UPDATES + count)]


def words(ids: Iterable[int]) -> list[str]:
    return [str(token) for token in ids]


def write_corpus(batches: ExportedBatches, folder: Path) -> None:
    """About an epoch of sentences, one a line, and the vocabulary."""
    chosen = [batches[update] for update in range(min(CORPUS_UPDATES, len(batches)))]
    src = [" ".join(words(ids[:-1])) for batch in chosen for ids in batch.src]
    tgt = [" ".join(words(ids)) for batch in chosen for ids in batch.tgt]
    for name in ("train", "dev"):
        (folder / f"{name}.src").write_text("\n".join(src) + "\n", encoding="utf-8")
        (folder / f"{name}.trg").write_text("\n".join(tgt) + "\n", encoding="utf-8")
    vocabulary = words(range(EOS_ID + 1, batches.config["vocab_size"]))
    (folder / "vocabulary.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")


def joey_config(settings: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Its transformer_multi30k recipe's form, with our numbers."""
    stack = {
        "type": "transformer",
        "num_heads": settings["num_heads"],
        "embeddings": {"embedding_dim": settings["d_model"], "scale": True, "dropout": settings["dropout"]},
        "hidden_size": settings["d_model"],
        "ff_size": settings["d_ff"],
        "dropout": settings["dropout"],
        "layer_norm": "post",
    }
    side = {"level": "word", "voc_file": str(folder / "vocabulary.txt")}
    return {
        "name": "speed",
        "model_dir": str(folder),
        "use_cuda": False,
        "random_seed": 1,
        "data": {
            "train": str(folder / "train"),
            "dev": str(folder / "dev"),
            "dataset_type": "plain",
            "src": {"lang": "src", **side},
            "trg": {"lang": "trg", **side},
        },
        "testing": {},
        "training": {
            "normalization": "tokens",
            "loss": "crossentropy",
            "label_smoothing": settings["label_smoothing"],
            "optimizer": "adam",
            "adam_betas": settings["adam_betas"],
            "learning_rate": settings["learning_rate"],
            "learning_rate_warmup": settings["warmup"],
            "scheduling": "warmupinversesquareroot",
            "clip_grad_norm": settings["clip"],
            "batch_size": BATCH_TOKENS,
            "batch_type": "token",
        },
        "model": {
            "tied_embeddings": True,
            "tied_softmax": True,
            "encoder": stack | {"num_layers": settings["num_encoder_layers"]},
            "decoder": stack | {"num_layers": settings["num_decoder_layers"]},
        },
    }


if __name__ == "__main__":
    main()
