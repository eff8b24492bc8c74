"""What is asked of the vectors of pairs of texts.

Reference:
    Reimers and Gurevych 2019, "Sentence-BERT", section 3 (cosine); Henderson et al. 2017, "Efficient Natural
    Language Response Suggestion", section 4.4 (the other partners of a batch as wrong answers).
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional as F

from manyheads.training.loss import Loss

Vectors = Float[Tensor, "pairs d_model"]


def cosine_loss(
    first: Float[Tensor, "pairs d_model"],
    second: Float[Tensor, "pairs d_model"],
    scores: Float[Tensor, " pairs"],
) -> Loss:
    """Compare the cosines of pairs with their scores.

    Args:
        first: Vectors of length one.
        second: Their partners'.
        scores: From 0 to 1.

    Returns:
        The sum of the squared differences, twice.
    """
    errors = ((first * second).sum(dim=1) - scores) ** 2
    return Loss(errors.sum(), errors.sum().detach())


def ranking_loss(
    first: Vectors,
    second: Vectors,
    same: Bool[Tensor, "pairs pairs"] | None,
    *,
    scale: float,
    smoothing: float = 0.0,
) -> Loss:
    """Ask of every text which of all partners is its own (multiple negatives ranking).

    Args:
        first: Vectors of length one.
        second: Their partners'.
        same: Partners that are no wrong answer, because they are the same text: they are left out; None
            where there are none.
        scale: What cosines are multiplied by.
        smoothing: Share of the probability that is spread over the partners.

    Returns:
        The sums over the pairs.
    """
    # Cosines differ in the third digit, which bfloat16 does not have.
    with torch.autocast(first.device.type, enabled=False):
        logits = scale * first @ second.T
    if same is not None:
        logits = logits.masked_fill(same, -1e4)
    right = torch.arange(len(first), device=first.device)
    smoothed = F.cross_entropy(logits, right, reduction="sum", label_smoothing=smoothing)
    return Loss(smoothed, F.cross_entropy(logits, right, reduction="sum").detach())
