"""What an experiment is: parts that are kept, and a report that is made of its result alone."""

import json

import pytest
from matplotlib.figure import Figure

from manyheads.errors import InputError
from manyheads.experiments import EXPERIMENTS, find_experiment
from manyheads.experiments.experiment import Experiment, Setting, Told
from manyheads.experiments.report import Picture, Table, Text, markdown


def calculate(number):
    """Calculate something.

    Args:
        number: Any.
    """
    return number + 1


def tell(measured):
    return Told(
        f"It is {measured['it']}.",
        [
            Text("Some words."),
            Table(["what", "how many"], [["apples", "3"]]),
            Picture("drawn", "A figure. With more to say.", lambda: Figure(figsize=(1, 1))),
        ],
    )


@pytest.fixture
def experiment():
    return Experiment(
        name="scaling", formula="x + 1", code=(calculate,), measure=lambda setting: {"it": 5}, tell=tell
    )


@pytest.fixture
def setting(tmp_path):
    said = []
    made = Setting(quick=True, data=None, output=tmp_path / "results" / "x", say=said.append)
    return made, said


def test_a_report_answers_first_and_shows_what_was_calculated_how(experiment, setting):
    report = experiment.run(setting[0], command="manyheads experiment scaling --quick")
    text = report.read_text(encoding="utf-8")
    assert text.startswith(f"# {EXPERIMENTS['scaling']}\n\n**It is 5.**\n\n*A quick run")
    assert "![A figure](drawn.svg)\n\n*A figure. With more to say.*" in text
    assert "```python\ndef calculate(number):\n    return number + 1\n```" in text
    assert "- command: `manyheads experiment scaling --quick`" in text
    assert sorted(path.name for path in report.parent.iterdir()) == [
        "drawn.png",
        "drawn.svg",
        "report.md",
        "result.json",
    ]


def test_a_report_is_a_function_of_its_result(experiment, setting):
    report = experiment.run(setting[0], command="c")
    before, path = report.read_text(encoding="utf-8"), report.parent / "result.json"
    assert experiment.report(report.parent).read_text(encoding="utf-8") == before
    result = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(result | {"measured": {"it": 6}}), encoding="utf-8")
    assert "**It is 6.**" in experiment.report(report.parent).read_text(encoding="utf-8")


def test_a_part_is_measured_once(setting):
    made, said = setting
    calls = []

    def measure():
        calls.append(1)
        return {"found": (1, 2)}

    first = made.part("some", {"size": (3, 4)}, measure)
    again = made.part("some", {"size": [3, 4]}, measure)
    assert first == again
    assert first["found"] == [1, 2]
    assert first["seconds"] >= 0
    assert (calls, said) == ([1], ["some", "some: measured already"])


@pytest.mark.parametrize("spoil", ['{"inputs": {"size": 4}}', "no json", '{"inputs": '])
def test_a_part_of_other_inputs_or_that_cannot_be_read_is_measured_again(setting, spoil):
    made, _ = setting
    made.part("some", {"size": 3}, lambda: {"found": 1})
    (made.folder() / "some.json").write_text(spoil, encoding="utf-8")
    assert made.part("some", {"size": 3}, lambda: {"found": 2})["found"] == 2


def test_a_measurement_that_fails_leaves_nothing(setting):
    made, _ = setting
    with pytest.raises(ZeroDivisionError):
        made.part("some", {}, lambda: {"found": 1 / 0})
    assert not made.folder().exists() or not list(made.folder().iterdir())


def test_shared_parts_stand_beside_the_experiment(setting):
    made, _ = setting
    made.part("some", {}, dict, shared=True)
    assert (made.output.parent / "grid" / "some.json").is_file()


def test_data_that_is_not_there_is_named(setting, tmp_path):
    made, _ = setting
    with pytest.raises(InputError, match=r"the full experiment needs a.b\.txt .*give --data, or --quick"):
        made.file("a", "b.txt")
    with pytest.raises(InputError, match=r"the data must hold a.b\.txt, but there is no .*b\.txt"):
        Setting(False, tmp_path, tmp_path, print).file("a", "b.txt")


def test_a_name_that_is_no_experiment_is_told_with_those_that_are():
    with pytest.raises(InputError, match=r"one of parallel, .*'heds' is not; did you mean 'heads'\?"):
        find_experiment("heds")


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_is_found_under_its_name(name):
    assert find_experiment(name).name == name


def test_a_row_has_as_many_cells_as_there_are_columns():
    with pytest.raises(InputError, match="must have 2 cells"):
        Table(["a", "b"], [["1"]])


def test_a_table_is_markdown():
    assert markdown(Table(["a", "b"], [["1", "2"]])) == "| a | b |\n| --- | ---: |\n| 1 | 2 |"
