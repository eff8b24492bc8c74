import errno
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from manyheads.checkpoint import atomic
from manyheads.checkpoint.atomic import files_of, replace_files, write_file, write_folder
from manyheads.errors import RunError

# Each child kills itself before its n-th look at the file system, for every n that there is.
CRASHES = """
import os, signal, sys
from pathlib import Path
from manyheads.checkpoint.atomic import files_of, replace_files

os.fsync = lambda number: None  # matters to a loss of power alone, and is slow

def dies_before_step(last):
    steps = 0
    def count(event, arguments):
        nonlocal steps
        if event.split(".")[0] in ("open", "os", "shutil"):
            steps += 1
            if steps == last:
                os.kill(os.getpid(), signal.SIGKILL)
    return count

def versions(folder):
    return {path.read_bytes()[:3] for path in files_of(folder).values()}

folder = Path(sys.argv[1])
contents = lambda version: {name: version * size for name, size in
                            (("config.json", 1), ("model.safetensors", 50_000), ("README.md", 3))}
seen = []
for last in range(1, 500):
    replace_files(folder, contents(b"old"))
    child = os.fork()
    if child == 0:
        sys.addaudithook(dies_before_step(last))
        replace_files(folder, contents(b"new"))
        os._exit(0)
    killed = os.WIFSIGNALED(os.waitpid(child, 0)[1])
    found = versions(folder)
    assert len(found) == 1 and len(files_of(folder)) == 3, (last, found)
    assert all(path.stat().st_size == len(contents(b"old")[name]) for name, path in files_of(folder).items())
    seen.append(found.pop().decode())
    replace_files(folder, contents(b"old"))
    assert {path.name for path in folder.iterdir()} == set(contents(b"")), last
    if not killed:
        break
print(len(seen), seen.count("old"), seen.count("new"), "".join(version[0] for version in seen))
"""


def run(script: str, *arguments: object) -> str:
    command = [sys.executable, "-c", script, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, check=False, timeout=60, encoding="utf-8")  # noqa: S603
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def refuse(number: int):
    def refusing(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    return refusing


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_written_with_its_folders_and_replaced(tmp_path: Path):
    path = tmp_path / "runs" / "a" / "log.jsonl"
    write_file(path, b"one\r\n")
    write_file(path, b"two\n")
    assert path.read_bytes() == b"two\n"
    assert names(path.parent) == ["log.jsonl"]


def test_a_file_may_be_written_by_a_function_and_gets_the_usual_mode(tmp_path: Path):
    def write(path: Path) -> None:
        private = path.with_name("private")
        private.write_bytes(b"12")
        private.chmod(0o600)
        private.replace(path)

    write_file(tmp_path / "a", write)
    (tmp_path / "b").touch()
    assert (tmp_path / "a").read_bytes() == b"12"
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode


def test_a_link_stays_a_link(tmp_path: Path):
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "far" / "real")
    write_file(tmp_path / "link", b"fresh")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "far" / "real").read_bytes() == b"fresh"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes in its file system")
