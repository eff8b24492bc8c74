"""Named tensors in a safetensors file: written safely, mapped when read, checked against a model."""

import os
import re
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import safetensors.torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from manyheads.checkpoint.atomic import write_file
from manyheads.errors import ModelError

_SHOWN = 3

Read = TypeVar("Read")


def save_tensors(
    path: Path, tensors: Mapping[str, Tensor], *, metadata: Mapping[str, str] | None = None
) -> None:
    """Write tensors to a file, whole or not at all.

    Tensors that share memory are a `ModelError`; a disk that does not take them is a `RunError`.

    Args:
        path: Where it shall stand.
        tensors: Each tensor by its name; no two of them in the same memory.
        metadata: Words to keep with them.
    """
    needs = sum(tensor.nbytes for tensor in tensors.values())
    write_file(path, tensors_file(tensors, metadata=metadata), needs=needs)


def tensors_file(
    tensors: Mapping[str, Tensor], *, metadata: Mapping[str, str] | None = None
) -> Callable[[Path], None]:
    """Make a file's content of tensors, for `write_file` and `replace_files`.

    Tensors that share memory are a `ModelError`, before anything is written.

    Args:
        tensors: Each tensor by its name; no two of them in the same memory.
        metadata: Words to keep with them.

    Returns:
        What writes the file to a path.
    """
    _check_apart(tensors)

    def write(path: Path) -> None:
        plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
        try:
            safetensors.torch.save_file(plain, path, metadata=dict(metadata or {}))
        except SafetensorError as error:
            number = re.search(r"\(os error (\d+)\)", str(error))
            if number is None:
                raise
            # The library hides the system's own error in its sentence.
            raise OSError(int(number[1]), os.strerror(int(number[1]))) from error

    return write


def load_tensors(path: Path) -> dict[str, Tensor]:
    """Read the tensors of a file; they stay mapped to it.

    A file that is not there or is damaged is a `ModelError`.

    Args:
        path: A safetensors file.

    Returns:
        Each tensor by its name.
    """
    # The names come from keys(): older versions of the library cannot be looped over.
    return _read(path, lambda file: {name: file.get_tensor(name) for name in list(file.keys())})


def load_metadata(path: Path) -> dict[str, str]:
    """Read the words that were kept with the tensors of a file.

    A file that is not there or is damaged is a `ModelError`.

    Args:
        path: A safetensors file.

    Returns:
        What `save_tensors` was given.
    """
    return _read(path, lambda file: file.metadata() or {})


def check_weights(expected: Mapping[str, tuple[int, ...]], given: Mapping[str, Tensor], where: Path) -> None:
    """Check that weights are those that a config asks for, by name and shape.

    Args:
        expected: The shape of each parameter of the model that the config describes.
        given: The weights.
        where: The folder or file that they are from.

    Raises:
        ModelError: If they are not; all that differs is told at once.
    """
    both = [name for name in expected if name in given]
    differences = [
        _several("missing", (f"'{name}'" for name in expected if name not in given)),
        _several("unexpected", (f"'{name}'" for name in given if name not in expected)),
        _several(
            "of another shape",
            (
                f"'{name}' is {_shape(given[name].shape)} and should be {_shape(expected[name])}"
                for name in both
                if tuple(given[name].shape) != tuple(expected[name])
            ),
        ),
        _several(
            "of another type than floating point",
            (f"'{name}' is {given[name].dtype}" for name in both if not given[name].is_floating_point()),
        ),
    ]
    told = "; ".join(filter(None, differences))
    if told:
        raise ModelError(
            f"the weights in {where} do not fit the config: {told}; "
            "take config.json and the weights from the same model"
        )


def _read(path: Path, read: Callable[[Any], Read]) -> Read:
    try:
        with safe_open(path, framework="pt") as file:
            return read(file)
    except FileNotFoundError:
        raise ModelError(
            f"{path} does not exist; take the whole folder again from where it was made"
        ) from None
    except (SafetensorError, OSError) as error:
        reason = str(error).removeprefix("Error while deserializing header: ")
        raise ModelError(
            f"{path} is no whole safetensors file, it is cut off or was changed ({reason}); "
            "take it again from where it was made"
        ) from error


def _check_apart(tensors: Mapping[str, Tensor]) -> None:
    spans = sorted(
        (str(tensor.device), tensor.data_ptr(), _end(tensor), name)
        for name, tensor in tensors.items()
        if tensor.numel()
    )
    for (device, _, end, name), (next_device, next_start, _, next_name) in pairwise(spans):
        if device == next_device and next_start < end:
            raise ModelError(
                f"the tensors '{name}' and '{next_name}' share memory and would be stored twice; "
                "give one of them, or a clone"
            )


def _end(tensor: Tensor) -> int:
    """Say where the memory ends that a tensor looks at."""
    reach = sum((size - 1) * stride for size, stride in zip(tensor.shape, tensor.stride(), strict=True))
    return tensor.data_ptr() + (reach + 1) * tensor.element_size()


def _several(what: str, differing: Iterable[str]) -> str:
    """Count the differing weights and show the first of them; nothing where there are none."""
    shown = list(differing)
    more = ", ..." if len(shown) > _SHOWN else ""
    return f"{len(shown)} {what} ({', '.join(shown[:_SHOWN])}{more})" if shown else ""


def _shape(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or "a single number"
