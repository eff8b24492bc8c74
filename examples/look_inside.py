"""Record every attention of a model while it reads a pair, and say where each head looked most.

python examples/look_inside.py runs/mine "A text." "Ein Text."
"""

import sys

import numpy as np
import torch

import manyheads
from manyheads.batches.translation import pack_pairs


def main(folder: str, source: str, target: str) -> None:
    """Print, for each head of the cross attention, which source piece each target piece looked at most."""
    model = manyheads.load(folder)
    src, tgt = model.src_tokenizer, model.tgt_tokenizer
    (src_ids,), (tgt_ids,) = src.encode_ids([source]), tgt.encode_ids([target])
    batch = pack_pairs([np.array(src_ids)], [np.array(tgt_ids)], model.special)
    with manyheads.record_attention(model.model) as maps, torch.inference_mode():
        model.model(batch.src, batch.tgt)
    read, written = [*src.pieces(source), "</s>"], [*tgt.pieces(target), "</s>"]
    for layer, sequences in enumerate(maps["cross"]):
        for head, weights in enumerate(sequences[0]):  # the batch's one pair: [heads, target, source]
            looked = (
                f"{to!r} at {read[at]!r}" for to, at in zip(written, weights.argmax(dim=1), strict=True)
            )
            print(f"layer {layer} head {head}: {', '.join(looked)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
