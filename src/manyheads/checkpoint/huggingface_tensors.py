"""The tensors of a folder in Hugging Face's format: whole or in shards, in safetensors or in a pickle."""

import json
import pickle
import warnings
import zipfile
from pathlib import Path

import torch
from torch import Tensor

from manyheads.checkpoint.atomic import files_of
from manyheads.checkpoint.plain_files import read_json
from manyheads.checkpoint.tensors import load_tensors
from manyheads.errors import ManyheadsWarning, ModelError

SAFETENSORS = "model.safetensors"
PICKLE = "pytorch_model.bin"
INDEX = ".index.json"


def read_huggingface_tensors(folder: Path) -> dict[str, Tensor]:
    """Read the tensors of a folder.

    Safetensors are preferred and stay mapped to their files. A pickle goes through torch's reader that builds
    tensors and runs nothing, with a warning.

    Args:
        folder: The folder.

    Returns:
        Each tensor by its name there.

    Raises:
        ModelError: There are none, a part of them is missing or damaged, or a pickle holds other things.
    """
    files = files_of(folder)
    for name, read in ((SAFETENSORS, load_tensors), (PICKLE, _load_pickle)):
        if name in files:
            return read(files[name])
        if name + INDEX in files:
            shards = _shards(files[name + INDEX])
            return {tensor: value for shard in shards for tensor, value in read(folder / shard).items()}
    raise ModelError(
        f"{folder} has no weights, neither {SAFETENSORS} nor {PICKLE} nor shards of them with their "
        f"{INDEX.removeprefix('.')}; take the whole folder again from where it was made"
    )


def _shards(index: Path) -> list[str]:
    """List the files that an index names; none of them may stand elsewhere."""
    parts = read_json(index).get("weight_map")
    names = sorted(set(parts.values())) if isinstance(parts, dict) else []
    if not names:
        raise ModelError(f"{index} must say in weight_map which file holds which tensor, and does not")
    for name in names:
        if Path(str(name)).name != name:
            raise ModelError(
                f"{index} must name files of its own folder, and names {json.dumps(name)}; "
                "take it again from where it was made"
            )
    return names


def _load_pickle(path: Path) -> dict[str, Tensor]:
    warnings.warn(
        f"{path} is a pickle, of which tensors alone are read; a folder with {SAFETENSORS} loads faster "
        "and is safer, and manyheads convert makes one",
        ManyheadsWarning,
        stacklevel=2,
    )
    try:
        # Files from before torch 1.6 are no archives and cannot be mapped.
        content = torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    except FileNotFoundError:
        raise ModelError(
            f"{path} does not exist; take the whole folder again from where it was made"
        ) from None
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError) as error:
        reason = str(error).partition("\n")[0].partition(". ")[0]
        raise ModelError(
            f"{path} is no whole file of tensors, or holds more than tensors, which is never run ({reason}); "
            "take a version with safetensors"
        ) from error
    strange = _strange(content)
    if strange is not None:
        raise ModelError(
            f"{path} must hold tensors by their names, and holds a {strange}; take a version with safetensors"
        )
    return content


def _strange(content: object) -> str | None:
    """Name the type of the first thing that is neither a name nor a tensor."""
    if not isinstance(content, dict):
        return type(content).__name__
    found = [name for name in content if not isinstance(name, str)]
    found += [value for value in content.values() if not isinstance(value, Tensor)]
    return type(found[0]).__name__ if found else None
