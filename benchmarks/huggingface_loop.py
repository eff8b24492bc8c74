"""Hugging Face's MarianMTModel in a plain PyTorch loop, on batches that manyheads wrote out.

Runs in its own environment (requirements-huggingface.txt); README.md has the commands.

    huggingface_loop.py --batches DIR --output DIR [--resume]      train on all updates
    huggingface_loop.py --batches DIR --output DIR --decode        translate test_src.jsonl, beam search
    huggingface_loop.py --batches DIR --bench 40                   time 40 updates, print one JSON line
"""

import argparse
import json
import math
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch
from exported_batches import BOS_ID, EOS_ID, Batch, ExportedBatches, time_updates
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import pad_sequence
from transformers import GenerationConfig, MarianConfig, MarianMTModel

CHECKPOINT_EVERY = 100
LOG_EVERY = 25
DECODE_SENTENCES = 64


def main() -> None:
    options = parse_options()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    batches = ExportedBatches(options.batches)
    settings = batches.config | {k: v for k, v in vars(options).items() if v is not None}
    model = build_model(settings)
    if options.bench:
        training = Training(model, settings)
        print(json.dumps(time_updates(training.update, batches.sample(options.bench), name="huggingface")))
    elif options.decode:
        load_weights(model, options.output)
        decode(model, settings)
    else:
        train(Training(model, settings), batches, output=options.output, resume=options.resume)


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--batches", type=Path, required=True, help="folder of exported batches")
    parser.add_argument(
        "--output", type=Path, default=Path("runs/huggingface"), help="checkpoint, log, hypotheses"
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--resume", action="store_true", help="go on from the checkpoint in the output folder"
    )
    parser.add_argument("--bench", type=int, metavar="N", help="time N updates and stop")
    parser.add_argument(
        "--decode", action="store_true", help="translate the test sources with the checkpoint"
    )
    parser.add_argument("--beam", type=int, default=5)
    parser.add_argument("--length-penalty", type=float, default=1.0)
    parser.add_argument(
        "--max-length-factor", type=float, default=2.0, help="longest output: factor * source + extra"
    )
    parser.add_argument("--max-length-extra", type=int, default=10)
    parser.add_argument("--init-std", type=float, default=0.02, help="0.02 is Marian's default here")
    parser.add_argument("--precision", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--attention", choices=["sdpa", "eager"], default="sdpa")
    for name in ("learning-rate", "clip", "label-smoothing"):
        parser.add_argument(f"--{name}", type=float, help="instead of the one in config.json")
    parser.add_argument("--warmup", type=int, help="instead of the one in config.json")
    return parser.parse_args()


def build_model(settings: dict) -> MarianMTModel:
    """Marian with the sizes of config.json; the padding that it needs takes one more id."""
    config = MarianConfig(
        vocab_size=settings["vocab_size"] + 1,
        pad_token_id=settings["vocab_size"],
        bos_token_id=BOS_ID,
        eos_token_id=EOS_ID,
        forced_eos_token_id=None,
        decoder_start_token_id=BOS_ID,
        d_model=settings["d_model"],
        encoder_layers=settings["num_encoder_layers"],
        decoder_layers=settings["num_decoder_layers"],
        encoder_ffn_dim=settings["d_ff"],
        decoder_ffn_dim=settings["d_ff"],
        encoder_attention_heads=settings["num_heads"],
        decoder_attention_heads=settings["num_heads"],
        dropout=settings["dropout"],
        attention_dropout=settings["attention_dropout"],
        activation_dropout=0.0,
        activation_function="relu",
        max_position_embeddings=settings["max_length"],
        init_std=settings["init_std"],
        scale_embedding=True,
        share_encoder_decoder_embeddings=True,
        tie_word_embeddings=True,
        attn_implementation=settings["attention"],
    )
    return MarianMTModel(config)


class Training:
    """Model, optimizer and schedule; one call an update."""

    def __init__(self, model: MarianMTModel, settings: dict) -> None:
        self.model = model.train()
        self.settings = settings
        self.done = 0
        self.optimizer = torch.optim.Adam(
            model.parameters(), betas=tuple(settings["adam_betas"]), eps=settings["adam_eps"], fused=True
        )

    def update(self, batch: Batch) -> torch.Tensor:
        """Forward, backward, clip, step."""
        torch.manual_seed(
            self.settings["seed"] * 1_000_003 + self.done
        )  # a resumed run draws what one never stopped does
        self.done += 1
        for group in self.optimizer.param_groups:
            group["lr"] = self.learning_rate
        with torch.autocast("cpu", torch.bfloat16, enabled=self.settings["precision"] == "bfloat16"):
            loss = self.loss(batch)
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.settings["clip"])
        self.optimizer.step()
        return loss.detach()

    @property
    def learning_rate(self) -> float:
        """Inverse square root, linear warm-up."""
        warmup = self.settings["warmup"]
        return self.settings["learning_rate"] * min(self.done / warmup, math.sqrt(warmup / self.done))

    def loss(self, batch: Batch) -> torch.Tensor:
        """Mean label-smoothed cross-entropy over the real target tokens."""
        pad = self.model.config.pad_token_id
        src = pad_ids(batch.src, pad)
        tgt = pad_ids([np.concatenate([[BOS_ID], ids, [EOS_ID]]) for ids in batch.tgt], pad)
        logits = self.model(
            input_ids=src, attention_mask=(src != pad).long(), decoder_input_ids=tgt[:, :-1], use_cache=False
        ).logits
        return cross_entropy(
            logits.flatten(0, 1),
            tgt[:, 1:].flatten(),
            ignore_index=pad,
            label_smoothing=self.settings["label_smoothing"],
        )


