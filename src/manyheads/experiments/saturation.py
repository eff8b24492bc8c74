"""What becomes of softmax when scores grow: how sharp its rows are, and what gradient they let through."""

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from manyheads.experiments.changed_attention import undo_division
from manyheads.model.attend import attend_by_steps
from manyheads.model.attention import Attention
from manyheads.model.tap import Site, Tap, observe
from manyheads.shapes import Scores

ARMS: dict[str, Callable[[nn.Module], AbstractContextManager[None]]] = {
    "divided": nullcontext,
    "undivided": undo_division,
}
"""What is compared: the package's attention as it is, and the same with the division undone."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """How many queries and keys are drawn.

    Attributes:
        sequences: Sequences a seed.
        length: Queries, and keys, of each.
        seeds: How often all is drawn anew.
    """

    sequences: int
    length: int
    seeds: int


def softmax_steps(scores: Sequence[float]) -> dict[str, list[float]]:
    """Calculate the softmax of one row in the steps that a blackboard shows.

    Args:
        scores: The row.

    Returns:
        `scores`, their `exponentials`, and the `shares` that those are of their sum.

    Example:
        >>> steps = softmax_steps([0.0, 0.0])
        >>> steps["exponentials"], steps["shares"]
        ([1.0, 1.0], [0.5, 0.5])
    """
    exponentials = [math.exp(score) for score in scores]
    total = sum(exponentials)
    return {
        "scores": list(scores),
        "exponentials": exponentials,
        "shares": [part / total for part in exponentials],
    }


def entropy(weights: Scores) -> Float[Tensor, "sequences heads query_len"]:
    """Compute the entropy of each row of weights.

    Args:
        weights: Rows that sum to one.

    Returns:
        Nats: 0 for all weight on one key, ln(key_len) for equal weights.
    """
    return -torch.special.xlogy(weights, weights).sum(dim=-1)


def measure_saturation(head_dim: int, drawn: Drawn) -> dict[str, dict[str, list[float]]]:
    """Measure scores, weights and gradients of drawn queries and keys, with the division and without.

    All entries of queries, keys and values are independent and normal with variance 1. The objective, for the
    gradients, is a drawn linear function of the context, L = sum over queries of c · context /
    sqrt(head_dim), the entries of each c drawn like the others: the gradient that comes to a weight has
    variance 1 whatever head_dim is.

    Args:
        head_dim: Width of the head.
        drawn: How much is drawn.

    Returns:
        By arm, each a list of one number a seed: `variance` of the scores; of the weights' rows the mean
        `entropy` in nats, `entropy_share` of ln(key_len), and `largest` weight; and of a row's gradient with
        respect to the scores that softmax reads (`scores_gradient`) and to the query (`query_gradient`) the
        norm, its mean over rows and its `..._median`.
    """
    found: dict[str, dict[str, list[float]]] = {arm: {} for arm in ARMS}
    attention = Attention(d_model=head_dim, num_heads=1, dropout=0.0, kind="encoder", layer=0)
    for seed in range(1, drawn.seeds + 1):
        generator = torch.Generator().manual_seed(seed)
        shape = (4, drawn.sequences, 1, drawn.length, head_dim)
        query, key, value, wanted = torch.randn(shape, generator=generator)
        for arm, change in ARMS.items():
            with change(attention):
                seen = _attend(attention, query, key, value, wanted)
            for name, number in _summary(seen).items():
                found[arm].setdefault(name, []).append(number)
    return found


def _attend(
    attention: Attention, query: Tensor, key: Tensor, value: Tensor, wanted: Tensor
) -> dict[str, Tensor]:
    """Attend, and keep scores, weights and the gradients that the objective sends back."""
    seen: dict[str, Tensor] = {}

    def keep(site: Site, tensor: Tensor) -> None:
        seen[site.point] = tensor

    query = query.clone().requires_grad_()
    with observe(attention, keep):
        context = attend_by_steps(query, key, value, tap=Tap(attention))
    objective = (wanted * context).sum() / math.sqrt(query.shape[-1])
    gradients = torch.autograd.grad(objective, [seen["scores"], query])
    kept = {name: seen[name].detach() for name in ("scores", "weights")}
    return kept | {"scores_gradient": gradients[0], "query_gradient": gradients[1]}


def _summary(seen: dict[str, Tensor]) -> dict[str, float]:
    """Make plain numbers of one draw."""
    weights = seen["weights"]
    nats = entropy(weights).mean().item()
    numbers = {
        "variance": seen["scores"].var().item(),
        "entropy": nats,
        "entropy_share": nats / math.log(weights.shape[-1]),
        "largest": weights.amax(dim=-1).mean().item(),
    }
    for name in ("scores_gradient", "query_gradient"):
        norms = torch.linalg.vector_norm(seen[name], dim=-1)
        numbers |= {name: norms.mean().item(), f"{name}_median": norms.median().item()}
    return numbers


def mean_and_spread(numbers: Sequence[float]) -> tuple[float, float]:
    """Summarise one number a seed.

    Args:
        numbers: One a seed.

    Returns:
        Their mean and their standard deviation; the latter is 0 of a single one.

    Example:
        >>> mean_and_spread([1.0, 3.0, 5.0])
        (3.0, 2.0)
    """
    values = torch.tensor(numbers, dtype=torch.float64)
    return values.mean().item(), values.std().item() if len(numbers) > 1 else 0.0


def with_spread(numbers: Sequence[float], digits: int) -> str:
    """Write one number a seed down.

    Args:
        numbers: One a seed.
        digits: How many stand behind the point.

    Returns:
        Mean and standard deviation.

    Example:
        >>> with_spread([1.0, 3.0, 5.0], 2)
        '3.00 ± 2.00'
    """
    mean, spread = mean_and_spread(numbers)
    return f"{mean:.{digits}f} ± {spread:.{digits}f}"


def mean_of(row: Mapping[str, Any], arm: str, name: str) -> float:
    """Average what was measured of one width of a head over the seeds.

    Args:
        row: What `saturations` gives of that width.
        arm: With the division or without.
        name: What was measured.

    Returns:
        The mean.
    """
    return mean_and_spread(row[arm][name])[0]


def ratio(row: Mapping[str, Any], name: str) -> float:
    """Compare what was measured without the division with what was measured with it.

    Args:
        row: What `saturations` gives of one width of a head.
        name: What was measured.

    Returns:
        The mean without the division as a multiple of the mean with it.
    """
    return mean_of(row, "undivided", name) / mean_of(row, "divided", name)


def saturations(head_dims: Sequence[int], drawn: Drawn) -> dict[str, Any]:
    """Measure every width of a head.

    Args:
        head_dims: The widths.
        drawn: How much is drawn for each.

    Returns:
        What was drawn, and `rows`: `head_dim` with what `measure_saturation` gives.
    """
    rows = [{"head_dim": head_dim} | measure_saturation(head_dim, drawn) for head_dim in head_dims]
    return {
        "sequences": drawn.sequences,
        "length": drawn.length,
        "seeds": drawn.seeds,
        "rows": rows,
    }
