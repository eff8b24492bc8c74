"""Where a translation looked: one explicit pass over a hypothesis that is known already."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32

from manyheads.batches.translation import pack_pairs
from manyheads.model.tap import Kind, Maps, record_attention
from manyheads.model.transformer import Transformer
from manyheads.text.subwords import PairSpecials

Weights = Float32[np.ndarray, "layers heads query_len key_len"]


@dataclass(frozen=True, slots=True)
class Attention:
    """The weights of every layer and head for one pair.

    Row i of `decoder` and `cross` belongs to the step that produced token i of the target, the end token
    last: the decoder had then read the begin token and i tokens.

    Attributes:
        encoder: Source tokens, with the end token, looking at each other.
        decoder: Target steps looking back: column 0 is the begin token.
        cross: Target steps looking at the source.
    """

    encoder: Float32[np.ndarray, "encoder_layers heads src_len src_len"]
    decoder: Float32[np.ndarray, "decoder_layers heads tgt_len tgt_len"]
    cross: Float32[np.ndarray, "decoder_layers heads tgt_len src_len"]

    def kinds(self) -> dict[Kind, Weights]:
        """List the three kinds.

        Returns:
            The weights by kind.
        """
        return {"encoder": self.encoder, "decoder": self.decoder, "cross": self.cross}

    def first(self, steps: int) -> "Attention":
        """Keep the first target steps: a translation that reached its limit never took the one for the end.

        Args:
            steps: How many.

        Returns:
            The maps of those.
        """
        return Attention(self.encoder, self.decoder[:, :, :steps, :steps], self.cross[:, :, :steps])


@torch.inference_mode()
def attention_of(
    model: Transformer,
    src: Sequence[Sequence[int]],
    tgt: Sequence[Sequence[int]],
    special: PairSpecials,
    device: torch.device,
) -> list[Attention]:
    """Compute the maps of known pairs.

    Args:
        model: The translator's network.
        src: Ids of each source, without special tokens.
        tgt: Ids of each target, without special tokens.
        special: Special ids of both sides.
        device: Where the model computes.

    Returns:
        The maps of each pair.
    """
    batch = pack_pairs(
        [np.asarray(ids, np.int64) for ids in src],
        [np.asarray(ids, np.int64) for ids in tgt],
        special,
    )
    with record_attention(model) as maps:
        model(batch.src.to(device), batch.tgt.to(device))
    return [_of_pair(maps, pair) for pair in range(len(src))]


def _of_pair(maps: Maps, pair: int) -> Attention:
    encoder, decoder, cross = (
        torch.stack([layer[pair] for layer in maps[kind]]).cpu().numpy()
        for kind in ("encoder", "decoder", "cross")
    )
    return Attention(encoder, decoder, cross)
