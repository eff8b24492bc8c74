"""Where a picture may be written."""

import os
from pathlib import Path

from manyheads.checkpoint.atomic import write_file
from manyheads.errors import InputError


def write_whole(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a picture whole or not at all, into a folder that is there: a mistyped one is not made.

    Args:
        path: Where it goes; a file that is there is replaced.
        content: All of it.

    Raises:
        InputError: The folder does not exist, or the path is a folder.
        RunError: The disk is full, or the folder may not be written.
    """
    target = Path(path)
    if target.is_dir():
        raise InputError(f"the output must be a file, and '{target}' is a folder: give a name inside it")
    if not target.parent.is_dir():
        raise InputError(f"'{target}' cannot be written: there is no folder '{target.parent}'; make it first")
    write_file(target, content)
