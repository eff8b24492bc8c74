"""The loss of a batch of pairs."""

from manyheads.batches.translation import TranslationBatch
from manyheads.model.build import Translating
from manyheads.training.loss import Loss, chunked_loss


def translation_loss(model: Translating, batch: TranslationBatch, smoothing: float) -> Loss:
    """Compute a batch's loss.

    Args:
        model: The network.
        batch: Packed pairs, on the network's device.
        smoothing: Share of the probability that is spread over the vocabulary.

    Returns:
        The sums over the labels.
    """
    hidden = model.decode(batch.tgt, model.encode(batch.src), batch.src.lengths)
    weight, bias = model.output.weight, model.output.bias
    return chunked_loss(hidden, weight, batch.labels, smoothing=smoothing, bias=bias)
