"""One layer's parameters in every layer of a stack.

Reference:
    Dehghani et al. 2019, "Universal Transformers"; Lan et al. 2020, "ALBERT", section 3.1.
"""

from collections.abc import Sequence
from typing import TypeVar

from torch import nn

Stacked = TypeVar("Stacked", bound=nn.Module)


def share_first(layers: Sequence[Stacked]) -> Sequence[Stacked]:
    """Let all layers use the first one's parameters; each stays a layer of its own for those who look inside.

    Args:
        layers: Of one shape; changed in place.

    Returns:
        The same layers.
    """
    for layer in layers[1:]:
        for name, parameter in layers[0].named_parameters():
            part, _, which = name.rpartition(".")
            setattr(layer.get_submodule(part), which, parameter)
    return layers
