"""Linear maps whose weights lie in memory as kernels read them: torch's private operators, behind one door.

oneDNN multiplies by weights in blocks that fit the processor. `F.linear` brings them into that order in each
call, or does without; here it is done once. The bend behind a map is calculated before its numbers leave the
processor. `can_pack` tries the operators out; where torch lacks them, or gets something else, the plain maps
of the model stay.
"""

from functools import cache

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from manyheads.model.activation import Activation

_ROWS = 4096
"""Tokens for which the order is chosen, about a batch; any number can be multiplied."""
_BENDS: dict[str | None, tuple[str, str]] = {
    None: ("none", ""),
    "relu": ("relu", ""),
    "gelu": ("gelu", "none"),
    "gelu_tanh": ("gelu", "tanh"),
}
"""A bend as torch's operator names it: the kind, and how it is calculated."""


class PackedLinear(nn.Module):
    """Linear maps of the same input, side by side, and perhaps a bend behind them; for inference on a CPU.

    Args:
        *maps: The maps; their weights are copied, their type is kept.
        bend: What is calculated behind them; None for nothing. Must be one of `fusable`.
    """

    def __init__(self, *maps: nn.Linear, bend: Activation | None = None) -> None:
        super().__init__()
        weight = torch.cat([each.weight.detach() for each in maps])
        self._bias = torch.cat([each.bias.detach() for each in maps])
        # No parameter: what is packed can be read by its operator alone.
        self._weight = torch.ops.mkldnn._reorder_linear_weight(weight, _ROWS)
        self._kind, self._how = _BENDS[bend]

    def forward(self, rows: Float[Tensor, "rows inputs"]) -> Float[Tensor, "rows outputs"]:
        """Map each row.

        Args:
            rows: Of the weights' type.

        Returns:
            The outputs of all maps, side by side.
        """
        return torch.ops.mkldnn._linear_pointwise(rows, self._weight, self._bias, self._kind, [], self._how)


def fusable(bend: str) -> bool:
    """Say whether a bend can be calculated together with the map before it.

    Args:
        bend: Its name.

    Returns:
        Whether torch's operator knows it.
    """
    return bend in _BENDS


@cache
def can_pack(dtype: torch.dtype) -> bool:
    """Try the operators out: are they there, and do they calculate what plain maps do?

    Args:
        dtype: Of weights and inputs.

    Returns:
        Whether packed maps can be taken for plain ones on this machine with this torch.
    """
    if not torch.backends.mkldnn.is_available():
        return False
    if dtype == torch.bfloat16 and not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        return False
    draw = torch.Generator().manual_seed(1)
    plain = nn.Linear(64, 96, device="meta").to_empty(device="cpu")
    with torch.no_grad():
        for parameter in plain.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=draw))
        rows = torch.randn(33, 64, generator=draw).to(dtype)
        plain.to(dtype)
        try:
            found = PackedLinear(plain, plain, bend="gelu")(rows)
        except (AttributeError, RuntimeError, NotImplementedError):
            return False
        wanted = F.gelu(plain(rows).float()).repeat(1, 2)
    tolerance = 2e-2 if dtype == torch.bfloat16 else 1e-4
    return found.shape == wanted.shape and torch.allclose(
        found.float(), wanted, rtol=tolerance, atol=tolerance
    )