def pad_ids(sentences: list[np.ndarray], pad: int) -> torch.Tensor:
    return pad_sequence([torch.from_numpy(ids) for ids in sentences], batch_first=True, padding_value=pad)


def train(training: Training, batches: ExportedBatches, *, output: Path, resume: bool) -> None:
    """All updates of the folder, with a log line now and then and a checkpoint every hundred."""
    output.mkdir(parents=True, exist_ok=True)
    if resume:
        state = torch.load(output / "checkpoint.pt", weights_only=True)
        training.model.load_state_dict(state["model"])
        training.optimizer.load_state_dict(state["optimizer"])
        training.done = state["done"]
    log = (output / "log.jsonl").open("a" if resume else "w", encoding="utf-8", buffering=1)
    tokens, plain_tokens, started = 0, 0, time.perf_counter()
    for update in range(training.done, len(batches)):
        batch = batches[update]
        loss = training.update(batch)
        tokens, plain_tokens = tokens + batch.tokens, plain_tokens + batch.plain_tokens
        if training.done % LOG_EVERY == 0 or training.done == len(batches):
            seconds = time.perf_counter() - started
            line = {
                "update": training.done,
                "loss": round(loss.item(), 4),
                "learning_rate": training.learning_rate,
                "tokens_per_second": round(tokens / seconds, 1),
                "plain_tokens_per_second": round(plain_tokens / seconds, 1),
            }
            print(json.dumps(line), file=log)
            print(json.dumps(line), flush=True)
            tokens, plain_tokens, started = 0, 0, time.perf_counter()
        if training.done % CHECKPOINT_EVERY == 0 or training.done == len(batches):
            save(training, output)
    log.close()


def save(training: Training, output: Path) -> None:
    state = {
        "model": training.model.state_dict(),
        "optimizer": training.optimizer.state_dict(),
        "done": training.done,
    }
    torch.save(state, output / "checkpoint.pt.part")
    (output / "checkpoint.pt.part").replace(output / "checkpoint.pt")


def load_weights(model: MarianMTModel, output: Path) -> None:
    model.load_state_dict(torch.load(output / "checkpoint.pt", weights_only=True)["model"])


@torch.inference_mode()
def decode(model: MarianMTModel, settings: dict) -> None:
    """Beam search; sources of one length go together, so that each has its own longest output."""
    model.eval()
    lines = (settings["batches"] / "test_src.jsonl").read_text(encoding="utf-8").splitlines()
    sources = [json.loads(line) for line in lines]
    groups = defaultdict(list)
    for row, ids in enumerate(sources):
        groups[len(ids)].append(row)
    hypotheses: dict[int, list[int]] = {}
    for length, rows in sorted(groups.items()):
        for first in range(0, len(rows), DECODE_SENTENCES):
            chosen = rows[first : first + DECODE_SENTENCES]
            generated = generate(model, torch.tensor([sources[row] for row in chosen]), length, settings)
            hypotheses |= dict(zip(chosen, generated, strict=True))
    text = "".join(json.dumps(hypotheses[row]) + "\n" for row in range(len(sources)))
    (settings["output"] / "hypotheses.jsonl").write_text(text, encoding="utf-8")


def generate(model: MarianMTModel, src: torch.Tensor, length: int, settings: dict) -> list[list[int]]:
    """Ids of the best hypotheses, without special tokens."""
    pad = model.config.pad_token_id
    search = GenerationConfig(
        num_beams=settings["beam"],
        length_penalty=settings["length_penalty"],
        early_stopping=False,
        max_new_tokens=min(
            math.ceil(settings["max_length_factor"] * length) + settings["max_length_extra"],
            settings["max_length"] - 1,
        ),
        suppress_tokens=[pad],
        decoder_start_token_id=BOS_ID,
        bos_token_id=BOS_ID,
        eos_token_id=EOS_ID,
        pad_token_id=pad,
    )
    rows = model.generate(
        input_ids=src, attention_mask=torch.ones_like(src), generation_config=search
    ).tolist()
    return [[token for token in row[1:] if token not in (BOS_ID, EOS_ID, pad)] for row in rows]


if __name__ == "__main__":
    main()