def test_a_pipe_is_written_straight_and_not_replaced(tmp_path: Path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_file(pipe, b"through")
    reader.join(timeout=10)
    assert read == [b"through"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_an_error_of_the_writing_function_leaves_the_old_file_and_nothing_aside(tmp_path: Path):
    def break_off(path: Path) -> None:
        path.write_bytes(b"half")
        raise ZeroDivisionError

    write_file(tmp_path / "a", b"whole")
    with pytest.raises(ZeroDivisionError):
        write_file(tmp_path / "a", break_off)
    assert names(tmp_path) == ["a"]
    assert (tmp_path / "a").read_bytes() == b"whole"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_told_with_the_room_it_takes_and_harms_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
):
    """2,000,001 bytes are rounded up to 3 MB."""
    path = tmp_path / "model.safetensors"
    write_file(path, b"whole")
    monkeypatch.setattr(os, "fsync", refuse(number))
    with pytest.raises(RunError) as caught:
        write_file(path, bytes(2_000_001))
    assert str(caught.value) == (
        f"no space left while writing {path}; what was there before is unchanged; "
        "free at least 3 MB on that disk and try again"
    )
    assert caught.value.exit_code == 1
    assert names(tmp_path) == ["model.safetensors"]
    assert path.read_bytes() == b"whole"


def test_a_full_disk_is_told_without_the_room_where_that_is_not_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(os, "fsync", refuse(errno.ENOSPC))
    with pytest.raises(RunError, match=r"free some space on that disk and try again$"):
        write_file(tmp_path / "a", lambda path: path.write_bytes(b"x"))
    with pytest.raises(RunError, match=r"free at least 1 MB on that disk and try again$"):
        write_file(tmp_path / "a", lambda path: path.write_bytes(b"x"), needs=1)


def test_a_folder_appears_with_all_that_is_in_it(tmp_path: Path):
    def fill(folder: Path) -> None:
        assert not (tmp_path / "model").exists()
        (folder / "training").mkdir()
        (folder / "training" / "state").write_bytes(b"s")
        (folder / "config.json").write_bytes(b"{}")

    write_folder(tmp_path / "model", fill)
    assert names(tmp_path) == ["model"]
    assert names(tmp_path / "model") == ["config.json", "training"]
    assert (tmp_path / "model" / "training" / "state").read_bytes() == b"s"


def test_a_folder_that_cannot_be_filled_does_not_appear(tmp_path: Path):
    def fill(folder: Path) -> None:
        (folder / "config.json").write_bytes(b"{}")
        refuse(errno.ENOSPC)()

    with pytest.raises(RunError) as caught:
        write_folder(tmp_path / "model", fill, needs=7_000_000)
    assert str(caught.value) == (
        f"no space left while writing {tmp_path / 'model'}; what was there before is unchanged; "
        "free at least 7 MB on that disk and try again"
    )
    assert names(tmp_path) == []


def test_a_folder_that_exists_is_not_written_over(tmp_path: Path):
    (tmp_path / "model").mkdir()
    with pytest.raises(RunError) as caught:
        write_folder(tmp_path / "model", lambda _: None)
    assert str(caught.value) == f"{tmp_path / 'model'} must not exist yet; remove it or give another place"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux names open files in /proc")
def test_all_is_on_the_disk_before_the_rename_that_makes_it_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The first of the three moves is the one that counts."""
    steps: list[str] = []

    def flush(number: int) -> None:
        steps.append(f"flush {Path(f'/proc/self/fd/{number}').readlink().name}")

    def recorded(move: Callable[[Path, Path], Path]) -> Callable[[Path, Path], Path]:
        def record(path: Path, target: Path) -> Path:
            steps.append(f"move {path.name}")
            return move(path, target)

        return record

    monkeypatch.setattr(os, "fsync", flush)
    monkeypatch.setattr(Path, "replace", recorded(Path.replace))
    monkeypatch.setattr(Path, "rename", recorded(Path.rename))
    replace_files(tmp_path, {"b": b"1", "a": b"1"})
    assert sorted(steps[:2]) == ["flush a", "flush b"]
    assert steps[2:] == [
        "flush .writing-committed",
        "move .writing-committed",
        f"flush {tmp_path.name}",
        "move a",
        "move b",
        f"flush {tmp_path.name}",
    ]
    steps.clear()
    write_file(tmp_path / "a", b"2")
    assert steps == ["flush a", "move a", f"flush {tmp_path.name}"]


def test_a_place_that_is_no_folder_is_told(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(RunError) as caught:
        replace_files(tmp_path / "file", {"a": b"1"})
    assert str(caught.value) == (
        f"{tmp_path / 'file'} could not be written: File exists; what was there before is unchanged; "
        "mend that or give another place"
    )


def test_files_are_replaced_together_and_others_stay(tmp_path: Path):
    folder = tmp_path / "model"
    replace_files(folder, {"a": b"1", "b": b"1"})
    replace_files(folder, {"b": lambda path: path.write_bytes(b"2"), "c": b"2"})
    assert {name: path.read_bytes() for name, path in files_of(folder).items()} == {
        "a": b"1",
        "b": b"2",
        "c": b"2",
    }
    assert names(folder) == ["a", "b", "c"]
    assert names(tmp_path) == ["model"]


def test_files_of_which_one_cannot_be_written_are_all_left(tmp_path: Path):
    replace_files(tmp_path, {"a": b"1", "b": b"1"})
    with pytest.raises(RunError, match=r"^no space left while writing"):
        replace_files(tmp_path, {"a": b"2", "b": refuse(errno.ENOSPC)})
    assert {name: path.read_bytes() for name, path in files_of(tmp_path).items()} == {"a": b"1", "b": b"1"}
    assert names(tmp_path) == ["a", "b"]


def stop_after(moves: int, error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let so many files be moved to their places, and no more."""
    done: list[str] = []
    move = Path.replace

    def replace(path: Path, target: Path) -> Path:
        if len(done) == moves:
            raise error
        done.append(path.name)
        return move(path, target)

    monkeypatch.setattr(Path, "replace", replace)


@pytest.mark.parametrize("moves", [0, 1, 2])
def test_files_that_count_are_found_before_all_of_them_are_moved_and_config_json_is_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moves: int
):
    first = {"config.json": b"1", "a": b"1", "z": b"1", "same": b"0"}
    second = {"config.json": b"2", "a": b"2", "z": b"2"}
    replace_files(tmp_path, first)
    with monkeypatch.context() as patch:
        stop_after(moves, KeyboardInterrupt(), patch)
        with pytest.raises(KeyboardInterrupt):
            replace_files(tmp_path, second)
    assert (tmp_path / "config.json").read_bytes() == b"1"
    assert {name: path.read_bytes() for name, path in files_of(tmp_path).items()} == first | second
    replace_files(tmp_path, {"a": b"3"})
    assert names(tmp_path) == ["a", "config.json", "same", "z"]
    assert [path.read_bytes() for path in sorted(tmp_path.iterdir())] == [b"3", b"2", b"0", b"2"]


