"""Cross-entropy with label smoothing over a large vocabulary, without ever holding all logits at once.

`plain_loss` says what is calculated; `chunked_loss` gives the same numbers. It takes a few hundred tokens
at a time and computes their gradient while their logits are still in the processor's cache.

Reference:
    Szegedy et al. 2016, section 7 (label smoothing); Vaswani et al. 2017, section 5.4.
"""

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from manyheads.shapes import Hidden, TokenIds

_CHUNK = 256
"""Tokens at a time: with 10,000 words, 10 MB of logits."""


@dataclass(frozen=True, slots=True)
class Loss:
    """A batch's loss, in nats, summed over its tokens.

    Attributes:
        smoothed: What training minimises.
        plain: The cross-entropy without smoothing: exp(plain / tokens) is the perplexity.
    """

    smoothed: Float[Tensor, ""]
    plain: Float[Tensor, ""]


def plain_loss(
    hidden: Hidden,
    weight: Float[Tensor, "vocab d_model"],
    labels: TokenIds,
    *,
    smoothing: float,
    bias: Float[Tensor, " vocab"] | None = None,
) -> Loss:
    """Compute the loss by its definition.

    Args:
        hidden: The decoder's last vectors.
        weight: The output projection.
        labels: The right token at each position.
        smoothing: Share of the probability that is spread over the vocabulary, in [0, 1).
        bias: Added to each token's logits.

    Returns:
        The sums over the tokens.
    """
    logits = F.linear(hidden, weight, bias)
    smoothed = F.cross_entropy(logits, labels, label_smoothing=smoothing, reduction="sum")
    return Loss(smoothed, F.cross_entropy(logits, labels, reduction="sum").detach())


def chunked_loss(
    hidden: Hidden,
    weight: Float[Tensor, "vocab d_model"],
    labels: TokenIds,
    *,
    smoothing: float,
    bias: Float[Tensor, " vocab"] | None = None,
) -> Loss:
    """Compute the loss a few hundred tokens at a time.

    Under autocast the three matrix products run in its type, everything else in float32.

    Args:
        hidden: The decoder's last vectors.
        weight: The output projection.
        labels: The right token at each position.
        smoothing: Share of the probability that is spread over the vocabulary, in [0, 1).
        bias: Added to each token's logits.

    Returns:
        The sums over the tokens; `plain` carries no gradient.
    """
    device = hidden.device.type
    dtype = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else hidden.dtype
    if not torch.is_grad_enabled():
        # Else the gradients would be calculated, for nobody: a validation would take three times as long.
        hidden, weight = hidden.detach(), weight.detach()
        bias = None if bias is None else bias.detach()
    smoothed, plain = _ChunkedLoss.apply(hidden, weight, bias, labels, smoothing, dtype)  # pyright: ignore[reportGeneralTypeIssues]
    return Loss(smoothed, plain)


class _ChunkedLoss(torch.autograd.Function):
    """The gradient is computed in `forward`, for a sum of ones; `backward` scales it."""

    @staticmethod
    def forward(  # noqa: ANN205
        ctx: Any,  # noqa: ANN401
        hidden: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        labels: Tensor,
        smoothing: float,
        dtype: torch.dtype,
    ):
        low_hidden, low_weight = hidden.to(dtype), weight.to(dtype)
        # A tied weight may be one that stays as it is: then a third of the arithmetic is saved.
        hidden_grad = torch.empty_like(low_hidden) if any(ctx.needs_input_grad) else None
        weight_grad = torch.zeros_like(weight, dtype=torch.float32) if ctx.needs_input_grad[1] else None
        bias_grad = None if bias is None else torch.zeros_like(bias, dtype=torch.float32)
        sums = torch.zeros(2, dtype=torch.float32, device=hidden.device)
        # One block for all chunks: fresh megabytes each time would cost more than the arithmetic.
        block = low_hidden.new_empty(min(_CHUNK, len(hidden)), len(weight))
        for first in range(0, len(hidden), _CHUNK):
            part = slice(first, first + _CHUNK)
            low = block[: len(labels[part])]
            torch.mm(low_hidden[part], low_weight.T, out=low)
            logits = low if dtype == torch.float32 else low.float()
            if bias is not None:
                logits += bias
            sums += _sums_and_grad(logits, labels[part], smoothing)
            if hidden_grad is not None:
                low.copy_(logits)
                torch.mm(low, low_weight, out=hidden_grad[part])
            if weight_grad is not None:
                weight_grad += low.T @ low_hidden[part]
            if bias_grad is not None:
                bias_grad += logits.sum(dim=0)
        ctx.save_for_backward(hidden_grad, weight_grad, bias_grad)
        ctx.dtypes = hidden.dtype, weight.dtype
        ctx.mark_non_differentiable(plain := sums[1].clone())
        return sums[0].clone(), plain

    @staticmethod
    def backward(ctx: Any, *grads: Tensor):  # noqa: ANN205, ANN401
        smoothed_grad, _ = grads
        hidden_grad, weight_grad, bias_grad = ctx.saved_tensors
        hidden_dtype, weight_dtype = ctx.dtypes
        return (
            (hidden_grad * smoothed_grad).to(hidden_dtype),
            None if weight_grad is None else (weight_grad * smoothed_grad).to(weight_dtype),
            None if bias_grad is None else bias_grad * smoothed_grad,
            None,
            None,
            None,
        )


def _sums_and_grad(
    logits: Float[Tensor, "chunk vocab"], labels: Int[Tensor, " chunk"], smoothing: float
) -> Float[Tensor, "2"]:
    """Sum the smoothed and the plain loss; turn the logits, in place, into the smoothed loss's gradient.

    With z = sum of exp(logit), a token's loss is log z minus its label's logit, the spread one is log z
    minus the mean logit, and the gradient is exp(logit) / z minus the smoothed target.
    """
    right = logits.gather(1, labels[:, None])
    mean, top = logits.mean(dim=1, keepdim=True), logits.amax(dim=1, keepdim=True)
    exponentials = logits.sub_(top).exp_()
    partition = exponentials.sum(dim=1, keepdim=True)
    log_partition = top + partition.log()
    plain, spread = (log_partition - right).sum(), (log_partition - mean).sum()
    grad = exponentials.div_(partition).sub_(smoothing / logits.shape[1])
    grad.scatter_add_(1, labels[:, None], torch.full_like(right, smoothing - 1))
    return torch.stack([(1 - smoothing) * plain + smoothing * spread, plain])
