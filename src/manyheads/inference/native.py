"""C of our own, compiled on the machine that runs it: a few hundred lines where PyTorch's operators end.

A file is compiled when it is first wanted, for this very processor, which takes about a second; the result
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
from functools import cache
from pathlib import Path

_SOURCES = Path(__file__).parent / "kernels"
FLAGS = ("-O3", "-march=native", "-fopenmp", "-fPIC", "-shared")
_COMPILERS = (("cc",), ("gcc",), ("clang",))
_SECONDS = 120
"""A compiler that takes longer is given up."""
SWITCH = "MANYHEADS_NATIVE"
"""The environment's variable that keeps the compiler away when it is `off`."""


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
    compiler = find_compiler()
    if compiler is None:
        return None
    source = _SOURCES / f"{name}.c"
    target = cache_folder() / f"{name}-{_fingerprint(source, compiler)}.so"
    try:
        if not target.exists():
            _compile(compiler, source, target)
        return ctypes.CDLL(str(target))
    except (OSError, subprocess.SubprocessError):
        return None


def find_compiler() -> tuple[str, ...] | None:
    """Find a C compiler.

    Returns:
        How it is called: what `CC` says, or the first of the usual ones; None where there is none.
    """
    named = tuple(shlex.split(os.environ.get("CC", "")))
    return next((call for call in ((named,) if named else _COMPILERS) if shutil.which(call[0])), None)


def cache_folder() -> Path:
    """Name the folder where compiled files stay.

    Returns:
        `manyheads/native` in the user's cache folder, which `XDG_CACHE_HOME` names.
    """
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "manyheads" / "native"


def _compile(compiler: tuple[str, ...], source: Path, target: Path) -> None:
    """Compile beside the target and put it in place at once: others may be doing the same."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        made = Path(folder) / target.name
        command = [*compiler, *FLAGS, "-o", made, source, "-lm"]
        subprocess.run(command, check=True, capture_output=True, timeout=_SECONDS)  # noqa: S603
        made.replace(target)


def _fingerprint(source: Path, compiler: tuple[str, ...]) -> str:
    """Tell apart what would be compiled differently: the text, how, by whom, and for which processor.

    A home may be on several machines, and code for another one's processor would end the process.
    """
    headers = sorted(source.parent.glob("*.h"))
    texts = [file.read_text(encoding="utf-8") for file in (source, *headers)]
    parts = (*texts, *FLAGS, *compiler, platform.machine(), _processor())
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _processor() -> str:
    """Say what the processor can do, as Linux tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line for line in lines if line.startswith("flags")), platform.processor())
