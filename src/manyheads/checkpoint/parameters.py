"""A network's parameters under their names, each once however often it is used."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from manyheads.checkpoint.tensors import check_weights


def parameters_of(model: nn.Module) -> dict[str, Tensor]:
    """Name every parameter.

    Args:
        model: The network; a matrix that serves twice (tied embeddings) counts under its first name.

    Returns:
        The parameters' values, not copied.
    """
    return {name: parameter.detach() for name, parameter in model.named_parameters()}


def fill(
    model: nn.Module, weights: Mapping[str, Tensor], where: Path, *, mapped: Sequence[nn.Module] = ()
) -> None:
    """Give a network its parameters.

    Args:
        model: Changed in place.
        weights: A value for each parameter, under its name.
        where: Where they come from, for the error.
        mapped: Parts of the network whose parameters become the very tensors that are given, where these are
            of the same type, instead of copies; they must not be changed.

    Raises:
        ModelError: A parameter is missing, is unknown, or has another shape.
    """
    own = parameters_of(model)
    check_weights({name: tuple(tensor.shape) for name, tensor in own.items()}, weights, where)
    with torch.no_grad():
        stay = {id(parameter) for part in mapped for parameter in part.parameters()}
        for name, parameter in model.named_parameters():
            given = weights[name]
            if id(parameter) in stay and given.dtype == parameter.dtype and given.is_contiguous():
                parameter.data = given
            else:
                parameter.copy_(given)
