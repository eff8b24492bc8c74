"""The numbers that a model starts with."""

import math

from torch import nn


def initialize(model: nn.Module) -> None:
    """Draw a new model's parameters from torch's generator.

    Linear maps are Xavier-uniform with zero bias. Token vectors have a standard deviation of 1/sqrt(d_model): scaled
    by sqrt(d_model) they enter with variance one, and as output weights they give logits of variance one.

    Args:
        model: Changed in place.

    Reference:
        Glorot and Bengio 2010; Vaswani et al. 2017, section 3.4, for the scale.
    """
    for module in model.modules():
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    for module in model.modules():
        if isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, std=1 / math.sqrt(module.embedding_dim))
