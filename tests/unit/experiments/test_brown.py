"""Words of the Brown corpus without their tags, and zips that are something else."""

import zipfile

import pytest

from manyheads.errors import InputError
from manyheads.experiments.brown import plain, read_brown, words_of


def test_a_word_with_slashes_loses_its_tag_alone():
    assert words_of("1/2/cd of/in it/pps ;/. ;/.") == ["1/2", "of", "it", ";"]


def test_marks_stand_at_their_words():
    assert plain(["He", "paid", "$", "5", "(", "``", "much", "''", ")", "."]) == 'He paid $5 ("much").'


def test_documents_come_in_the_order_of_their_names(tmp_path):
    path = tmp_path / "brown.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("brown/cb01", "\n\tTwo/cd ./.\n")
        archive.writestr("brown/ca02", "One/cd ./.\n\nMore/ap now/rb ./.\n")
        archive.writestr("brown/cats.txt", "ca02 news\n")
    assert list(read_brown(path)) == [[["One", "."], ["More", "now", "."]], [["Two", "."]]]


def test_what_is_no_zip_is_told_with_its_path(tmp_path):
    path = tmp_path / "brown.zip"
    path.write_text("no zip", encoding="utf-8")
    with pytest.raises(InputError, match=r"brown\.zip must be the Brown corpus .* copy it again"):
        list(read_brown(path))


def test_a_zip_of_something_else_is_told(tmp_path):
    path = tmp_path / "other.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("reuters/ca01", "One/cd\n")
    with pytest.raises(InputError, match=r"other\.zip must hold the documents of the Brown corpus"):
        list(read_brown(path))
