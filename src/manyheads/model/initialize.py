"""The numbers that a model starts with."""

import math

from torch import nn


def initialize(model: nn.Module) -> None:
    """Draw a new model's parameters from torch's generator.

    Linear maps are Xavier-uniform with zero bias; those of a stack of n layers that write into the residual
    (all but query and key) are smaller by 1/sqrt(n), so that the stack's sum starts no larger than one
    layer's. Without that, norms behind the residuals learn slowly (`docs/log.md` has the figures). Token
    vectors are normal with twice Xavier's variance: the larger the vocabulary, the smaller they start, so
    that a tied output does not first have to forget the token that was just read. What a recurrent layer
    hands to its next step is orthogonal, so that states neither grow nor fade.

    Args:
        model: Changed in place.

    Reference:
        Glorot and Bengio 2010; Wang et al. 2022, "DeepNet", section 3, for smaller numbers in all but query
        and key; Saxe et al. 2014 and Jozefowicz et al. 2015, section 2.2, for recurrent layers.
    """
    gains = _gains(model)
    for module in model.modules():
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight, gain=gains.get(id(module), 1.0))
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.RNNBase | nn.RNNCellBase):
            _initialize_recurrent(module)
    for module in model.modules():
        if isinstance(module, nn.Embedding):
            nn.init.xavier_normal_(module.weight, gain=math.sqrt(2))


def _initialize_recurrent(layer: nn.RNNBase | nn.RNNCellBase) -> None:
    """Draw each gate's matrices by themselves; an LSTM starts by remembering."""
    gates = 4 if isinstance(layer, nn.LSTM | nn.LSTMCell) else 3
    for name, parameter in layer.named_parameters():
        if name.startswith("weight"):
            draw = nn.init.orthogonal_ if "_hh" in name else nn.init.xavier_uniform_
            for gate in parameter.chunk(gates):
                draw(gate)
        else:
            nn.init.zeros_(parameter)
            if gates == 4 and "_ih" in name:
                nn.init.ones_(parameter.chunk(gates)[1])


def initialize_encoder(model: nn.Module) -> None:
    """Draw a new encoder's parameters as BERT does, from torch's generator.

    Every matrix is normal with a standard deviation of 0.02, cut off at two of them as in BERT's own code;
    biases are 0 and norms 1. A masked-language head's output weight is the embedding's: to give loaded layers
    a head, draw the whole model and load the layers then.

    Args:
        model: Changed in place.

    Reference:
        Devlin et al. 2018, `create_initializer` of the code that was published with it.
    """
    for module in model.modules():
        if isinstance(module, nn.LayerNorm):
            module.reset_parameters()
        elif isinstance(module, nn.Linear):
            nn.init.zeros_(module.bias)
    for parameter in model.parameters():
        if parameter.ndim > 1:
            nn.init.trunc_normal_(parameter, std=0.02, a=-0.04, b=0.04)


def _gains(model: nn.Module) -> dict[int, float]:
    """The gain of every linear map that writes into the residual of a stack."""
    return {
        id(part): 1 / math.sqrt(len(stack))
        for stack in model.modules()
        if isinstance(stack, nn.ModuleList) and len(stack)
        for name, part in stack.named_modules()
        if name.rpartition(".")[2] not in {"query", "key"}
    }
