"""C that is compiled here: what is kept, what is made anew, and what stands in the way without harm."""

import os
import shutil
from pathlib import Path

import pytest

from manyheads.inference import native, native_stack

needs_compiler = pytest.mark.skipif(
    native.find_compiler() is None or os.environ.get(native.SWITCH) == "off", reason="needs a C compiler"
)
pytestmark = [needs_compiler, pytest.mark.usefixtures("fresh")]


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """Take a small C file of our own, and a cache folder that is empty."""
    (tmp_path / "kernels").mkdir()
    (tmp_path / "kernels" / "tiny.c").write_text("int answer(void) { return 42; }\n", encoding="utf-8")
    monkeypatch.setattr(native, "_SOURCES", tmp_path / "kernels")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "manyheads" / "native"


def answer():
    native.library.cache_clear()
    found = native.library("tiny")
    return None if found is None else found.answer()


def test_what_was_compiled_is_kept_alone(kept):
    assert answer() == 42
    (made,) = kept.iterdir()
    assert made.name.startswith("tiny-")
    assert made.suffix == ".so"


def test_what_is_kept_is_taken_even_without_a_compiler(kept, monkeypatch):
    assert answer() == 42
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert native.find_compiler() is None
    assert answer() == 42
    (native._SOURCES / "new.c").write_text("int answer(void) { return 43; }\n", encoding="utf-8")
    assert native.library("new") is None


def test_what_was_kept_but_cannot_be_loaded_is_made_anew(kept):
    """An empty file under the right name, as a crash may leave it."""
    name = f"tiny-{native._fingerprint(native._SOURCES / 'tiny.c')}.so"
    kept.mkdir(parents=True)
    (kept / name).touch()
    assert answer() == 42
    assert (kept / name).stat().st_size > 0


def test_another_compiler_is_tried_where_one_fails(kept, monkeypatch):
    real = native.find_compiler()
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setattr(native, "_COMPILERS", (("false",), real))
    assert answer() == 42
    monkeypatch.setattr(native, "_COMPILERS", (("false",),))
    shutil.rmtree(kept)
    assert answer() is None


def test_a_folder_that_cannot_be_written_keeps_nothing_and_is_no_trouble(kept):
    kept.parent.parent.mkdir()
    kept.parent.write_text("a file in the way", encoding="utf-8")
    assert answer() == 42
    assert kept.parent.read_text(encoding="utf-8") == "a file in the way"


@pytest.mark.usefixtures("kept")
def test_no_home_and_no_name_are_as_no_compiler(monkeypatch):
    def refuse(_):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", classmethod(refuse))
    assert answer() is None


@pytest.mark.usefixtures("kept")
def test_a_compiler_s_call_that_cannot_be_read_is_as_none(monkeypatch):
    monkeypatch.setenv("CC", 'gcc "-DX')
    assert answer() is None


X86 = "processor\t: {}\nvendor_id\t: GenuineIntel\nmodel\t\t: {model}\nMHz : {}{}\nflags\t\t: sse avx2\n\n"
ARM = "processor\t: {}\nFeatures\t: fp asimd sve\nCPU part\t: {model}\n\n"


@pytest.mark.parametrize("text", [X86, ARM])
@pytest.mark.usefixtures("kept")
def test_each_kind_of_processor_has_files_of_its_own(tmp_path, monkeypatch, text):
    """A home may be on several machines; how fast a core runs just now does not matter."""

    def of(model, *turns):
        told = tmp_path / "cpuinfo"
        told.write_text("".join(text.format(core, *turns, model=model) for core in (0, 1)), encoding="utf-8")
        monkeypatch.setattr(native, "_CPUINFO", told)
        return native._fingerprint(native._SOURCES / "tiny.c")

    assert of("0xd0c", 1, 2) == of("0xd0c", 3, 4)
    assert of("0xd0c", 1, 2) != of("0xd40", 1, 2)


def test_a_compiler_that_takes_liberties_is_told_not_to(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("CC", " ".join((*native.find_compiler(), "-ffast-math")))
    assert native_stack.is_right()


def test_a_library_with_other_activations_is_not_taken(monkeypatch):
    apply_map = native_stack.apply_map
    monkeypatch.setattr(native_stack, "apply_map", lambda *given, **named: apply_map(*given, **named) + 1e-3)
    assert not native_stack.is_right()
    assert not native_stack.fits([])
