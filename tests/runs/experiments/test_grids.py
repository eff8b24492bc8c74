"""The experiments on trials, in a quick run: their form, and words that follow the numbers."""

import json
import re

import pytest

from manyheads.experiments import EXPERIMENTS, find_experiment
from manyheads.experiments.experiment import Setting
from manyheads.experiments.heads import tell as tell_heads
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
    assert {name: [point["off"] for point in curve] for name, curve in base["curves"].items()} == {
        "importance": [0, 6, 12],
        "cost": [0, 6, 12],
    }
    for found in (base, base["untrained"]):
        assert all(0 <= value <= 1 for value in found["divergence"].values())
    assert base["alike"] != base["untrained"]["alike"]
    assert -1 <= base["agreement"] <= 1
    assert measured["trials"]["heads-1"]["heads"]["alike"] == dict.fromkeys(base["alike"])
    assert measured["convolution"]["largest_difference"] < 1e-6


def test_each_layer_is_skipped_once(reports):
    trials = result_of(reports["layers"])["measured"]["trials"]
    study = trials["layers-2"]["layers"]
    assert list(study["cost"]) == ["encoder.0", "encoder.1", "decoder.0", "decoder.1"]
    assert len(set(study["cost"].values())) == 4
    assert study["pairs"] == 5
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


def with_heads(trials):
    """Add what `study_heads` gives: two heads, of which one costs something."""
    names = [f"{kind}.0.{head}" for kind in ("encoder", "decoder", "cross") for head in (0, 1)]
    likeness = {
        what: {"encoder.0": 0.5, "decoder.0": 0.5, "cross.0": 0.5} for what in ("divergence", "alike")
    }
    curve = [{"off": 0, "share": 0.0, "score": 30.0}, {"off": 6, "share": 1.0, "score": 1.0}]
    study = {
        "pairs": 9,
        "loss": 1.5,
        **likeness,
        "untrained": {"divergence": dict.fromkeys(likeness["alike"], 0.4), "alike": likeness["alike"]},
        "cost": {name: float(name.endswith("1")) for name in names},
        "agreement": 0.25,
        "curves": {"importance": curve, "cost": curve},
    }
    return {name: trial | {"heads": study} for name, trial in trials.items()}


@pytest.mark.parametrize(
    ("bleu", "answer"),
    [
        (
            {"heads-1": 30.0, "base": 35.0, "heads-16": 30.0},
            "One head looks in one way at a time, several look in several, which helps up to a point: "
            "the trial base translate with 35.15 BLEU where one head of equal width has 30.15, no seed "
            "as good as any of theirs; the trial heads-16 (30.15) were not surely better.",
        ),
        (
            {"heads-1": 30.0, "base": 29.0},
            "Here several heads were not surely better than one of equal width (30.15 BLEU): the trial "
            "base (29.15).",
        ),
    ],
)
def test_only_numbers_of_heads_that_are_better_with_every_seed_are_called_better(reports, bleu, answer):
    convolution = result_of(reports["heads"])["measured"]["convolution"]
    told = tell_heads({"trials": with_heads(made_up(**bleu)), "convolution": convolution})
    assert told.answer == answer


def test_heads_are_compared_with_untrained_ones(reports):
    convolution = result_of(reports["heads"])["measured"]["convolution"]
    trials = with_heads(made_up(**{"heads-1": 30.0, "base": 35.0}))
    told = tell_heads({"trials": trials, "convolution": convolution})
    text = " ".join(part.markdown for part in told.parts if isinstance(part, Text))
    assert (
        "Trained heads look further apart in 6 of 6 cases and carry away less alike things in 0 of 6 cases"
        in text
    )
    assert "3 cost nothing when each is switched off alone" in text


def test_layers_that_do_not_help_are_said_not_to():
    told = tell_layers({"trials": made_up(**{"layers-1": 30.0, "layers-2": 29.0, "base": 28.0})})
    assert told.answer.startswith("Within this budget stacking did not help: one layer translates with 30.15")
    told = tell_layers({"trials": made_up(**{"layers-1": 30.0, "layers-2": 31.0, "base": 35.0})})
    assert told.answer == (
        "Stacked layers translate better than one: the trial base 35.15 BLEU instead of 30.15, with no "
        "overlap of their seeds."
    )


def test_the_layers_that_are_missed_most_and_least_are_named():
    told = tell_layers({"trials": made_up(**{"layers-1": 30.0, "base": 35.0})})
    text = " ".join(part.markdown for part in told.parts if isinstance(part, Text))
    assert "With the trial base a token of the first 9 validation pairs costs 1.500 nats" in text
    assert "of the encoder's encoder.0 is missed most (+0.250) and encoder.1 least (-0.500)" in text


@pytest.mark.parametrize(
    ("slower", "said"),
    [(20.0, "So depth alone gained nothing here"), (31.0, "So depth alone gained something here")],
)
def test_depth_without_parameters_of_its_own_is_judged_by_its_better_rate(slower, said):
    bleu = {"layers-1": 30.0, "base": 35.0, "layers-6": 36.0, "layers-6-shared": 2.0}
    told = tell_layers({"trials": made_up(**bleu, **{"layers-6-shared-slower": slower})})
    text = " ".join(part.markdown for part in told.parts if isinstance(part, Text))
    assert f"Against one layer used once, which has as many parameters: {slower + 0.15:.2f} BLEU" in text
    assert said in text


def test_learned_positions_are_compared_by_bleu_and_by_loss():
    task = {"length": 5, "letters": 6}
    runs = {"runs": [{"right": 0.5, "commonest": 0.6}]}
    bleu = {"base": 20.0, "position-learned": 19.0, "position-none": 5.0, "look-back": 19.0}
    told = tell_position({"trials": made_up(**bleu), "task": task, "ahead": runs, "back": runs})
    text = " ".join(part.markdown for part in told.parts if isinstance(part, Text))
    assert (
        "Learned ones against sinusoids, by BLEU: 19.15 BLEU instead of 20.15, with no overlap of their seeds"
        in text
    )
    assert "by validation loss: 2.00 nats a token instead of 2.00, which may be chance" in text


def test_positions_that_are_not_missed_are_said_not_to_be():
    task = {"length": 5, "letters": 6}
    runs = {"runs": [{"right": 0.5, "commonest": 0.6}]}
    trials = made_up(**{"base": 20.0, "position-none": 25.0, "look-back": 19.0})
    told = tell_position({"trials": trials, "task": task, "ahead": runs, "back": runs})
    text = " ".join(part.markdown for part in told.parts if isinstance(part, Text))
    assert "Against expectation" not in text
    assert told.answer.startswith("Here a translator did without them: 25.15 BLEU instead of 20.15")
