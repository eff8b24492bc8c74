"""A model by its name on the hub: downloaded once, kept by huggingface_hub, found again without a network."""

import re
from pathlib import Path

from manyheads.errors import ModelError

_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?", re.ASCII)
_WORDS = (
    *("config.json", "modules.json", "config_sentence_transformers.json", "sentence_bert_config.json"),
    *("1_Pooling/config.json", "2_Normalize/config.json", "README.md", "generation_config.json"),
    *("tokenizer.json", "tokenizer.*.json", "tokenizer_config.json", "special_tokens_map.json"),
    *("vocab.txt", "vocab.json", "merges.txt", "added_tokens.json", "*.spm"),
)
_SAFETENSORS = ("model.safetensors", "model-*.safetensors", "model.safetensors.index.json")
_PICKLES = ("pytorch_model.bin", "pytorch_model-*.bin", "pytorch_model.bin.index.json")


def find_checkpoint(name: str | Path, revision: str | None = None) -> Path:
    """Find a model's folder: on this machine, or on the hub.

    Args:
        name: A folder, or the name of a model on the hub: `organisation/name`, or `name` alone.
        revision: On the hub: a branch, a tag or a commit; None for the newest.

    Returns:
        The folder. What it holds is checked when it is read.

    Raises:
        ModelError: There is no such folder and no such model, or the hub cannot be reached.
    """
    if Path(name).exists():
        return Path(name)
    if not is_hub_name(str(name)):
        raise ModelError(
            f"a model is a folder or a name on the hub like 'organisation/name', and '{name}' is neither; "
            "give the path of a folder that exists"
        )
    return _download(str(name), revision)


def is_hub_name(name: str) -> bool:
    r"""Tell a name on the hub from a path.

    Args:
        name: What was given.

    Returns:
        Whether it has the form of a name: at most one slash, no backslash, no dot or dash at an end.

    Example:
        >>> [is_hub_name(name) for name in ("bert-base", "google/bert", "./bert", "/a", "a/b/c", "a\\b")]
        [True, True, False, False, False, False]
    """
    parts = name.split("/")
    return bool(_NAME.fullmatch(name)) and not any(part[0] in ".-" or part[-1] in ".-" for part in parts)


def _download(name: str, revision: str | None) -> Path:
    from huggingface_hub import errors

    where = f"'{name}'" + (f" at revision '{revision}'" if revision else "")
    try:
        return _snapshot(name, revision)
    except errors.GatedRepoError as error:
        raise ModelError(
            f"the hub gives {where} only to those who accepted its terms; accept them on its page and log in "
            "with `hf auth login`, or set HF_TOKEN"
        ) from error
    except errors.RevisionNotFoundError as error:
        raise ModelError(
            f"the model '{name}' has no revision '{revision}' on the hub; give a branch, a tag or a commit "
            "that its page lists"
        ) from error
    except errors.HFValidationError as error:
        raise ModelError(f"{where} is no name of a model on the hub: {error}") from error
    except (OSError, errors.HfHubHTTPError) as error:
        raise ModelError(_failure(where, error)) from error


def _snapshot(name: str, revision: str | None) -> Path:
    """Download what is needed; weights in safetensors where there are any, else a pickle of tensors."""
    from huggingface_hub import snapshot_download

    folder = Path(snapshot_download(name, revision=revision, allow_patterns=[*_WORDS, *_SAFETENSORS]))
    if any(folder.glob("model*.safetensors")):
        return folder
    return Path(snapshot_download(name, revision=revision, allow_patterns=[*_WORDS, *_PICKLES]))


def _failure(where: str, error: Exception) -> str:
    from huggingface_hub import constants, errors

    # The hub answers 401 for what does not exist, so as not to tell which private models do.
    status = getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(error, errors.RepositoryNotFoundError) or status in {401, 404}:
        return (
            f"there is no folder and no model on the hub with the name {where}; names there look like "
            "'organisation/name', and a private one needs a token: `hf auth login` or HF_TOKEN"
        )
    missing = f"{where} is no folder, and no copy of it from the hub is on this machine"
    if constants.HF_HUB_OFFLINE:
        return f"{missing}; unset HF_HUB_OFFLINE to download it, or give a folder"
    reason = str(error.__cause__ or error).partition("\n")[0].rstrip(".")
    return f"{missing}, and {constants.ENDPOINT} did not give it ({reason}); try again, or give a folder"
