"""`manyheads experiment`: the list, a quick run, and what cannot be run."""

import pytest

from manyheads.experiments import EXPERIMENTS


def test_without_a_name_the_questions_are_listed(run):
    out = run("experiment").out
    assert [line.split()[0] for line in out.splitlines()] == list(EXPERIMENTS)
    assert "Why several heads?" in out


def test_an_unknown_name_is_told_with_the_known_ones(run):
    done = run("experiment", "heds")
    assert done.code == 2
    assert "did you mean 'heads'?" in done.err


@pytest.mark.parametrize("name", ["parallel", "context", "heads", "layers", "position"])
def test_a_full_run_says_which_data_it_needs(run, name, tmp_path):
    done = run("experiment", name, "--output", str(tmp_path / "out"))
    assert done.code == 2
    assert "give --data, or --quick" in done.err


def test_data_that_is_no_folder_is_named(run, tmp_path):
    done = run("experiment", "heads", "--data", str(tmp_path / "nothing"))
    assert done.code == 2
    assert "--data must be a folder, but there is no folder" in done.err
