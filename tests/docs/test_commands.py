"""The commands of the documents: the command line itself reads every one, without running it."""

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from manyheads.cli import app
from manyheads.recipes.load import load_recipe, recipe_names, recipe_text

pytestmark = pytest.mark.docs

ROOT = Path(__file__).parents[2]
_REDIRECTED = re.compile(r"\s[<>|].*")


def commands_in(block):
    """List the lines of a block, joined where they go on, without prompts, comments and what a shell does."""
    for line in block.replace("\\\n", " ").split("\n"):
        words = shlex.split(_REDIRECTED.sub("", line.removeprefix("$ ")), comments=True)
        if words:
            yield words


def understand(words):
    """Let the command line read a command: a wrong verb, option or value is an error."""
    group = get_command(app)
    with group.make_context("manyheads", list(words), resilient_parsing=False) as context:
        verb, command, rest = group.resolve_command(context, list(words))
        command.make_context(verb, rest, parent=context)


def test_the_command_line_understands_every_command_of_a_document(document, blocks):
    commands = [words for block in blocks("sh", "console", "powershell") for words in commands_in(block)]
    for program, *words in commands:
        if program == "manyheads":
            understand(words)


def test_the_reading_of_commands_finds_mistakes():
    with pytest.raises(Exception, match="translte"):
        understand(["translte"])
    with pytest.raises(Exception, match="--bean"):
        understand(["translate", "--model", "runs/mine", "--bean", "5"])


def test_every_target_of_make_exists(document, blocks):
    targets = set(re.findall(r"^([\w.-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {words[1] for block in blocks("sh") for words in commands_in(block) if words[0] == "make"}
    assert named <= targets


def test_every_script_that_a_document_runs_exists(document, blocks):
    text = document.read_text(encoding="utf-8")
    scripts = set(re.findall(r"python ((?:scripts|examples|benchmarks)/[\w/]+\.py)", text))
    assert {script for script in scripts if not (ROOT / script).is_file()} == set()


def test_the_keys_of_recipes_in_commands_exist(document, blocks):
    """`manyheads train RECIPE key=value ...`: laid over a shipped recipe, every key and value holds."""
    commands = [words for block in blocks("sh", "console") for words in commands_in(block)]
    for words in commands:
        if words[:2] == ["manyheads", "train"]:
            recipe = words[2] if words[2] in recipe_names() else "numbers"
            load_recipe(recipe, [word for word in words[3:] if "=" in word])


@pytest.mark.parametrize("name", recipe_names())
def test_every_shipped_recipe_loads_and_says_its_command(name):
    load_recipe(name)
    command = re.search(r"^# command:\s+manyheads (.*)$", recipe_text(name), re.MULTILINE)
    assert command
    words = shlex.split(command[1])
    assert words[:2] == ["train", name]
    understand(words)


def test_every_verb_is_shown_in_the_readme_or_the_guide():
    texts = [ROOT / "README.md", *(ROOT / "docs" / "guide").glob("*.md")]
    shown = "\n".join(path.read_text(encoding="utf-8") for path in texts)
    verbs = get_command(app).list_commands(None)
    assert [verb for verb in verbs if f"manyheads {verb}" not in shown] == []
