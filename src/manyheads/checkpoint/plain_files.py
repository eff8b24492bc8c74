"""JSON and text from a model folder, which anybody may have changed."""

import json
from pathlib import Path
from typing import Any

from manyheads.errors import ModelError


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Args:
        path: The file.

    Returns:
        Its content.

    Raises:
        ModelError: It is no JSON, or no object.
    """
    content = read_any_json(path)
    if not isinstance(content, dict):
        raise ModelError(f"{path} must hold a JSON object, and holds a {type(content).__name__}")
    return content


def read_any_json(path: Path) -> Any:  # noqa: ANN401
    """Read JSON, whatever it holds.

    Args:
        path: The file.

    Returns:
        Its content.

    Raises:
        ModelError: It is no JSON.
    """
    try:
        return json.loads(read_text(path))
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ModelError(f"{path} is no valid JSON: {error.msg} at {where}; mend it there") from error
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path} is no config: {error}; take it again from where it was made") from error


def read_text(path: Path) -> str:
    """Read a text.

    Args:
        path: The file.

    Returns:
        Its content.

    Raises:
        ModelError: It is no UTF-8.
    """
    content = path.read_bytes()
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ModelError(
            f"{path} must be UTF-8, and byte {error.start} (line {line}) is not; save it as UTF-8"
        ) from error


def as_json(content: object) -> bytes:
    """Write JSON as it stands in model folders: indented, readable in every language, with a last line end.

    Args:
        content: What JSON can hold.

    Returns:
        The file's content.
    """
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()
