"""Write a file whole or not at all."""

import os
from pathlib import Path
from tempfile import NamedTemporaryFile

from manyheads.errors import InputError, RunError


def write_whole(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file aside and move it into place, so that nobody ever finds half of it.

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
    try:
        _replace(target, content)
    except OSError as error:
        reason = error.strerror or str(error)
        raise RunError(
            f"'{target}' could not be written ({reason}); what was there before is whole"
        ) from error


def _replace(target: Path, content: bytes) -> None:
    with NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as aside:
        try:
            aside.write(content)
            aside.flush()
            os.fsync(aside.fileno())
            aside.close()
            # A temporary file is for its owner's eyes only; this one gets the mode of any other file.
            Path(aside.name).chmod(0o666 & ~_umask())
            Path(aside.name).replace(target)
        except BaseException:
            aside.close()
            Path(aside.name).unlink(missing_ok=True)
            raise


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
