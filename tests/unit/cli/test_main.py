"""The command line as a whole: help, versions, and what goes wrong, in one line with its exit code."""

import errno
import subprocess
import sys
from importlib.metadata import version

import pytest
from typer.main import get_command

from manyheads.cli import app
from manyheads.cli.failures import told
from manyheads.errors import RunError

HEAVY = {"torch", "numpy", "pyarrow", "matplotlib", "tokenizers", "sacrebleu", "scipy", "rich"}


def python(code, *, stdin=None):
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, check=True, input=stdin, timeout=60)  # noqa: S603


@pytest.mark.parametrize("words", [["--help"], ["translate", "--help"], ["--version"], []])
def test_help_imports_nothing_heavy(words):
    code = (
        f"import sys; from manyheads.cli import main; assert main({words}) == 0; "
        f"print(*{HEAVY} & {{name.partition('.')[0] for name in sys.modules}}, file=sys.stderr)"
    )
    assert python(code).stderr.strip() == b""


def test_a_wrong_option_is_refused_before_torch_is_imported():
    code = (
        "import sys; from manyheads.cli import main; "
        "assert main(['translate', '--model', 'none', 'one', '--n-best', '3', '--beam', '2']) == 2; "
        "print('torch' in sys.modules)"
    )
    assert python(code).stdout == b"False\n"


def test_help_lists_every_verb_with_a_whole_sentence(run):
    shown = run("--help").out
    for verb in ("quickstart", "recipes", "train", "translate", "evaluate", "score", "look"):
        assert f"\n  {verb} " in shown
    assert "..." not in shown.partition("Commands:")[2]
    assert "completion" not in shown


def test_without_a_verb_the_help_is_shown(run):
    assert run() == run("--help")
    assert run().code == 0


def test_the_version_is_that_of_the_package(run):
    assert run("--version").out == f"manyheads {version('manyheads')}\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["translat"], "no such command 'translat'. Did you mean 'translate'"),
        (["translate"], "missing option '--model'; see manyheads translate --help"),
        (["translate", "--modle", "x"], "no such option: --modle (Possible options: --model"),
        (["translate", "--model"], "option '--model' requires an argument"),
        (["look", "--model", "x"], "looking takes a text, but none was given; see manyheads look --help"),
        (["look", "a dog"], "looking takes --model M, but none was given; see manyheads look --help"),
        (["translate", "--model", "x", "--beam", "0"], "--beam cannot be '0': it should be greater than or"),
        (["translate", "--model", "x", "--beam=two"], "--beam cannot be 'two': it should be a valid integer"),
        (["translate", "--model", "x", "--threads", "0"], "--threads cannot be '0': it should be"),
        (
            ["evaluate", "--model", "x", "--data", "y", "--long", "cut"],
            "--long cannot be 'cut': 'cut' is not",
        ),
    ],
)
def test_wrong_use_is_one_line_and_exits_with_2(run, words, message):
    ran = run(*words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"manyheads: error: {message}")
    assert ran.err.count("\n") == 1


def test_a_traceback_is_shown_with_debug_alone(run):
    words = ["recipes", "numbrs"]
    plain, debug = run(*words), run(*words, "--debug")
    assert plain.err.startswith("manyheads: error: a recipe is a TOML file or one of ")
    assert plain.err.endswith("but 'numbrs' is neither; did you mean 'numbers'?\n")
    assert debug.err.startswith("Traceback (most recent call last):")
    assert debug.err.endswith(plain.err)
    assert plain.code == debug.code == 2


@pytest.fixture
def failing(monkeypatch):
    """Let `manyheads recipes` fail with an error."""

    def let(error):
        def fail():
            raise error

        monkeypatch.setattr("manyheads.recipes.load.recipe_names", fail)

    return let


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (RunError("the disk\nis full"), 1, "error: the disk is full"),
        (
            KeyError("x"),
            1,
            "error: this is a bug of manyheads (KeyError: 'x'); please report it with what --debug shows",
        ),
        (MemoryError(), 1, "error: there is not enough memory for this; try it where there is more"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (OSError(errno.EIO, "no"), 1, "error: this is a bug of manyheads (OSError: [Errno 5] no); please"),
    ],
)
def test_what_fails_is_told_in_one_line(run, failing, error, code, line):
    failing(error)
    ran = run("recipes")
    assert ran.code == code
    assert ran.err.startswith(f"manyheads: {line}")
    assert ran.err.count("\n") == 1


SMALLER = (
    "training.batch_tokens=N below the recipe's, "
    "with training.accumulate=K so that an update learns from as much"
)


@pytest.mark.parametrize(
    ("verb", "advice"),
    [
        ("train", f"try {SMALLER}"),
        ("quickstart", f"try `manyheads train numbers` with {SMALLER}"),
        ("translate", "try a smaller --batch-tokens"),
        *((verb, "try a smaller --batch-tokens") for verb in ("embed", "similarity", "classify", "tag")),
        ("fill-mask", "try a smaller --batch-tokens"),
        ("evaluate", "try a smaller --batch-tokens"),
        ("look", "try a shorter text"),
        ("score", "try it where there is more"),
    ],
)
def test_too_little_memory_brings_advice_that_the_verb_understands(verb, advice):
    assert told(MemoryError(), [verb, "--debug"]) == (
        f"error: there is not enough memory for this; {advice}",
        1,
    )
    options = [flag for option in get_command(app).commands[verb].params for flag in option.opts]
    assert ("--batch-tokens" in advice) == ("--batch-tokens" in options)


def test_a_reader_that_leaves_is_no_error():
    """`head -1` closes the pipe long before the many lines of this recipe's copies are written."""
    code = (
        "import os, sys, manyheads.recipes.load as load; from manyheads.cli import main; "
        "load.recipe_text = lambda name: 'line\\n' * 1_000_000; "
        "reader, writer = os.pipe(); os.close(reader); os.dup2(writer, 1); "
        "sys.exit(main(['recipes', 'x']) != 141)"
    )
    assert python(code).stderr == b""


def test_the_module_runs_the_command_line():
    done = subprocess.run([sys.executable, "-m", "manyheads", "--version"], capture_output=True, check=True)
    assert done.stdout.decode().split() == ["manyheads", version("manyheads")]


def test_files_and_pipes_get_utf8_whatever_the_locale(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ü.toml").write_text("# Übung\n", encoding="utf-8")
    code = "import sys; from manyheads.cli import main; sys.exit(main(['recipes', '\\u00fc.toml']))"
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    assert python(code).stdout.decode("utf-8").split() == ["#", "Übung"]
