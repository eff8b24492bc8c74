"""Dropout whose random numbers cost little on a CPU.

torch draws one random number an element there, which took a sixth of a small model's training step. One
draw of 64 bits decides four elements here; the share is exact to 1/65,536.

Reference:
    Srivastava et al. 2014, "Dropout"; with the kept numbers scaled up in training, as torch does.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

_LEVELS = 1 << 16


class Dropout(nn.Module):
    """Set a share of the numbers to zero in training, and scale the others up to the same mean.

    Args:
        share: How many are dropped, in [0, 1).
    """

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, tensor: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """Drop, in training; elsewhere hand through.

        Args:
            tensor: Any numbers.

        Returns:
            As many, some of them zero.
        """
        if not self.training or self.share == 0:
            return tensor
        if tensor.device.type != "cpu":
            return F.dropout(tensor, self.share)
        return tensor * _kept(tensor, self.share)


def _kept(like: Tensor, share: float) -> Tensor:
    """Zero for a dropped element, 1 / (share of the kept ones) for any other."""
    dropped = min(round(share * _LEVELS), _LEVELS - 1)
    draws = torch.empty(-(-like.numel() // 4), dtype=torch.int64).random_(-(2**63), None)
    levels = draws.view(torch.int16)[: like.numel()].view(like.shape)
    kept = levels >= dropped - _LEVELS // 2
    return kept.to(like.dtype).mul_(_LEVELS / (_LEVELS - dropped))
