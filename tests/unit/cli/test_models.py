from pathlib import Path

import pytest

from manyheads.checkpoint import hub
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
        ("./caption", "did you mean 'captions'?"),
        ("./runs/number", "did you mean 'numbers'?"),
        ("numbers", f"did you mean '{Path('runs/numbers')}'?"),
        ("./zzz", "manyheads train makes one"),
        ("no/such/zzz", "manyheads train makes one"),
        ("no\\zzz", "manyheads train makes one"),
    ],
)
@pytest.mark.usefixtures("here")
def test_a_path_that_is_no_folder_is_told_with_the_nearest(name, advice):
    with pytest.raises(ModelError) as error:
        find_model(name)
    assert str(error.value) == f"--model must be the folder of a model, but there is no '{name}'; {advice}"


@pytest.mark.parametrize(
    ("name", "advice"),
    [("caption", "; did you mean 'captions'?"), ("runs/number", "; did you mean 'numbers'?"), ("no/zzz", "")],
)
@pytest.mark.usefixtures("here")
def test_what_could_be_a_name_on_the_hub_is_looked_for_there(name, advice):
    """Tests run offline, and say so."""
    with pytest.raises(ModelError) as error:
        find_model(name, option="SOURCE")
    assert str(error.value) == (
        f"SOURCE: '{name}' is no folder, and no copy of it from the hub is on this machine; "
        f"unset HF_HUB_OFFLINE to download it, or give a folder{advice}"
    )


def test_a_name_on_the_hub_is_the_folder_of_its_copy(here, monkeypatch):
    monkeypatch.setattr(hub, "find_checkpoint", lambda name: Path("cache") / name)
    assert find_model("org/captions") == Path("cache") / "org" / "captions"
