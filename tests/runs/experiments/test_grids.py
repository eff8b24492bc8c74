"""The experiments on trials, in a quick run: their form, and words that follow the numbers."""

import json
import re

import pytest

from manyheads.experiments import EXPERIMENTS, find_experiment
from manyheads.experiments.experiment import Setting
from manyheads.experiments.layers import tell as tell_layers
from manyheads.experiments.position import tell as tell_position
from manyheads.experiments.report import Text

pytestmark = pytest.mark.runs

PICTURES = {
    "heads": ["heads.svg", "switched-off.svg", "convolution.svg"],
    "layers": ["layers.svg", "skipped.svg", "learning.svg"],
    "position": ["position.svg"],
}


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """Run all three beside each other, so that they share their trials."""
    folder = tmp_path_factory.mktemp("results")
    return {
        name: find_experiment(name).run(
            Setting(quick=True, data=None, output=folder / name, say=print),
            command=f"manyheads experiment {name} --quick",
        )
        for name in PICTURES
    }


def result_of(report):
    return json.loads((report.parent / "result.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", PICTURES)
def test_the_question_is_answered_first_and_the_pictures_are_there(reports, name):
    lines = reports[name].read_text(encoding="utf-8").splitlines()
    assert lines[0] == f"# {EXPERIMENTS[name]}"
    assert re.fullmatch(r"\*\*.+\.\*\*", lines[2])
    assert [found[1] for line in lines if (found := re.match(r"!\[.*\]\((.+\.svg)\)", line))] == PICTURES[
        name
    ]
    for picture in PICTURES[name]:
        assert (reports[name].parent / picture).stat().st_size > 1000
        assert (reports[name].parent / picture).with_suffix(".png").is_file()
    assert any(line.startswith("*A quick run") for line in lines)


@pytest.mark.parametrize("name", PICTURES)
def test_every_trial_has_its_row(reports, name):
    text = reports[name].read_text(encoding="utf-8")
    for trial in result_of(reports[name])["measured"]["trials"].values():
        assert re.search(rf"^\| {re.escape(trial['title'])} \| [\d,]+ \| \d", text, re.MULTILINE)


@pytest.mark.parametrize("name", PICTURES)
def test_formula_code_and_command_stand_below(reports, name):
    text = reports[name].read_text(encoding="utf-8")
    assert "## What is calculated" in text
    assert "```python\n" in text
    assert f"- command: `manyheads experiment {name} --quick`" in text


def test_heads_are_studied_and_a_convolution_is_one_of_them(reports):
    measured = result_of(reports["heads"])["measured"]
    base = measured["trials"]["base"]["heads"]
    assert len(base["cost"]) == len(base["importance"]) == 12
    assert [point["off"] for point in base["curve"]] == [0, 6, 12]
    assert all(0 <= value <= 1 for value in base["divergence"].values())
    assert measured["trials"]["heads-1"]["heads"]["alike"] == dict.fromkeys(base["alike"])
    assert measured["convolution"]["largest_difference"] < 1e-6


def test_each_layer_is_skipped_once(reports):
    trials = result_of(reports["layers"])["measured"]["trials"]
    study = trials["layers-2"]["layers"]
    assert list(study["cost"]) == ["encoder.0", "encoder.1", "decoder.0", "decoder.1"]
    assert len(set(study["cost"].values())) == 4
    assert study["pairs"] == 8
    assert study["loss"] > 0
    assert list(trials["base"]["layers"]["cost"]) == ["encoder.0", "decoder.0"]


def test_an_encoder_that_looks_back_only_was_another_one_than_the_base(reports):
    trials = result_of(reports["position"])["measured"]["trials"]
    losses = [trials[name]["runs"][0]["valid_loss"] for name in ("base", "look-back", "position-none")]
    assert len(set(losses)) == 3


def made_up(**bleu):
    costs = {"encoder.0": 0.25, "encoder.1": -0.5, "decoder.0": 0.125}
    return {
        name: {
            "title": f"the trial {name}",
            "layers": {"pairs": 9, "loss": 1.5, "cost": costs},
            "runs": [
                {
                    "seed": seed,
                    "bleu": value + seed / 10,
                    "valid_loss": 2.0,
                    "parameters": 1000,
                    "tokens_per_second": 9.0,
                    "updates": 3,
                    "batch_tokens": 8,
                    "precision": "float32",
                    "threads": 1,
                    "signature": "s",
                    "curve": [[1, 2.0]],
                }
                for seed in (1, 2)
            ],
        }
        for name, value in bleu.items()
    }


def test_layers_that_do_not_help_are_said_not_to():
    told = tell_layers({"trials": made_up(**{"layers-1": 30.0, "layers-2": 29.0, "base": 28.0})})
    assert told.answer.startswith("Within this budget stacking did not help: one layer translates with 30.15")
    told = tell_layers({"trials": made_up(**{"layers-1": 30.0, "layers-2": 31.0, "base": 35.0})})
    assert told.answer == (
        "Stacked layers translate better than one: the trial base 35.15 BLEU instead of 30.15, every seed of "
        "one apart from the other's."
    )


def test_the_layers_that_are_missed_most_and_least_are_named():
    told = tell_layers({"trials": made_up(**{"layers-1": 30.0, "base": 35.0})})
    text = " ".join(part.markdown for part in told.parts if isinstance(part, Text))
    assert "With the trial base a token of the first 9 validation pairs costs 1.500 nats" in text
    assert "of the encoder's encoder.0 is missed most (+0.250) and encoder.1 least (-0.500)" in text


def test_positions_that_are_not_missed_are_said_not_to_be():
    task = {"length": 5, "letters": 6}
    runs = {"runs": [{"right": 0.5, "commonest": 0.6}]}
    trials = made_up(**{"base": 20.0, "position-none": 25.0, "look-back": 19.0})
    told = tell_position({"trials": trials, "task": task, "ahead": runs, "back": runs})
    assert told.answer.startswith("Here a translator did without them: 25.15 BLEU instead of 20.15")
