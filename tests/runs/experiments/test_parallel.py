"""The experiment `parallel`: its form in a quick run, and words that follow the numbers."""

import copy
import json
import re
from itertools import pairwise

import pytest

from manyheads.experiments.experiment import Setting
from manyheads.experiments.layer_speed import ATTENTION, NAMES, PACKED, RECURRENT, WHOLE
from manyheads.experiments.parallel import EXPERIMENT
from manyheads.experiments.parallel_told import tell
from manyheads.experiments.report import Picture, Table, markdown
from manyheads.experiments.step_speed import RECURRENT as RECURRENT_STEP
from manyheads.experiments.step_speed import TRANSFORMER

pytestmark = pytest.mark.runs


@pytest.fixture(scope="module")
def said():
    return []


@pytest.fixture(scope="module")
def report(tmp_path_factory, said):
    folder = tmp_path_factory.mktemp("parallel") / "x"
    setting = Setting(quick=True, data=None, output=folder, say=said.append)
    return EXPERIMENT.run(setting, command="manyheads experiment parallel --quick")


@pytest.fixture
def measured(report):
    return json.loads((report.parent / "result.json").read_text(encoding="utf-8"))["measured"]


def test_the_report_answers_first_and_shows_its_figures(report):
    lines = report.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "# What is wrong with the recurrent network's calculation?"
    assert re.fullmatch(r"\*\*Its steps wait for one another: at 128 tokens 128 matrix .*\.\*\*", lines[2])
    pictures = [match[1] for line in lines if (match := re.match(r"!\[.*\]\((\w+\.svg)\)", line))]
    assert {"time.svg", "ratio.svg", "memory.svg", "steps.svg"} <= set(pictures)
    for picture in pictures:
        assert (report.parent / picture).stat().st_size > 1000
        assert (report.parent / picture).with_suffix(".png").is_file()


def test_every_race_has_each_length_and_each_contestant(measured):
    assert [(race["sequences"], race["threads"]) for race in measured["layers"]] == [(1, 1), (4, 1)]
    for race in measured["layers"]:
        for direction in ("forward", "both"):
            raced = race[direction]
            lost = {(each["length"], each["name"]) for each in raced["left_out"]}
            found = {(row["length"], name) for row in raced["rows"] for name in row["seconds"]}
            assert found | lost == {(length, name) for length in (16, 32, 64, 128) for name in NAMES}
            assert not found & lost
    for race in measured["steps"]["races"]:
        assert set(race["parameters"]) == {RECURRENT_STEP, TRANSFORMER}


def test_a_part_that_was_measured_is_not_measured_again(report, said):
    before = len(said)
    setting = Setting(quick=True, data=None, output=report.parent, say=said.append)
    EXPERIMENT.measure(setting)
    assert len(said) > before
    assert all(line.endswith(": measured already") for line in said[before:] if "whole" not in line)


def race_of(times, *, sequences, threads, left_out=()):
    """Make a race of two lengths; `times` has a name's seconds at each."""
    rows = [
        {
            "length": length,
            "seconds": {name: [seconds[number]] * 3 for name, seconds in times.items()},
            "memory": dict.fromkeys(times, 1_000_000 * length),
        }
        for number, length in enumerate((32, 64))
    ]
    raced = {"rows": rows, "left_out": list(left_out)}
    return {"sequences": sequences, "threads": threads, "forward": raced, "both": raced}


def with_layers(measured, *races):
    return copy.deepcopy(measured) | {"layers": list(races)}


def times_of(recurrent, attention, packed=None):
    return {
        RECURRENT: recurrent,
        PACKED: packed or recurrent,
        ATTENTION: attention,
        WHOLE: [2 * seconds for seconds in attention],
    }


def words_of(told):
    return "\n\n".join(markdown(part) for part in told.parts if not isinstance(part, Picture))


