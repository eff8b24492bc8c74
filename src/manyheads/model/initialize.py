"""The numbers that a model starts with."""

import math

from torch import nn

_LINEAR_STD = 0.02


def initialize(model: nn.Module) -> None:
    """Draw a new model's parameters from torch's generator.

    Linear maps are normal with a standard deviation of 0.02, their biases zero: with norms behind the
    residuals, small sublayers let the gradient through from the first update on (`docs/log.md` has the
    figures against Xavier's larger numbers). Token vectors have a standard deviation of 1/sqrt(d_model):
    scaled by sqrt(d_model) they enter with variance one, and as output weights they give logits of variance
    one.

    Args:
        model: Changed in place.

    Reference:
        Devlin et al. 2018 for 0.02; Vaswani et al. 2017, section 3.4, for the scale.
    """
    for module in model.modules():
        if isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=_LINEAR_STD)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    for module in model.modules():
        if isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, std=1 / math.sqrt(module.embedding_dim))
