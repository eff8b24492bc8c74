"""The Python in the documents, the examples and the docstrings does what it says."""

import doctest
import importlib
import pkgutil
import re
import runpy
import sys
import tomllib
from pathlib import Path

import pytest

import manyheads
from manyheads.recipes.encoder_recipe import EncoderRecipe
from manyheads.recipes.load import check_recipe
from manyheads.recipes.schema import Recipe, Recurrent, flatten, known_keys

pytestmark = pytest.mark.docs

ROOT = Path(__file__).parents[2]
REPORTS = ROOT / "docs" / "results"
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
MODULES = [
    module.name
    for module in pkgutil.walk_packages(manyheads.__path__, "manyheads.")
    if not module.name.endswith("__main__")
]


def test_the_python_of_a_document_runs_from_top_to_bottom(document, blocks, reader):
    names = {"__name__": "document"}
    for block in blocks("python"):
        code = compile(block, str(document), "exec")
        # A report quotes functions of the package; it does not import what they use.
        if REPORTS not in document.parents:
            exec(code, names)  # noqa: S102 (our own documents)


def test_the_recipes_of_a_document_are_recipes(document, blocks):
    for block in blocks("toml"):
        check_recipe(tomllib.loads(block), where=document.name)


@pytest.fixture
def run_example(reader, monkeypatch, capfd):
    """Run an example as a script, and give the lines that it prints."""

    def run(name, *words):
        path = ROOT / "examples" / name
        monkeypatch.setattr(sys, "argv", [str(path), *words])
        runpy.run_path(str(path), run_name="__main__")
        return capfd.readouterr().out.splitlines()

    return run


def test_training_on_own_pairs_leaves_a_model(run_example):
    said = run_example("train_on_own_pairs.py", "pairs.tsv", "runs/own", "2")
    assert said[-1] == f"the model is in {Path('runs/own')}"
    assert manyheads.load("runs/own").config.model.d_model == 128


def test_translating_prints_three_answers_best_first(run_example):
    text, *answers, least = run_example("translate.py", "runs/mine", "a dog runs")
    scores = [float(answer.split()[0]) for answer in answers]
    assert text == "a dog runs"
    assert scores == sorted(scores, reverse=True)
    assert len(scores) == 3
    assert "least likely" in least


def test_looking_inside_shows_every_head_of_every_layer(run_example):
    said = run_example("look_inside.py", "runs/mine", "a dog", "ein Hund")
    heads = [line.partition(":")[0] for line in said]
    assert heads == [f"layer {layer} head {head}" for layer in range(2) for head in range(3)]


def test_switching_heads_off_tries_every_head(run_example):
    said = run_example("switch_off_heads.py", "runs/mine", "a dog")
    assert len(said) == 3 * (2 + 2 + 2)
    assert said[0].startswith("encoder layer 0 head 0: ")


def test_the_nearest_text_comes_first(run_example):
    asked, nearest, other = run_example(
        "nearest_texts.py", "sentence-transformers/all-MiniLM-L6-v2", "a dog runs", "two men", "a dog runs"
    )
    assert asked == "a dog runs  (a vector of 12 numbers)"
    assert nearest == "   1.0000  a dog runs"
    assert float(other.split()[0]) < 1
    assert other.endswith("  two men")


def test_every_example_has_a_test_and_fewer_than_40_lines():
    tests = Path(__file__).read_text(encoding="utf-8")
    assert [path.name for path in EXAMPLES if f'"{path.name}"' not in tests] == []
    assert [path.name for path in EXAMPLES if len(path.read_text(encoding="utf-8").splitlines()) >= 40] == []


@pytest.mark.parametrize("name", MODULES)
def test_the_doctests_of_a_module_hold(name):
    failed, _ = doctest.testmod(importlib.import_module(name), raise_on_error=False)
    assert failed == 0


def keys_told(heading):
    """Read a table of the guide: each key's default, and whether it has the star of a limit."""
    guide = (ROOT / "docs" / "guide" / "recipes.md").read_text(encoding="utf-8")
    section = guide.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([\w.]+)`( \*)? \| (?:`([^`]+)` )?\| \S.* \|$", section, re.MULTILINE)
    told = {key: (tomllib.loads(f"x = {default}")["x"] if default else None) for key, _, default in rows}
    return told, {key: bool(star) for key, star, _ in rows}


@pytest.mark.parametrize(
    ("heading", "recipe"),
    [("Every key for a translator", Recipe()), ("Every key for an encoder", EncoderRecipe(task="masked"))],
)
def test_the_guide_tells_every_key_of_a_recipe_with_its_default(heading, recipe):
    """A row is `| `key` * | `default` | what |`: a star for a limit, no default where the key is not set."""
    told, stars = keys_told(heading)
    defaults = {
        key: list(value) if isinstance(value, tuple) else value for key, value in flatten(recipe).items()
    }
    if type(recipe).model_fields["task"].is_required():
        defaults["task"] = None
    assert told == defaults
    assert stars == {key: limit for key, limit in known_keys(type(recipe)).items() if key in defaults}


def test_the_guide_tells_every_key_of_a_recurrent_network():
    told, stars = keys_told("The keys of a recurrent network")
    assert told == flatten(Recurrent(), "model.")
    assert not any(stars.values())
    assert known_keys(Recipe).keys() == flatten(Recipe()).keys() | told.keys()
