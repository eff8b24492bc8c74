from xml.etree import ElementTree as ET

import pytest

from manyheads.views.curve import curve_svg

SVG = "{http://www.w3.org/2000/svg}"
RECORDS = [
    {"event": "start"},
    {"update": 100, "loss": 5.0, "tokens": "many"},
    {"update": 200, "loss": 3.0},
    {"update": 200, "valid_loss": 3.5, "bleu": 12.25},
    {"update": 300, "loss": float("nan")},
    {"update": 300, "valid_loss": 2.5, "bleu": 30.5},
]


def texts(svg):
    root = ET.fromstring(svg)  # noqa: S314 (we wrote it)
    return ["".join(text.itertext()).strip() for text in root.iter(f"{SVG}text")]


def test_each_curve_is_named_with_its_last_value_where_it_ends():
    found = texts(curve_svg(RECORDS))
    assert {"training 3", "validation 2.5", "validation 30.5"} <= set(found)
    assert {"loss, nats a token", "BLEU", "updates"} <= set(found)


def test_every_score_has_a_panel_of_its_own_and_the_loss_its_unit():
    records = [{"update": 9, "valid_loss": 0.5, "accuracy": 0.75, "macro_f1": 0.5}]
    found = texts(curve_svg(records, unit="nats a text"))
    assert {"loss, nats a text", "accuracy", "macro F1", "validation 0.75"} <= set(found)


def test_without_bleu_there_is_one_panel():
    assert "BLEU" not in texts(curve_svg(RECORDS[:3]))


@pytest.mark.parametrize("records", [[], [{"update": 1}], [{"update": 5, "loss": float("nan")}]])
def test_a_run_that_logged_nothing_says_so(records):
    assert "nothing logged yet" in texts(curve_svg(records))


def test_a_bleu_of_nothing_is_drawn():
    assert "validation 0" in texts(curve_svg([{"update": 10, "loss": 7.0, "bleu": 0.0}]))


def test_the_same_log_gives_the_same_curve():
    assert curve_svg(RECORDS) == curve_svg(RECORDS)
