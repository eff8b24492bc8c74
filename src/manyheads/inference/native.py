"""C of our own, compiled on the machine that runs it: a few hundred lines where PyTorch's operators end.

A file is compiled when it is first wanted, for this very processor, which takes some seconds; the result
stays in the user's cache folder. Nothing depends on it: without a compiler, or on a processor that a file is
not for, those who ask get None and take PyTorch's operators.
"""

import ctypes
import hashlib
import os
import platform
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

_SOURCES = Path(__file__).parent / "kernels"
# Some compilers reckon that no number is infinite or none unless they are told.
FLAGS = ("-O3", "-march=native", "-fno-fast-math", "-fopenmp", "-fPIC", "-shared")
_COMPILERS = (("cc",), ("gcc",), ("clang",))
_SECONDS = 120
"""A compiler that takes longer is given up."""
SWITCH = "MANYHEADS_NATIVE"
"""The environment's variable that keeps the compiler away when it is `off`."""
_CPUINFO = Path("/proc/cpuinfo")
_TELLING = ("vendor_id", "cpu family", "model", "flags", "CPU implementer", "CPU part", "Features")
"""What Linux says of a processor that decides which instructions it has."""


@cache
def library(name: str) -> ctypes.CDLL | None:
    """Load a C file of `kernels/` as a library, compiling it where that has not been done.

    PyTorch's OpenMP is already in the process, and is the one that the library gets: they share threads.

    Args:
        name: The file's name without its ending.

    Returns:
        The library; None where there is no compiler, it does not take the file, or it was switched off.
    """
    if os.environ.get(SWITCH) == "off":
        return None
    # No home and no name for the user, or a CC that cannot be read, are reasons as good as no compiler.
    with suppress(OSError, RuntimeError, ValueError):
        source = _SOURCES / f"{name}.c"
        target = cache_folder() / f"{name}-{_fingerprint(source)}.so"
        # Without a compiler too: who builds the machine may have had one.
        return _loaded(target) or _compiled(source, target)
    return None


def _loaded(file: Path) -> ctypes.CDLL | None:
    """Load what was compiled; None where that cannot be, as after a crash or with another C library."""
    with suppress(OSError):
        return ctypes.CDLL(str(file))
    return None


def find_compiler() -> tuple[str, ...] | None:
    """Find a C compiler.

    Returns:
        How it is called: what `CC` says, or the first of the usual ones; None where there is none.
    """
    return next(_compilers(), None)


def _compilers() -> Iterator[tuple[str, ...]]:
    named = tuple(shlex.split(os.environ.get("CC", "")))
    return (call for call in ((named,) if named else _COMPILERS) if shutil.which(call[0]))


def cache_folder() -> Path:
    """Name the folder where compiled files stay.

    Returns:
        `manyheads/native` in the user's cache folder, which `XDG_CACHE_HOME` names.
    """
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "manyheads" / "native"


def _compiled(source: Path, target: Path) -> ctypes.CDLL | None:
    """Take the first compiler whose work can be loaded, and keep that for the next time."""
    with _workshop(target.parent) as folder:
        for compiler in _compilers():
            made = Path(folder) / target.name
            if _compile(compiler, source, made) and (found := _loaded(made)):
                # At once, since others may be doing the same; a folder that cannot be written keeps nothing.
                with suppress(OSError):
                    made.replace(target)
                return found
    return None


def _workshop(folder: Path) -> "tempfile.TemporaryDirectory[str]":
    """Make a folder to compile in, beside what is kept; anywhere, where that cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryDirectory(dir=folder)
    except OSError:
        return tempfile.TemporaryDirectory()


def _compile(compiler: tuple[str, ...], source: Path, made: Path) -> bool:
    command = [*compiler, *FLAGS, "-o", made, source, "-lm"]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=_SECONDS)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def _fingerprint(source: Path) -> str:
    """Tell apart what would be compiled differently: the text, how, and for which processor.

    A home may be on several machines, and code for another one's processor would end the process.
    """
    headers = sorted(source.parent.glob("*.h"))
    texts = [file.read_text(encoding="utf-8") for file in (source, *headers)]
    parts = (*texts, *FLAGS, os.environ.get("CC", ""), platform.machine(), _processor())
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _processor() -> str:
    """Say what the processor can do, as Linux tells it."""
    try:
        lines = _CPUINFO.read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    telling = {line for line in lines if line.partition(":")[0].strip() in _TELLING}
    return "\n".join(sorted(telling)) or platform.processor()
