"""The experiment `scaling`: its form in a quick run, and words that follow the numbers."""

import copy
import json
import re

import pytest

from manyheads.experiments.experiment import Setting
from manyheads.experiments.saturation import softmax_steps
from manyheads.experiments.scaling import EXPERIMENT
from manyheads.experiments.scaling_told import tell

pytestmark = pytest.mark.runs


@pytest.fixture(scope="module")
def said():
    return []


@pytest.fixture(scope="module")
def report(tmp_path_factory, said):
    folder = tmp_path_factory.mktemp("scaling") / "x"
    setting = Setting(quick=True, data=None, output=folder, say=said.append)
    return EXPERIMENT.run(setting, command="manyheads experiment scaling --quick")


@pytest.fixture
def measured(report):
    return json.loads((report.parent / "result.json").read_text(encoding="utf-8"))["measured"]


def test_the_report_answers_first_and_shows_its_figures(report):
    lines = report.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "# Why are scores divided by the square root of head_dim?"
    assert re.fullmatch(r"\*\*Undivided, the variance of a score .* nats a token\.\*\*", lines[2])
    pictures = [match[1] for line in lines if (match := re.match(r"!\[.*\]\((\w+\.svg)\)", line))]
    assert pictures == ["variance.svg", "saturation.svg", "training.svg"]
    for picture in pictures:
        assert (report.parent / picture).stat().st_size > 1000
        assert (report.parent / picture).with_suffix(".png").is_file()


def test_every_width_and_arm_has_its_row(report, measured):
    text = report.read_text(encoding="utf-8")
    for row in measured["saturation"]["rows"]:
        for arm in ("divided", "undivided"):
            assert f"| {row['head_dim']}, {arm} |" in text
    for comparison in measured["training"]["comparisons"]:
        assert len(comparison["divided"]) == len(comparison["undivided"]) == measured["training"]["seeds"]
        assert f"| {comparison['head_dim']} | {comparison['learning_rate']:g} |" in text


def test_both_arms_are_trained_with_the_same_seeds_and_learn_apart(measured):
    for comparison in measured["training"]["comparisons"]:
        for one, other in zip(comparison["divided"], comparison["undivided"], strict=True):
            assert one["seed"] == other["seed"]
            assert one["curve"] != other["curve"]


def test_the_blackboards_numbers_add_up_as_printed(report):
    """In both tables exponentials sum to what stands beside them, shares to 1, and each share is its part."""
    text = report.read_text(encoding="utf-8")
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if re.match(r"\| (exp|share)", line)]
    assert len(rows) == 4
    for exponentials, shares in (rows[:2], rows[2:]):
        *parts, total = map(float, exponentials[1:])
        *portions, one = map(float, shares[1:])
        assert round(sum(parts), 3) == total
        assert round(sum(portions), 3) == one == 1.0
        assert [round(part / total, 3) for part in parts] == portions


def test_a_part_that_was_measured_is_not_measured_again(report, said):
    before = len(said)
    setting = Setting(quick=True, data=None, output=report.parent, say=said.append)
    EXPERIMENT.measure(setting)
    assert len(said) > before
    assert all(line.endswith(": measured already") for line in said[before:])


def with_losses(measured, divided, undivided):
    """Give the widest heads these losses, a list a learning rate."""
    changed = copy.deepcopy(measured)
    sample = changed["training"]["comparisons"][-1]
    changed["training"]["comparisons"] = [
        sample
        | {"learning_rate": 0.1 / (number + 1)}
        | {
            arm: [trial | {"valid_loss": loss} for trial, loss in zip(sample[arm], losses, strict=True)]
            for arm, losses in (("divided", one), ("undivided", other))
        }
        for number, (one, other) in enumerate(zip(divided, undivided, strict=True))
    ]
    return changed


@pytest.mark.parametrize(
    ("divided", "undivided", "words"),
    [
        ([[1.0, 1.2]], [[2.0, 2.2]], "learns worse without the division: after"),
        ([[2.0, 2.2]], [[1.0, 1.2]], "learns better without the division: after"),
        ([[1.0, 1.2]], [[1.1, 1.3]], "learns no better and no worse without the division, as far as"),
        ([[3.0, 3.2], [1.0, 1.2]], [[2.0, 2.2], [4.0, 4.2]], "is 2.10 ± 0.14 instead of 1.10 ± 0.14"),
    ],
)
def test_the_verdict_on_learning_follows_the_losses(divided, undivided, words, measured):
    """Spreads of two losses 0.2 apart are 0.14; each arm is taken at the learning rate that suits it best."""
    assert words in tell(with_losses(measured, divided, undivided)).answer


def test_numbers_against_expectation_are_told_as_they_are(measured):
    changed = copy.deepcopy(measured)
    for row in changed["saturation"]["rows"]:
        row["divided"], row["undivided"] = row["undivided"], row["divided"]
        row["undivided"]["variance"] = [3.0 - row["head_dim"] / 1000] * 3
    told = tell(changed)
    begin = "Undivided, the variance of a score does not grow with head_dim, from 3.0 at 8 "
    assert told.answer.startswith(begin)
    assert "softmax gives nevertheless no more than" in told.answer
    words = " ".join(part.markdown for part in told.parts if hasattr(part, "markdown"))
    assert "That is not so of every width" not in words
    assert "does not vanish" not in words


def test_the_rows_of_the_blackboard_are_calculated(measured):
    """The second row is the first one times sqrt(64)."""
    softmax = measured["softmax"]
    assert softmax["head_dim"] == 64
    assert softmax["undivided"] == softmax_steps([8 * score for score in softmax["divided"]["scores"]])
