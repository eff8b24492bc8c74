"""What others rely on: public names, verbs, options. What changes here changes the version."""

import subprocess
import sys
from importlib.metadata import version
from typing import get_args

import pytest
from typer.main import get_command

import manyheads
from manyheads.cli import app, options
from manyheads.inference import asked, precision, translate
from manyheads.inference.encoder import BATCH_TOKENS

NAMES = [
    *("Classification", "Classifier", "Encoder", "Filled", "MaskFiller", "Sampling", "Tagged", "Tagger"),
    *("Translation", "Translator", "errors", "load", "record_attention", "show", "switch_off"),
]
HOMES = {
    "Classification": "manyheads.inference.classify",
    "Classifier": "manyheads.inference.classify",
    "Encoder": "manyheads.inference.embed",
    "Filled": "manyheads.inference.fill_mask",
    "MaskFiller": "manyheads.inference.fill_mask",
    "Sampling": "manyheads.inference.translate",
    "Tagged": "manyheads.inference.tag",
    "Tagger": "manyheads.inference.tag",
    "Translation": "manyheads.inference.translation",
    "Translator": "manyheads.inference.translate",
    "load": "manyheads.inference.load",
    "record_attention": "manyheads.model.tap",
    "show": "manyheads.views.show",
    "switch_off": "manyheads.model.tap",
}
ERRORS = ["InputError", "ManyheadsError", "ModelError", "RecipeError", "RunError"]

COMPUTING = ["--precision", "--threads", "--device"]
RUNNING = [*COMPUTING, "--batch-tokens", "--long", "--json", "--debug"]
TEXTS = ["texts", "--model", "--input", "--column", "--id"]
PAIRS = ["texts", "--model", "--pair", "--input", "--column", "--id"]
OPTIONS = {
    "quickstart": ["--output", "--debug"],
    "recipes": ["name", "--debug"],
    "train": ["recipe", "overrides", "--output", "--resume", "--dry-run", "--debug"],
    "translate": [
        *("texts", "--model", "--input", "--column", "--output", "--beam", "--length-penalty", "--n-best"),
        *("--sample", "--temperature", "--top-k", "--top-p", "--seed", "--alignment"),
        *RUNNING,
    ],
    "embed": [*TEXTS, "--output", "--pooling", *RUNNING],
    "similarity": [*PAIRS, "--output", *RUNNING],
    "fill-mask": [*TEXTS, "--output", "--top-k", *RUNNING],
    "classify": [*PAIRS, "--output", *RUNNING],
    "tag": [*TEXTS, "--output", *RUNNING],
    "evaluate": [
        *("second", "--model", "--data", "--src", "--tgt", "--text", "--pair", "--label", "--format"),
        *("--tokenize", "--lowercase", "--beam", "--length-penalty", "--output"),
        *RUNNING,
    ],
    "score": [
        *("--references", "--hypotheses", "--against", "--tokenize", "--lowercase", "--json", "--output"),
        "--debug",
    ],
    "look": [
        *("text", "--model", "--pair", "--target", "--kind", "--layer", "--head"),
        *("--view", "--token", "--output", "--word", "--beside", "--arrays"),
        *COMPUTING,
        *("--long", "--json", "--debug"),
    ],
    "serve": ["--model", "--host", "--port", *COMPUTING, "--debug"],
    "convert": ["source", "folder", "--to", "--debug"],
    "experiment": ["name", "--quick", "--data", "--output", "--threads", "--debug"],
}


def test_the_public_names_are_these():
    assert manyheads.__all__ == NAMES
    assert [name for name in dir(manyheads.errors) if name.endswith("Error")] == ERRORS


@pytest.mark.parametrize(("name", "home"), HOMES.items())
def test_a_public_name_is_what_its_home_holds(name, home):
    assert getattr(manyheads, name) is getattr(sys.modules[home], name)


def test_the_names_are_listed_before_they_are_imported():
    assert {*NAMES, "__version__"} <= set(dir(manyheads))
    assert manyheads.__version__ == version("manyheads")


def test_a_name_that_is_none_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'manyheads' has no attribute 'laod'"):
        _ = manyheads.laod


def test_importing_the_package_imports_the_standard_library_alone():
    code = (
        "import sys; before = set(sys.modules); import manyheads; "
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)  # noqa: S603
    assert set(done.stdout.split()) - sys.stdlib_module_names == {"manyheads"}


def test_the_verbs_and_their_options_are_these():
    found = {
        name: [parameter.opts[0] for parameter in verb.params if parameter.name != "help"]
        for name, verb in get_command(app).commands.items()
    }
    assert found == OPTIONS


@pytest.mark.parametrize("verb", ["embed", "similarity", "fill-mask", "classify", "tag"])
def test_the_defaults_of_encoders_are_these(verb):
    known = {"precision": "auto", "threads": None, "device": "auto", "batch_tokens": 4096, "long": "truncate"}
    known |= {"as_json": False, "debug": False, "ids": None, "pair": None, "pooling": None, "top_k": 5}
    defaults = {parameter.name: parameter.default for parameter in get_command(app).commands[verb].params}
    given = {name: default for name, default in defaults.items() if name in known}
    assert given == {name: known[name] for name in given}
    assert len(given) >= 8
    assert defaults["batch_tokens"] == BATCH_TOKENS


@pytest.mark.parametrize("verb", ["translate", "evaluate", "look"])
def test_the_defaults_are_these(verb):
    known = {
        "precision": "float32" if verb == "evaluate" else "auto",  # scores are the same on all machines
        "threads": None,
        "device": "auto",
        "batch_tokens": 4096,
        "long": {"translate": "split", "evaluate": None, "look": "error"}[verb],  # None: the task's own
        "as_json": False,
        "debug": False,
        "beam": None,
        "length_penalty": None,
        "n_best": 1,
        "kind": None,  # cross, where a model has it
        "layer": None,
        "head": None,
    }
    defaults = {parameter.name: parameter.default for parameter in get_command(app).commands[verb].params}
    assert {name: known[name] for name in defaults if name in known} == {
        name: default for name, default in defaults.items() if name in known
    }


def test_the_choices_are_those_that_the_library_knows():
    assert get_args(get_args(options.Precision)[0]) == get_args(precision.Precision)
    longs = set(get_args(get_args(options.Long)[0]))
    assert longs == set(get_args(translate.Long)) == set(get_args(asked.Long))
