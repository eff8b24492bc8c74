"""ARCHITECTURE.md names a function for every step: each is there, with the line that is quoted."""

import importlib
import inspect
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.docs

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
_ROW = re.compile(
    r"^\| (?P<step>[^|]+) \|[^|]*\| \[[^]]+\]\((?P<file>src/[^)]+)\) "
    r"\| `(?P<function>[^`]+)` \| `(?P<line>[^|]+)` \|$",
    re.MULTILINE,
)
ROWS = [row.groupdict() for row in _ROW.finditer(TEXT)]
LECTURE = [
    "token and position embedding",
    "query, key and value projections",
    "scores: inner products",
    "division by the root of head_dim",
    "softmax",
    "weighted values",
    "heads side by side",
    "and projected",
    "residual and norm, after (the paper)",
    "feed-forward",
    "layers stacked",
    "decoder's causal attention",
    "cross attention",
    "logits",
    "loss, with label smoothing ε",
    "search: beam",
]
RECURRENT = ["read from both ends", "one vector for the source", "additive scores", "one step", "readout"]
BERT = [
    "three vectors added",
    "the encoder that translation uses",
    "pooler",
    "a text's label",
    "hidden words: transform",
    "which tokens are hidden",
    "next sentence",
    "loss of hidden words",
]


def source_of(row):
    """Find a row's function, and give its file and its text."""
    module = row["file"].removeprefix("src/").removesuffix(".py").replace("/", ".")
    found = importlib.import_module(module)
    for name in row["function"].split("."):
        found = getattr(found, name)
    found = inspect.unwrap(found)
    return Path(inspect.getsourcefile(found)), inspect.getsource(found)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["step"])
def test_each_step_stands_where_the_table_says(row):
    file, source = source_of(row)
    assert file.resolve() == (ROOT / row["file"]).resolve()
    assert row["line"] in source


@pytest.mark.parametrize("wanted", [LECTURE, RECURRENT, BERT], ids=["lecture", "recurrent", "bert"])
def test_the_steps_are_all_there_in_their_order(wanted):
    steps = [row["step"] for row in ROWS]
    places = [steps.index(step) for step in wanted]
    assert places == sorted(places)


def test_every_row_of_the_tables_was_read():
    tables = [part.partition("\n\n")[0] for part in TEXT.split("| step | formula |")[1:]]
    assert len(tables) == 3
    lines = sum(table.count("\n|") for table in tables)
    assert lines == len(ROWS) + len(tables)  # and the line below each header


def test_every_folder_of_the_package_has_its_row():
    folders = {path.parent.name for path in (ROOT / "src" / "manyheads").glob("*/__init__.py")}
    assert {folder for folder in folders if f"(src/manyheads/{folder})" not in TEXT} == set()


def test_the_points_of_the_tap_are_listed():
    from manyheads.model.tap import POINTS

    assert ", ".join(f"`{point}`" for point in POINTS) in " ".join(TEXT.split())