def test_files_that_count_but_cannot_be_moved_are_told_to_be_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    replace_files(tmp_path, {"a": b"1"})
    stop_after(0, PermissionError(errno.EACCES, "Permission denied"), monkeypatch)
    with pytest.raises(RunError) as caught:
        replace_files(tmp_path, {"a": b"2"})
    whole = tmp_path / ".writing-committed"
    assert str(caught.value) == (
        f"{tmp_path} could not be written: Permission denied; what was last written is whole in {whole}; "
        "mend that or give another place"
    )
    assert files_of(tmp_path) == {"a": whole / "a"}
    assert files_of(tmp_path)["a"].read_bytes() == b"2"


def test_a_folder_that_does_not_exist_has_no_files(tmp_path: Path):
    assert files_of(tmp_path / "none") == {}


def test_what_killed_processes_left_is_removed_and_what_is_being_written_is_not(tmp_path: Path):
    left = tmp_path / ".writing-a-0123abcd-89ef0123"
    of_another_file = tmp_path / ".writing-a-b-0123abcd-89ef0123"
    being_written = tmp_path / f".writing-a-{atomic._mark()}-89ef0123"
    for folder in (left, of_another_file, being_written):
        folder.mkdir()
        (folder / "a").write_bytes(b"half")
    assert files_of(tmp_path) == {}
    write_file(tmp_path / "a", b"whole")
    assert names(tmp_path) == sorted([of_another_file.name, being_written.name, "a"])


def test_what_a_process_left_that_was_killed_making_the_folder_goes_when_its_files_are_replaced(
    tmp_path: Path,
):
    (tmp_path / ".writing-model-0123abcd-89ef0123").mkdir()
    (tmp_path / "model").mkdir()
    replace_files(tmp_path / "model", {"config.json": b"{}"})
    assert (names(tmp_path), names(tmp_path / "model")) == (["model"], ["config.json"])


def test_a_drive_that_cannot_flush_folders_is_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    flush = os.fsync

    def refuse_folders(number: int) -> None:
        if stat.S_ISDIR(os.fstat(number).st_mode):
            refuse(errno.EINVAL)()
        flush(number)

    monkeypatch.setattr(os, "fsync", refuse_folders)
    replace_files(tmp_path / "model", {"a": b"1"})
    assert (tmp_path / "model" / "a").read_bytes() == b"1"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL and no fork")
def test_a_kill_at_any_step_leaves_all_old_files_or_all_fresh_ones(tmp_path: Path):
    """The steps before the one rename that counts leave the old files, all after it the fresh ones."""
    steps, old, fresh, order = run(CRASHES, tmp_path / "model").split()
    assert int(steps) == int(old) + int(fresh)
    assert int(old) >= 10
    assert int(fresh) >= 6
    assert order == "o" * int(old) + "n" * int(fresh)
