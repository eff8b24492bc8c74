"""The optimizer that a recipe asks for, and its state as named tensors."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from manyheads.errors import ModelError
from manyheads.recipes.schema import Training

_MOMENTS = {"step", "exp_avg", "exp_avg_sq"}


def build_optimizer(model: nn.Module, config: Training) -> torch.optim.Optimizer:
    """Build Adam or AdamW; weight decay spares norms and biases.

    Args:
        model: Whose parameters are to be learned.
        config: Which optimizer and its numbers; the learning rate is set at each update, `rate` times it in
            each group.

    Returns:
        The optimizer.
    """
    kind = torch.optim.Adam if config.optimizer == "adam" else torch.optim.AdamW
    alike: dict[tuple[bool, float], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            alike.setdefault((parameter.ndim > 1, config.rate_of(name)), []).append(parameter)
    groups = [
        {"params": parameters, "weight_decay": config.weight_decay if decays else 0.0, "rate": rate}
        for (decays, rate), parameters in alike.items()
    ]
    return kind(groups, lr=config.learning_rate, betas=config.betas, eps=config.epsilon, fused=True)


def optimizer_tensors(model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Name the optimizer's state by the parameters that it belongs to.

    Args:
        model: Whose parameters are learned.
        optimizer: What learns them.

    Returns:
        `parameter/what` to tensor.
    """
    return {
        f"{name}/{key}": tensor
        for name, parameter in model.named_parameters()
        for key, tensor in optimizer.state.get(parameter, {}).items()
    }


def restore_optimizer(
    model: nn.Module, optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]
) -> None:
    """Give an optimizer the state that `optimizer_tensors` named.

    Args:
        model: Whose parameters are learned.
        optimizer: Changed in place.
        tensors: `parameter/what` to tensor.

    Raises:
        ModelError: A parameter's state is missing.
    """
    states: dict[str, dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        name, _, what = key.rpartition("/")
        states.setdefault(name, {})[what] = tensor
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        if set(states.get(name, ())) != _MOMENTS:
            raise ModelError(f"the optimizer's state of {name} is not whole; start a new run")
        moved = {what: tensor.to(parameter.device, copy=True) for what, tensor in states[name].items()}
        optimizer.state[parameter] = moved
