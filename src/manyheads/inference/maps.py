"""Where a translation looked: one explicit pass over a hypothesis that is known already."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32

from manyheads.batches.translation import pack_pairs
from manyheads.errors import InputError
from manyheads.model.build import Translating
from manyheads.model.tap import Kind, Maps, attentions, record_attention
from manyheads.text.subwords import PairSpecials

Weights = Float32[np.ndarray, "layers heads query_len key_len"]


@dataclass(frozen=True, slots=True)
class Attention:
    """The weights of every layer and head for one pair.

    Row i of `decoder` and `cross` belongs to the step that produced token i of the target, the end token
    last: the decoder had then read the begin token and i tokens.

    Attributes:
        encoder: Source tokens, with the end token, looking at each other; None in a recurrent model.
        decoder: Target steps looking back: column 0 is the begin token; None in a recurrent model.
        cross: Target steps looking at the source.
    """

    encoder: Float32[np.ndarray, "encoder_layers heads src_len src_len"] | None
    decoder: Float32[np.ndarray, "decoder_layers heads tgt_len tgt_len"] | None
    cross: Float32[np.ndarray, "decoder_layers heads tgt_len src_len"]

    def kinds(self) -> dict[Kind, Weights]:
        """List the kinds that there are.

        Returns:
            The weights by kind.
        """
        kinds: dict[Kind, Weights | None] = {
            "encoder": self.encoder,
            "decoder": self.decoder,
            "cross": self.cross,
        }
        return {kind: weights for kind, weights in kinds.items() if weights is not None}

    def first(self, steps: int) -> "Attention":
        """Keep the first target steps: a translation that reached its limit never took the one for the end.

        Args:
            steps: How many.

        Returns:
            The maps of those.
        """
        own = None if self.decoder is None else self.decoder[:, :, :steps, :steps]
        return Attention(self.encoder, own, self.cross[:, :, :steps])


@torch.inference_mode()
def attention_of(
    model: Translating,
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

    Raises:
        InputError: The model has no attention.
    """
    if not attentions(model):
        raise InputError("a model must have attention to show where it looked, but this one has none")
    batch = pack_pairs(
        [np.asarray(ids, np.int64) for ids in src],
        [np.asarray(ids, np.int64) for ids in tgt],
        special,
    )
    with record_attention(model) as maps:
        model(batch.src.to(device), batch.tgt.to(device))
    return [_of_pair(maps, pair) for pair in range(len(src))]


def _of_pair(maps: Maps, pair: int) -> Attention:
    weights = {
        kind: torch.stack([layer[pair] for layer in layers]).cpu().numpy() for kind, layers in maps.items()
    }
    return Attention(weights.get("encoder"), weights.get("decoder"), weights["cross"])
