"""What an encoder's config.json says, to the network that it describes."""

from manyheads.checkpoint.config import EncoderConfig
from manyheads.model.bert import EncoderModel
from manyheads.model.build_encoder import build_encoder


def build_network(config: EncoderConfig) -> EncoderModel:
    """Build the network of an encoder; its numbers are drawn, or loaded.

    Args:
        config: What its model folder says.

    Returns:
        The model, in training mode, with the head of its task: two labels' scores for two labels, one number
        for a regression.
    """
    if config.task in {"embedding", "masked"}:
        head, num_labels = "none" if config.task == "embedding" else "masked", 0
    else:
        head, num_labels = "labels", 1 if config.task == "regression" else len(config.labels)
    return build_encoder(
        config.model,
        vocab_size=config.vocab_size,
        head=head,
        num_labels=num_labels,
        next_sentence=config.next_sentence,
    )