def test_the_answer_names_the_largest_ratio_and_the_crossing(measured):
    """4/1 at 32 and 6/2 at 64: up to 4 times; with 5 sequences 2/4 and 3/2: 1.5 at 64, and slower at 32."""
    one = race_of(times_of([4.0, 6.0], [1.0, 2.0]), sequences=1, threads=1)
    five = race_of(times_of([2.0, 3.0], [4.0, 2.0]), sequences=5, threads=1)
    answer = tell(with_layers(measured, one, five)).answer
    assert (
        "With 1 sequence, forward and backward, on 1 thread, the recurrent layer takes up to 4 times"
        in answer
    )
    assert (
        "times as long as self-attention (at 32 tokens), which is the slower one at no length up to 64."
        in answer
    )
    assert (
        "With 5 sequences, measured in the same way, it takes up to 1.5 times as long (at 64 tokens)"
        in answer
    )
    assert answer.endswith("and self-attention is the slower one at 32.")


def test_a_recurrent_layer_that_is_never_slower_is_told_as_it_is(measured):
    """2/4 and 3/4."""
    answer = tell(
        with_layers(measured, race_of(times_of([2.0, 3.0], [4.0, 4.0]), sequences=1, threads=1))
    ).answer
    assert "no more than 0.75 times as long as self-attention (at 64 tokens)" in answer
    assert answer.endswith("which is the slower one at every length from 32 to 64.")


def test_steps_that_do_not_wait_are_told_as_they_are(measured):
    changed = copy.deepcopy(measured)
    for row in changed["counted"]["rows"]:
        row["in_a_row"][RECURRENT] = 3
    assert tell(changed).answer.startswith(
        "Its steps wait for one another no longer than others' do: at 128 "
    )


def test_each_answers_at_its_better_number_of_threads(measured):
    """The recurrent layer takes 8 s on 1 thread and 9 on 3, self-attention 6 and 2: 8/2, not 9/2 or 8/6."""
    few = race_of(times_of([1.0, 8.0], [5.0, 6.0]), sequences=1, threads=1)
    many = race_of(times_of([1.0, 9.0], [5.0, 2.0]), sequences=1, threads=3)
    answer = tell(with_layers(measured, few, many)).answer
    assert "each at its better number of threads, the recurrent layer takes up to 4 times as long" in answer


def test_what_was_left_out_is_listed_once_with_its_reason(measured):
    left_out = [
        {"length": length, "name": PACKED, "what": "seconds", "foreseen": 48.0 * factor, "limit": 12.0}
        for length, factor in ((128, 1), (256, 4))
    ] + [{"length": 256, "name": WHOLE, "what": "memory", "foreseen": 5.6e9, "limit": 4e9}]
    race = race_of(times_of([4.0, 6.0], [1.0, 2.0]), sequences=5, threads=1, left_out=left_out)
    words = words_of(tell(with_layers(measured, race)))
    where = "5 sequences, 1 thread, forward and backward"
    assert f"| {where}: {PACKED} | 128 | 48.0 s | 12.0 s |" in words
    assert f"| {where}: {WHOLE} | 256 | 5,600 MB | 4,000 MB |" in words
    assert "192 s" not in words


def test_whole_trainings_are_held_against_each_other(measured):
    """The better one is named with its gap and its share of the other's time: 30 - 28.5, 600 s / 1,200 s."""
    made_up = {
        name: dict(found, seconds_training=seconds, test={"bleu": bleu, "signature": "s"})
        for (name, found), seconds, bleu in zip(
            measured["whole"].items(), (600.0, 1200.0), (30.0, 28.5), strict=True
        )
    }
    words = words_of(tell(measured | {"whole": made_up}))
    assert "three settings were tried" not in words  # which is said of other sizes
    assert "The Transformer ends 1.50 BLEU higher, in 0.50 times the time of the other." in words
    assert "| 20 |" in words
    for found in made_up.values():
        assert f"| {found['title']}: {found['sizes']} | {found['parameters']:,} |" in words


def test_both_translators_are_trained_on_the_same_budget(measured):
    one, other = measured["whole"].values()
    assert one["updates"] == other["updates"] == 24
    assert one["tokens"] == other["tokens"] > 0
    assert [point["update"] for point in one["curve"]] == [8, 16, 24]
    seconds = [point["seconds"] for point in one["curve"]]
    assert seconds == sorted(seconds)
    assert seconds[-1] <= one["seconds_training"]


def test_every_table_is_introduced_by_words(measured):
    """A table behind a table could not be told from it."""
    kinds = [type(part) for part in tell(measured).parts]
    assert Table not in kinds[:1]
    assert (Table, Table) not in pairwise(kinds)
