"""What a run tells: values that nobody changes on the way."""

from dataclasses import FrozenInstanceError, fields
from pathlib import Path
from typing import get_args

import pytest

from manyheads.training.events import Event, Finished, Started, Updated, Validated


def test_these_are_the_events():
    assert set(get_args(Event)) == {Started, Updated, Validated, Finished}


@pytest.mark.parametrize("event", [Started((), 0, 1), Finished(Path(), (), "done", 1.0)])
def test_no_listener_changes_what_the_next_one_hears(event):
    name = fields(event)[0].name
    with pytest.raises(FrozenInstanceError):
        setattr(event, name, None)
