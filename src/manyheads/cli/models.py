"""What `--model M` stands for."""

from pathlib import Path

from manyheads.errors import ModelError, suggest

_CONFIG = "config.json"
_RUNS = "runs"


def find_model(name: str) -> Path:
    """Find the model that is meant, before anything heavy is imported.

    Args:
        name: A model's folder.

    Returns:
        The folder; what it holds is checked when it is read.

    Raises:
        ModelError: There is no such folder.
    """
    path = Path(name)
    if path.exists():
        return path
    near = _trained_here(path) or suggest(path.name, _models_in(path.absolute().parent))
    advice = near or "; manyheads train makes one"
    raise ModelError(f"--model must be the folder of a model, but there is no '{name}'{advice}")


def _trained_here(path: Path) -> str:
    """Think of the folder in which training leaves its models."""
    inside = Path(_RUNS) / path
    return f"; did you mean '{inside}'?" if (inside / _CONFIG).is_file() else ""


def _models_in(folder: Path) -> list[str]:
    return [config.parent.name for config in folder.glob(f"*/{_CONFIG}")]
