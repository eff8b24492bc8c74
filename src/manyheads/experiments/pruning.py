"""Which heads a trained model can do without, and what that costs.

Reference:
    Michel et al. 2019, "Are Sixteen Heads Really Better than One?", sections 3 and 4.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from manyheads.errors import InputError
from manyheads.model.tap import Site, attentions, observe

Head = tuple[str, int, int]
"""Kind of attention, layer, head, as `switch_off` takes them."""
Score = Callable[[Sequence[Head]], float]
"""Says how good, or how bad, a model is with these heads switched off."""


def heads_of(model: nn.Module) -> list[Head]:
    """List all heads of a model.

    Args:
        model: The model.

    Returns:
        Its heads, attention by attention, in the order in which those were built.
    """
    return [
        (attention.kind, attention.layer, head)
        for attention in attentions(model)
        for head in range(attention.num_heads)
    ]


def head_name(head: Head) -> str:
    """Write a head down, for files and tables.

    Args:
        head: Kind, layer and head.

    Returns:
        Its name; layer and head are counted from 0.

    Example:
        >>> head_name(("cross", 1, 3))
        'cross.1.3'
    """
    return ".".join(map(str, head))


def cost_of_each(heads: Iterable[Head], score: Score) -> dict[Head, float]:
    """Switch off one head at a time.

    Args:
        heads: Which ones are tried.
        score: A model's score without some heads.

    Returns:
        By how much the score rises without each head: a cost where it is a loss; where more is better, as
        with BLEU, the cost is its negative.

    Reference:
        Michel et al. 2019, section 3.2.
    """
    whole = score([])
    return {head: score([head]) - whole for head in heads}


def head_importance(model: nn.Module, losses: Iterable[Callable[[], Float[Tensor, ""]]]) -> dict[Head, float]:
    """Estimate how much each head matters, all at once, from gradients.

    Each head's context is multiplied by a mask ξ of 1; the importance is the mean of |∂loss/∂ξ| over the
    losses. A loss that is summed over many sentences lets their gradients cancel: the paper takes one
    sentence at a time.

    Args:
        model: The model; its parameters' gradients are left alone.
        losses: Each runs the model and gives a loss.

    Returns:
        The importance of every head of the model, 0 for one that no loss has met.

    Raises:
        InputError: There is no loss.

    Reference:
        Michel et al. 2019, section 4.1.
    """
    masks = {
        (attention.kind, attention.layer): torch.ones(attention.num_heads, requires_grad=True)
        for attention in attentions(model)
    }

    def multiply(site: Site, tensor: Tensor) -> Tensor | None:
        if site.point != "context":
            return None
        mask = masks[site.kind, site.layer].to(tensor.device, tensor.dtype)
        return tensor * mask[:, None, None]

    found: list[list[Tensor]] = []
    with observe(model, multiply), torch.enable_grad():
        for loss in losses:
            gradients = torch.autograd.grad(
                loss(), list(masks.values()), allow_unused=True, materialize_grads=True
            )
            found.append([gradient.abs() for gradient in gradients])
    if not found:
        raise InputError("the importance of heads needs at least one loss, but none was given")
    means = [torch.stack(of_place).mean(dim=0) for of_place in zip(*found, strict=True)]
    by_place = dict(zip(masks, means, strict=True))
    return {(kind, layer, head): by_place[kind, layer][head].item() for kind, layer, head in heads_of(model)}


def even_out_layers(importance: Mapping[Head, float]) -> dict[Head, float]:
    """Divide importance by its norm within the layer, so that no layer stands above for its larger gradients.

    Args:
        importance: Of each head.

    Returns:
        The importance of each head within its layer; a layer without any keeps its zeros.

    Reference:
        Michel et al. 2019, section 4.1, after Molchanov et al. 2017.
    """
    squares: dict[tuple[str, int], float] = {}
    for (kind, layer, _), value in importance.items():
        squares[kind, layer] = squares.get((kind, layer), 0.0) + value**2
    return {
        (kind, layer, head): value / (math.sqrt(squares[kind, layer]) or 1.0)
        for (kind, layer, head), value in importance.items()
    }


def pruning_order(importance: Mapping[Head, float]) -> list[Head]:
    """Order heads for switching off.

    Args:
        importance: Of each head.

    Returns:
        The heads, that which matters least first; of equals the first named.
    """
    return sorted(importance, key=lambda head: importance[head])


def pruning_curve(
    order: Sequence[Head], score: Score, *, steps: int | None = None
) -> list[dict[str, float | int]]:
    """Switch heads off one after another, and stay without them.

    Args:
        order: The heads, from the first one to go.
        score: A model's score without some heads.
        steps: At how many equal steps the score is taken; None for after every head.

    Returns:
        From none switched off to all: `off`, how many are; `share` of all; and the `score` then.

    Raises:
        InputError: There is no head, or no step.

    Reference:
        Michel et al. 2019, section 4.2 and figure 3.
    """
    steps = len(order) if steps is None else steps
    if not order or steps < 1:
        raise InputError(
            f"a curve needs heads to switch off and a step at least, but there are {len(order)} heads and "
            f"{steps} steps"
        )
    counts = sorted({round(len(order) * step / steps) for step in range(steps + 1)})
    return [{"off": off, "share": off / len(order), "score": score(order[:off])} for off in counts]
