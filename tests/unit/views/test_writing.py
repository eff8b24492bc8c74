import pytest

from manyheads.errors import InputError
from manyheads.views.writing import write_whole


def test_a_file_is_replaced_and_nothing_is_left_beside_it(tmp_path):
    target = tmp_path / "a.html"
    write_whole(target, b"first")
    write_whole(target, b"second")
    assert target.read_bytes() == b"second"
    assert [path.name for path in tmp_path.iterdir()] == ["a.html"]


def test_a_folder_that_is_missing_or_in_the_way_is_named(tmp_path):
    with pytest.raises(InputError, match=r"there is no folder '.*nowhere'; make it first"):
        write_whole(tmp_path / "nowhere" / "a", b"")
    with pytest.raises(InputError, match=r"must be a file, and '.*' is a folder: give a name inside it"):
        write_whole(tmp_path, b"")
