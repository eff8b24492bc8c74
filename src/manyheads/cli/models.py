"""What `--model M` stands for."""

from pathlib import Path

from manyheads.errors import ModelError, suggest

_CONFIG = "config.json"
_RUNS = "runs"


def find_model(name: str, *, option: str = "--model") -> Path:
    """Find the model that is meant: a folder, else a name on the hub. Nothing heavy is imported for a folder.

    Args:
        name: What was given.
        option: Where it was given, for the error.

    Returns:
        The folder; what it holds is checked when it is read.

    Raises:
        ModelError: There is no such folder and no such model on the hub.
    """
    path = Path(name)
    if path.exists():
        return path
    from manyheads.checkpoint.hub import find_checkpoint, is_hub_name

    trained = _trained_here(path)
    near = trained or suggest(path.name, _models_in(path.absolute().parent))
    if trained or not is_hub_name(name):
        advice = near or "; manyheads train makes one"
        raise ModelError(f"{option} must be the folder of a model, but there is no '{name}'{advice}")
    try:
        return find_checkpoint(name)
    except ModelError as error:
        raise ModelError(f"{option}: {error}{near}") from error


def _trained_here(path: Path) -> str:
    """Think of the folder in which training leaves its models."""
    inside = Path(_RUNS) / path
    return f"; did you mean '{inside}'?" if (inside / _CONFIG).is_file() else ""


def _models_in(folder: Path) -> list[str]:
    return [config.parent.name for config in folder.glob(f"*/{_CONFIG}")]
