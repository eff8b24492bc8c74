"""The C for processors that are not this one: the same tests pass, with their instructions in plain loops."""

import os
import platform
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from manyheads.inference.native import find_compiler

HERE = Path(__file__).parent
MAPS = ("test_native_maps.py",)
ALL = (*MAPS, "test_native_transformer.py", "test_native_encoder.py")
WHAT = "from manyheads.inference.native_stack import code; print(code().lanes(), code().has_bfloat16())"
PROCESSORS = {
    "AVX-512 with bfloat16 and VNNI": ("avx512.h", (), "16 1", ALL),
    "AVX-512 with neither": ("avx512.h", ("-DPLAIN",), "16 0", ALL),
    "AVX2 with VNNI": ("avx_vnni.h", (), "8 0", MAPS),
    "no AVX": (None, ("-mno-avx",), "8 0", MAPS),
}


@pytest.mark.skipif(
    find_compiler() is None or platform.machine() != "x86_64", reason="needs a compiler and an x86"
)
@pytest.mark.parametrize("processor", PROCESSORS)
def test_another_processors_code_passes_the_same_tests(processor, tmp_path):
    header, flags, named, files = PROCESSORS[processor]
    include = ("-include", str(HERE / "emulated" / header)) if header else ()
    call = shlex.join((*find_compiler(), *flags, *include))
    environment = os.environ | {"CC": call, "XDG_CACHE_HOME": str(tmp_path), "OMP_NUM_THREADS": "2"}
    found = run(["-c", WHAT], environment)
    assert found.stdout.strip() == named, found.stderr
    paths = [str(HERE / file) for file in files]
    tested = run(["-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", *paths], environment)
    assert tested.returncode == 0, tested.stdout


def run(arguments, environment):
    return subprocess.run(  # noqa: S603
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False
    )
