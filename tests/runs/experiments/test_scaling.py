"""The experiment `scaling`: its form in a quick run, and words that follow the numbers."""

import copy
import json
import math
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
    assert re.fullmatch(r"\*\*Undivided, the variance of scores .* nats a token \(.+\)\.\*\*", lines[2])
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
        head_dim, rate = comparison["head_dim"], comparison["learning_rate"]
        assert f"| {head_dim} | {measured['training']['d_model'] // head_dim} | {rate:g} |" in text


def test_the_report_quotes_what_trains_and_what_no_skill_is(report, measured):
    """Lengths 3 to 6 of 5 letters: without reading, 24 ends cost ln(4) each; a letter always costs ln(5)."""
    text = report.read_text(encoding="utf-8")
    for name in ("attend_by_steps", "undo_division", "measure_saturation", "learn_to_reverse"):
        assert f"\n`{name}` in `src/manyheads/" in text
    chance = measured["training"]["without_reading"]
    per_token = (chance["loss"] - chance["loss_with_length"]) / math.log(4)
    assert chance["loss_with_length"] == pytest.approx((1 - per_token) * math.log(5))
    assert f"a loss of {chance['loss']:.3f} and {chance['right']:.1%} of the tokens right" in text


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


def words_of(measured):
    return " ".join(part.markdown for part in tell(measured).parts if hasattr(part, "markdown"))


def test_numbers_against_expectation_are_told_as_they_are(measured):
    changed = copy.deepcopy(measured)
    for row in changed["saturation"]["rows"]:
        row["divided"], row["undivided"] = row["undivided"], row["divided"]
        row["undivided"]["variance"] = [3.0 - row["head_dim"] / 1000] * 3
    answer = tell(changed).answer
    assert answer.startswith(
        "Undivided, the variance of scores of drawn queries and keys does not grow with "
    )
    assert "with head_dim, from 3.0 at 8 to 2.7 at 256 (" in answer
    assert "softmax gives nevertheless no more than" in answer
    assert "does not vanish" not in words_of(changed)


def with_gradients(measured, *, head_dim, median, mean, scores, worse=True):
    """Give the rows of one width these multiples, 1 to all the rest, and its network a loss of 2 or 1.5."""
    changed = copy.deepcopy(measured)
    names = {"query_gradient_median": median, "query_gradient": mean}
    names |= {"scores_gradient_median": scores, "scores_gradient": scores}
    for row in changed["saturation"]["rows"]:
        for name, multiple in names.items():
            row["divided"][name] = [0.2] * 3
            row["undivided"][name] = [0.2 * (multiple if row["head_dim"] == head_dim else 1.0)] * 3
    for comparison in changed["training"]["comparisons"]:
        for arm, loss in (("divided", 1.0), ("undivided", 2.0 if worse else 1.0)):
            for trial in comparison[arm]:
                trial["valid_loss"] = loss
    return changed


@pytest.mark.parametrize(
    ("median", "mean", "words"),
    [
        (4.0, 8.0, "although a drawn query gets no less gradient, in the median row and in the mean"),
        (0.5, 0.25, "and a drawn query gets less gradient, in the median row and in the mean: vanishing"),
        (0.5, 8.0, "and a drawn query gets less gradient in the median row and no less in the mean"),
        (4.0, 0.25, "and a drawn query gets no less gradient in the median row and less in the mean"),
    ],
)
def test_gradients_are_held_against_what_was_learned(median, mean, words, measured):
    told = words_of(with_gradients(measured, head_dim=64, median=median, mean=mean, scores=0.125))
    assert f"With heads of 64 networks learn worse without the division, {words}" in told
    assert f"{median:#.3g} and {mean:#.3g} at 64" in told
    assert ("At 64 the scores of the median row do get less" in told) == (median > 1)
    assert "a row's scores at 64 in the median row and at 64 in the mean" in told


def test_nothing_is_explained_that_was_not_seen(measured):
    """Where the arms learn alike no gradient explains it; where rows are as even nothing is said of that."""
    alike = with_gradients(measured, head_dim=64, median=4.0, mean=8.0, scores=0.5, worse=False)
    assert "networks learn worse" not in words_of(alike)
    assert "less even" not in words_of(alike)
    uneven = with_gradients(measured, head_dim=64, median=4.0, mean=8.0, scores=0.5)
    assert "their mean over the queries is 2.00 times their median instead of 1.00." in words_of(uneven)
    even = with_gradients(measured, head_dim=64, median=4.0, mean=4.0, scores=0.5)
    assert "less even" not in words_of(even)


def test_a_gradient_that_a_few_rows_pass_on_is_named(measured):
    few = with_gradients(measured, head_dim=256, median=0.5, mean=8.0, scores=0.5)
    assert "So at 256 the gradient does not vanish altogether" in words_of(few)
    assert (
        "A query gets less than with the division at 256 in the median row and at no width in "
        in words_of(few)
    )


def test_the_rows_of_the_blackboard_are_calculated(measured):
    """The second row is the first one times sqrt(64)."""
    softmax = measured["softmax"]
    assert softmax["head_dim"] == 64
    assert softmax["undivided"] == softmax_steps([8 * score for score in softmax["divided"]["scores"]])
