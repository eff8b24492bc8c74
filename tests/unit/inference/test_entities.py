"""IOB2 mended."""

import pytest

from manyheads.inference.entities import repair_iob2


@pytest.mark.parametrize(
    ("labels", "repaired"),
    [
        ("O I-a I-a O", "O B-a I-a O"),
        ("I-a I-b I-b", "B-a B-b I-b"),
        ("B-a I-a I-b B-b I-b", "B-a I-a B-b B-b I-b"),
        ("NOUN I-a VERB", "NOUN B-a VERB"),
        ("", ""),
    ],
)
def test_an_inside_that_goes_on_with_nothing_becomes_a_begin(labels, repaired):
    assert repair_iob2(labels.split()) == repaired.split()
