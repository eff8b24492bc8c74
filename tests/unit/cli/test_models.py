from pathlib import Path

import pytest

from manyheads.cli.models import find_model
from manyheads.errors import ModelError


@pytest.fixture
def here(tmp_path, monkeypatch):
    for name in ("captions", "runs/numbers"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "config.json").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_folder_is_taken_as_it_is(here):
    assert find_model("captions") == Path("captions")
    assert find_model(str(here / "runs" / "numbers")) == here / "runs" / "numbers"


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("caption", "did you mean 'captions'?"),
        ("runs/number", "did you mean 'numbers'?"),
        ("numbers", f"did you mean '{Path('runs/numbers')}'?"),
        ("zzz", "manyheads train makes one"),
        ("no/zzz", "manyheads train makes one"),
    ],
)
@pytest.mark.usefixtures("here")
def test_a_name_that_is_no_folder_is_told_with_the_nearest(name, advice):
    with pytest.raises(ModelError) as error:
        find_model(name)
    assert str(error.value) == f"--model must be the folder of a model, but there is no '{name}'; {advice}"
