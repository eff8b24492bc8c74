import pytest

from manyheads.errors import InputError, RunError
from manyheads.views.writing import write_whole


def test_a_file_is_replaced_and_nothing_is_left_beside_it(tmp_path):
    target = tmp_path / "a.html"
    write_whole(target, b"first")
    write_whole(target, b"second")
    assert target.read_bytes() == b"second"
    assert [path.name for path in tmp_path.iterdir()] == ["a.html"]


def test_others_may_read_what_the_umask_lets_them(tmp_path):
    write_whole(tmp_path / "a", b"")
    plain = tmp_path / "b"
    plain.touch()
    assert (tmp_path / "a").stat().st_mode == plain.stat().st_mode


def test_a_folder_that_is_missing_or_in_the_way_is_named(tmp_path):
    with pytest.raises(InputError, match=r"there is no folder '.*nowhere'; make it first"):
        write_whole(tmp_path / "nowhere" / "a", b"")
    with pytest.raises(InputError, match=r"must be a file, and '.*' is a folder: give a name inside it"):
        write_whole(tmp_path, b"")


def test_a_full_disk_leaves_the_old_file_whole(tmp_path, monkeypatch):
    target = tmp_path / "a.html"
    write_whole(target, b"first")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("manyheads.views.writing.os.fsync", full)
    with pytest.raises(RunError, match=r"a\.html' could not be written \(No space left on device\)"):
        write_whole(target, b"second")
    assert target.read_bytes() == b"first"
    assert [path.name for path in tmp_path.iterdir()] == ["a.html"]
