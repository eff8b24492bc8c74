"""The C for processors that are not this one: the same tests pass, with their instructions in plain loops."""

import os
import platform
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from manyheads.inference import native
from manyheads.inference.native import find_compiler

HERE = Path(__file__).parent
MAPS = ("test_native_maps.py",)
ALL = (*MAPS, "test_native_transformer.py", "test_native_encoder.py")
MACROS = ("__AVX512F__", "__AVX512BF16__", "__AVX512VNNI__", "__AVXVNNI__", "__AVX2__")
"""What the kernels ask for."""
WHAT = "from manyheads.inference.native_stack import code; print(code().lanes(), code().has_bfloat16())"
PROCESSORS = {
    "AVX-512 with bfloat16 and VNNI": ("avx512.h", (), "16 1", MACROS[:3], ALL),
    "AVX-512 with neither": ("avx512.h", ("-DPLAIN",), "16 0", MACROS[:1], ALL),
    "AVX2 with VNNI": ("avx_vnni.h", (), "8 0", MACROS[3:], MAPS),
    "no AVX": (None, ("-mno-avx",), "8 0", (), MAPS),
}


@pytest.mark.skipif(
    find_compiler() is None or platform.machine() != "x86_64", reason="needs a compiler and an x86"
)
@pytest.mark.parametrize("processor", PROCESSORS)
def test_another_processors_code_passes_the_same_tests(processor, tmp_path):
    header, flags, named, macros, files = PROCESSORS[processor]
    include = ("-include", str(HERE / "emulated" / header)) if header else ()
    call = shlex.join((*find_compiler(), *flags, *include))
    assert set(macros) <= defined(call) <= {*macros, "__AVX2__"} if macros else not defined(call)
    environment = os.environ | {"CC": call, "XDG_CACHE_HOME": str(tmp_path), "OMP_NUM_THREADS": "2"}
    found = run(["-c", WHAT], environment)
    assert found.stdout.strip() == named, found.stderr
    paths = [str(HERE / file) for file in files]
    tested = run(["-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", *paths], environment)
    assert tested.returncode == 0, tested.stdout


def defined(call):
    """Which of the macros are there when a kernel is compiled so."""
    command = [*shlex.split(call), *native.FLAGS, "-dM", "-E", "-x", "c", os.devnull]
    found = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)  # noqa: S603
    return {line.split()[1] for line in found.stdout.splitlines()} & set(MACROS)


def run(arguments, environment):
    return subprocess.run(  # noqa: S603
        [sys.executable, *arguments], env=environment, capture_output=True, encoding="utf-8", check=False
    )
