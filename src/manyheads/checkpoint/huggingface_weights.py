"""A published encoder's tensors to our parameters: each one found, none left over that should have a place.

What a model needs must all be there: nothing is drawn at random in place of what is missing.
"""

import warnings
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from manyheads.checkpoint.config import EncoderConfig
from manyheads.checkpoint.families import FAMILIES
from manyheads.checkpoint.huggingface_config import architecture_of
from manyheads.checkpoint.names import base_prefix, buffer_names, encoder_names, modern_name, tied_names
from manyheads.checkpoint.network import build_network
from manyheads.checkpoint.parameters import parameters_of
from manyheads.checkpoint.tensors import check_weights
from manyheads.errors import ManyheadsWarning, ModelError
from manyheads.model.undrawn import Undrawn

_BASE = ("embeddings.", "encoder.", "transformer.")
_SHOWN = 3


def as_in_file(config: EncoderConfig, tensors: Mapping[str, Tensor]) -> EncoderConfig:
    """Take pooler and next sentence, where the task does not ask for them, if they are there, and only then.

    Args:
        config: What config.json says.
        tensors: What the folder holds, by their names.

    Returns:
        The config with the parts that there are.
    """
    family = FAMILIES[config.family]
    if config.task not in {"embedding", "masked"} or not family.has_pooler:
        return config
    may_tell_next = config.task == "masked" and family.has_next_sentence
    whole = _changed(config, pooler="tanh", next_sentence=may_tell_next)
    given = _given(config, tensors)
    pooled = _holds(whole, "bert.pooler.", given)
    tells_next = may_tell_next and pooled and _holds(whole, "next_sentence.", given)
    next_sentence = config.next_sentence or tells_next
    return _changed(config, pooler="tanh" if pooled or next_sentence else "none", next_sentence=next_sentence)


def own_weights(config: EncoderConfig, tensors: Mapping[str, Tensor], folder: Path) -> dict[str, Tensor]:
    """Give an encoder's parameters our names.

    Args:
        config: The encoder's.
        tensors: What the folder holds, by their names.
        folder: The folder, for errors.

    Returns:
        Every parameter by our name. Of tensors that belong to other heads a warning tells.

    Raises:
        ModelError: Something is missing, unknown or of another shape, or the output weights are not the
            embedding's.
    """
    given = _given(config, tensors)
    names = _names(config)
    ours = {theirs: name for name, theirs in names.items()}
    _check_head(config, [theirs for theirs in ours if theirs not in given], folder)
    _check_ties(config, given, folder)
    derived = {_plain(name, config) for name in (*buffer_names(config), *tied_names(config))}
    kept = {name: tensor for name, tensor in given.items() if name not in derived}
    unused = [name for name in kept if name not in ours and not name.startswith(_BASE)]
    for name in unused:
        del kept[name]
    check_weights({names[name]: shape for name, shape in shapes_of(config).items()}, kept, folder)
    if unused:
        warnings.warn(
            f"{folder} holds {len(unused)} tensors that {architecture_of(config)} has no use for, and they "
            f"are left out: {', '.join(unused[:_SHOWN])}{', ...' if len(unused) > _SHOWN else ''}",
            ManyheadsWarning,
            stacklevel=2,
        )
    return {name: kept[theirs] for name, theirs in names.items()}


def shapes_of(config: EncoderConfig) -> dict[str, tuple[int, ...]]:
    """Say what shape each parameter has, without making any.

    Args:
        config: The encoder's.

    Returns:
        Shapes by our names.
    """
    # To draw numbers for no memory, PyTorch would load its compiler first: two seconds.
    with torch.device("meta"), Undrawn():
        network = build_network(config)
    return {name: tuple(tensor.shape) for name, tensor in parameters_of(network).items()}


def _plain(name: str, config: EncoderConfig) -> str:
    """Name a tensor alike whether its encoder stands alone or beside a head."""
    return name.removeprefix(base_prefix(config))


def _given(config: EncoderConfig, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {_plain(modern_name(name), config): tensor for name, tensor in tensors.items()}


def _names(config: EncoderConfig) -> dict[str, str]:
    return {ours: _plain(theirs, config) for ours, theirs in encoder_names(config).items()}


def _changed(config: EncoderConfig, *, pooler: str, next_sentence: bool) -> EncoderConfig:
    sizes = config.model.model_copy(update={"pooler": pooler})
    return config.model_copy(update={"model": sizes, "next_sentence": next_sentence})


def _holds(config: EncoderConfig, part: str, given: Mapping[str, Tensor]) -> bool:
    return all(theirs in given for ours, theirs in _names(config).items() if ours.startswith(part))


def _check_head(config: EncoderConfig, missing: list[str], folder: Path) -> None:
    heads = [name for name in missing if not name.startswith(_BASE)]
    if heads and len(heads) == len(missing):
        base = f"{FAMILIES[config.family].class_name}Model"
        raise ModelError(
            f"{folder / 'config.json'} names {architecture_of(config)}, but the weights have no such head: "
            f"{', '.join(heads)} missing; nothing is filled in at random: train the head first, or name "
            f"{base} in architectures to use the encoder alone"
        )


def _check_ties(config: EncoderConfig, given: Mapping[str, Tensor], folder: Path) -> None:
    for copy, original in tied_names(config).items():
        one, other = (given.get(_plain(name, config)) for name in (copy, original))
        if one is not None and other is not None and not torch.equal(one, other):
            raise ModelError(
                f"the weights in {folder} must have '{copy}' equal to '{original}', and have another; "
                "a model with output weights of its own is not supported"
            )
