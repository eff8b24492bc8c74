"""Files and folders that are written whole or not at all, whatever kills the process meanwhile.

Everything is first written into a folder aside, next to where it will stand, and flushed to the disk; one
rename then makes it count. A killed process leaves at most such a folder, which readers do not see and the
next write of the same thing removes.
"""

import errno
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from manyheads.errors import RunError

Content = bytes | Callable[[Path], object]
"""A file's bytes, or what writes them to the path that it is given."""

_PREFIX = ".writing-"
# Files that count already, and were not yet moved to their places when the process was killed.
_COMMITTED = _PREFIX + "committed"
_LAST = "config.json"
_ALL_FILES = "files"
_RANDOM = secrets.randbits(32)
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
_NOT_FOR_FOLDERS = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP)
_UNCHANGED = "what was there before is unchanged"


def write_file(path: Path, content: Content, *, needs: int | None = None) -> None:
    """Write one file, so that a reader finds the old one or the new one and nothing between.

    What the system refuses is a `RunError`; the old file is then unchanged. A device or a pipe, which nothing
    can take the place of, is written straight.

    Args:
        path: Where it shall stand; folders above it are made, and a link stays one.
        content: Its bytes, or what writes it to a path.
        needs: About how many bytes that will take, for the message when the disk is full.
    """
    needs = len(content) if isinstance(content, bytes) else needs
    with _failures_told(path, needs):
        place = path.resolve()
        if place.exists() and not place.is_file():
            _put(place, content)
            return
        with _aside(place.parent, place.name) as aside:
            whole = aside / place.name
            _write(whole, content)
            _flush_file(whole)
            whole.replace(place)
            _flush_folder(place.parent)


def write_folder(folder: Path, fill: Callable[[Path], object], *, needs: int | None = None) -> None:
    """Make a folder that appears under its name only once everything is in it.

    Args:
        folder: Where it shall stand.
        fill: Puts the files into the folder that it is given.
        needs: About how many bytes that will take, for the message when the disk is full.

    Raises:
        RunError: If something stands there already, or the system refuses; then there is no such folder.
    """
    if folder.exists():
        raise RunError(f"{folder} must not exist yet; remove it or give another place")
    with _failures_told(folder, needs), _aside(folder.parent, folder.name) as aside:
        # Filled one level down: the folder aside has to be there still when its content has left.
        filled = aside / folder.name
        filled.mkdir()
        fill(filled)
        _flush_all(filled)
        filled.rename(folder)
        _flush_folder(folder.parent)


def replace_files(folder: Path, files: Mapping[str, Content], *, needs: int | None = None) -> None:
    """Write several files of one folder, all of them or none; its other files stay as they are.

    One rename makes all of them count; they are then moved to their places, config.json last. Should the
    process be killed between the two, `files_of` finds them, and the next write moves them.
    What the system refuses is a `RunError`; the old files are then unchanged.

    Args:
        folder: Where they shall stand; it is made if need be.
        files: Each file's name, without a folder, and its content.
        needs: About how many bytes that will take, for the message when the disk is full.
    """
    if not folder.exists():
        write_folder(folder, partial(_write_all, files=files), needs=needs)
        return
    # Killed just after the folder had its name, `write_folder` leaves the emptied one aside.
    _remove_left_over(folder.parent, folder.name)
    _settle(folder)
    with _failures_told(folder, needs), _aside(folder, _ALL_FILES) as aside:
        ready = aside / _COMMITTED
        ready.mkdir()
        _write_all(ready, files)
        _flush_all(ready)
        ready.rename(folder / _COMMITTED)
        _flush_folder(folder)
    _settle(folder)


def files_of(folder: Path) -> dict[str, Path]:
    """Find the files of a folder as they were last written, without what is unfinished.

    Args:
        folder: A folder; one that does not exist has no files.

    Returns:
        Each file's name, and where to read it: not under that name after a kill at the wrong moment.
    """
    return {
        path.name: path
        for part in (folder, folder / _COMMITTED)
        if part.is_dir()
        for path in sorted(part.iterdir())
        if path.is_file()
    }


def _settle(folder: Path) -> None:
    """Move files to their places that count already."""
    committed = folder / _COMMITTED
    if not committed.is_dir():
        return
    with _failures_told(folder, None, kept=f"what was last written is whole in {committed}"):
        for path in sorted(committed.iterdir(), key=lambda path: (path.name == _LAST, path.name)):
            path.replace(folder / path.name)
        committed.rmdir()
        _flush_folder(folder)


@contextmanager
def _aside(parent: Path, name: str) -> Iterator[Path]:
    """Give a folder to write in, gone at the end; remove those that killed processes left for this name."""
    parent.mkdir(parents=True, exist_ok=True)
    _remove_left_over(parent, name)
    aside = parent / f"{_PREFIX}{name}-{_mark()}-{secrets.token_hex(4)}"
    aside.mkdir()
    try:
        yield aside
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _mark() -> str:
    """Mark our own unfinished folders, which are no left-overs: another thread may be writing in them."""
    return f"{_RANDOM ^ os.getpid():08x}"


def _remove_left_over(parent: Path, name: str) -> None:
    unfinished = re.compile(re.escape(_PREFIX + name) + "-([0-9a-f]{8})-[0-9a-f]{8}")
    for path in parent.iterdir():
        match = unfinished.fullmatch(path.name)
        if match and match[1] != _mark():
            shutil.rmtree(path, ignore_errors=True)


def _write(path: Path, content: Content) -> None:
    path.touch()
    usual_mode = path.stat().st_mode
    _put(path, content)
    # A writer may have put a file of its own there, for the owner's eyes only, as safetensors does.
    if path.stat().st_mode != usual_mode:
        path.chmod(usual_mode)


def _put(path: Path, content: Content) -> None:
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        content(path)


def _write_all(folder: Path, files: Mapping[str, Content]) -> None:
    for name, content in files.items():
        _write(folder / name, content)


def _flush_all(folder: Path) -> None:
    for path in (*folder.rglob("*"), folder):
        if path.is_dir():
            _flush_folder(path)
        else:
            _flush_file(path)


def _flush_file(path: Path) -> None:
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows opens no folders, and keeps their entries in order by itself
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    except OSError as error:
        if error.errno not in _NOT_FOR_FOLDERS:  # what some network drives answer
            raise
    finally:
        os.close(number)


@contextmanager
def _failures_told(target: Path, needs: int | None, *, kept: str = _UNCHANGED) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _NO_SPACE:
            room = f"at least {-(-needs // 1_000_000)} MB" if needs else "some space"
            message = f"no space left while writing {target}; {kept}; free {room} on that disk and try again"
        else:
            reason = error.strerror or str(error)
            message = f"{target} could not be written: {reason}; {kept}; mend that or give another place"
        raise RunError(message) from error
