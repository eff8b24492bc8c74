"""What each layer of a trained translator adds: how much dearer a token is without that layer."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from manyheads.experiments.experiment import Measured
from manyheads.experiments.valid_pairs import first_pairs, loss_of, packed
from manyheads.inference.translate import Translator
from manyheads.model.decoder import Decoder
from manyheads.model.encoder import Encoder
from manyheads.model.transformer import Transformer
from manyheads.text.prepare import PreparedPairs


@contextmanager
def skip_layer(stack: Encoder | Decoder, layer: int) -> Iterator[None]:
    """Run a stack as if one of its layers were not there: the next one reads what that layer would have read.

    Args:
        stack: An encoder or a decoder; that which runs as C keeps all layers.
        layer: Which layer, from 0.

    Yields:
        Nothing; the layer is there again afterwards.
    """
    whole = stack.layers
    stack.layers = nn.ModuleList(each for place, each in enumerate(whole) if place != layer)
    try:
        yield
    finally:
        stack.layers = whole


def study_layers(translator: Translator, prepared: PreparedPairs, *, quick: bool) -> Measured:
    """Study a translator's layers on validation pairs.

    Args:
        translator: The model.
        prepared: Its corpus.
        quick: Whether a few pairs will do.

    Returns:
        `pairs`, how many; the `loss` with all layers, nats a token; and by layer (`encoder.0`) its `cost`: by
        how much the loss rises when that layer alone is skipped.

    Raises:
        TypeError: It is no Transformer.
    """
    model = translator.model
    if not isinstance(model, Transformer):
        raise TypeError(f"layers are skipped in a Transformer, but this is a {type(model).__name__}")
    pairs = first_pairs(prepared, quick=quick)
    loss = loss_of(translator, packed(translator, pairs))
    stacks = {"encoder": model.encoder, "decoder": model.decoder}
    with torch.no_grad():
        whole, cost = loss().item(), {}
        for name, stack in stacks.items():
            for layer in range(len(stack.layers)):
                with skip_layer(stack, layer):
                    cost[f"{name}.{layer}"] = loss().item() - whole
    return {"pairs": len(pairs), "loss": whole, "cost": cost}
