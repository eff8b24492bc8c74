import errno
import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from manyheads.cli.score import score
from manyheads.errors import InputError, RunError

REFERENCES = ["Ein Hund läuft weg.", "Zwei Männer stehen am Herd.", "Sie lacht."]
WORSE = ["Ein Hund weg.", "Zwei Männer stehen.", "Sie lacht."]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, lines in {"ref": REFERENCES, "hyp": REFERENCES, "worse": WORSE}.items():
        (tmp_path / f"{name}.de").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return tmp_path


def run(folder: Path, *options: str, hypotheses: str = "hyp.de") -> Result:
    app = typer.Typer(rich_markup_mode=None)
    app.command()(score)
    files = ["--references", str(folder / "ref.de"), "--hypotheses", str(folder / hypotheses)]
    return CliRunner().invoke(app, [*files, *options])


def test_three_scores_are_printed_with_their_signatures(folder: Path) -> None:
    result = run(folder)
    assert result.exit_code == 0
    assert [line.split()[:2] for line in result.stdout.split("\n")[:-1]] == [
        ["BLEU", "100.00"],
        ["chrF2", "100.00"],
        ["TER", "0.00"],
    ]
    assert result.stdout.count("nrefs:1|") == 3
    assert result.stderr == ""


def test_the_options_reach_the_signature(folder: Path) -> None:
    assert "case:lc|eff:no|tok:char" in run(folder, "--tokenize", "char", "--lowercase").stdout


def test_json_is_one_object_on_one_line(folder: Path) -> None:
    stdout = run(folder, "--json").stdout
    assert stdout.count("\n") == 1
    fields = json.loads(stdout)
    assert list(fields) == ["bleu", "chrf", "ter", "warnings", "sentences"]
    assert list(fields["bleu"]) == ["name", "value", "signature"]
    assert (fields["sentences"], fields["ter"]["value"]) == (3, 0)


def test_two_systems_are_compared_with_a_plain_sentence(folder: Path) -> None:
    result = run(folder, "--against", str(folder / "worse.de"))
    assert result.exit_code == 0
    verdict = result.stdout.split("\n")[-2]
    assert f"{folder / 'hyp.de'} " in verdict
    assert f"{folder / 'worse.de'} " in verdict
    assert "paired bootstrap, 1,000 samples" in verdict
    assert result.stdout.count("bs:1000|seed:12345|") == 3


def test_a_comparison_as_json_holds_both_scores(folder: Path) -> None:
    fields = json.loads(run(folder, "--json", "--against", str(folder / "worse.de")).stdout)
    assert list(fields) == ["bleu", "chrf", "ter", "warnings", "sentences", "samples", "seed"]
    assert fields["bleu"]["difference"] == fields["bleu"]["value"] - fields["bleu"]["baseline"] > 0


def test_an_empty_line_is_an_empty_hypothesis(folder: Path) -> None:
    (folder / "gap.de").write_text("Ein Hund läuft weg.\n\nSie lacht.\n", encoding="utf-8")
    fields = json.loads(run(folder, "--json", hypotheses="gap.de").stdout)
    assert fields["sentences"] == 3
    # Of the references' eleven words the five of the second sentence are missing.
    assert fields["ter"]["value"] == pytest.approx(100 * 5 / 11)


def test_a_gzipped_file_is_read_and_no_name_makes_it_a_table(folder: Path) -> None:
    (folder / "hyp.tsv.gz").write_bytes(gzip.compress((folder / "hyp.de").read_bytes()))
    assert "BLEU   100.00" in run(folder, hypotheses="hyp.tsv.gz").stdout


def test_doubts_go_to_the_error_stream(folder: Path) -> None:
    for name in ("ref.de", "hyp.de"):
        (folder / name).write_text("ein hund läuft weg .\n" * 20, encoding="utf-8")
    result = run(folder, "--json")
    doubts = result.stderr.split("\n")[:-1]
    assert [doubt.split(":")[:2] for doubt in doubts] == [["manyheads", " warning"]] * 2
    assert [f"manyheads: warning: {doubt}" for doubt in json.loads(result.stdout)["warnings"]] == doubts


def test_the_scores_can_be_written_to_a_file(folder: Path) -> None:
    result = run(folder, "--output", str(folder / "scores.txt"))
    assert result.stdout == ""
    assert (folder / "scores.txt").read_text(encoding="utf-8") == run(folder).stdout


def test_unequal_files_are_named_with_their_lengths(folder: Path) -> None:
    (folder / "short.de").write_text("Ein Hund läuft weg.\n", encoding="utf-8")
    error = run(folder, hypotheses="short.de").exception
    assert isinstance(error, InputError)
    assert f"equally many lines: {folder / 'short.de'} has 1, {folder / 'ref.de'} has 3" in str(error)


def test_a_short_baseline_is_named(folder: Path) -> None:
    (folder / "short.de").write_text("Ein Hund läuft weg.\n", encoding="utf-8")
    error = run(folder, "--against", str(folder / "short.de")).exception
    assert isinstance(error, InputError)
    assert f"{folder / 'short.de'} has 1, {folder / 'ref.de'} has 3" in str(error)


def test_a_misspelt_tokenizer_is_an_input_error(folder: Path) -> None:
    error = run(folder, "--tokenize", "charr").exception
    assert isinstance(error, InputError)
    assert "did you mean 'char'?" in str(error)


def test_a_missing_file_is_named(folder: Path) -> None:
    error = run(folder, hypotheses="hyp.dee").exception
    assert isinstance(error, InputError)
    assert "hyp.dee; did you mean 'hyp.de'?" in str(error)


def test_an_output_in_no_folder_is_refused_before_any_work(folder: Path) -> None:
    target = folder / "no" / "scores.txt"
    error = run(folder, "--output", str(target), hypotheses="missing.de").exception
    assert isinstance(error, InputError)
    assert str(error) == f"--output {target} needs a folder that exists, but there is no {target.parent}"


def test_an_output_that_is_a_folder_is_refused_before_any_work(folder: Path) -> None:
    error = run(folder, "--output", str(folder), hypotheses="missing.de").exception
    assert isinstance(error, InputError)
    assert error.exit_code == 2
    assert str(error) == f"--output must be a file, but {folder} is a folder; name a file in it"


def test_an_output_that_cannot_be_written_is_a_failed_run_and_the_old_one_stays(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, _content: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    scores = folder / "scores.txt"
    scores.write_text("old\n", encoding="utf-8")
    monkeypatch.setattr("manyheads.checkpoint.atomic._put", refuse)
    error = run(folder, "--output", str(scores)).exception
    assert isinstance(error, RunError)
    reason = os.strerror(errno.EACCES)
    assert str(error).startswith(f"{scores} could not be written: {reason}; what was there before")
    assert scores.read_text(encoding="utf-8") == "old\n"


def test_importing_the_verb_is_light() -> None:
    heavy = "{'torch', 'numpy', 'sacrebleu', 'pyarrow'}"
    code = f"import sys, manyheads.cli.score; print(*{heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)  # noqa: S603
    assert done.stdout.strip() == ""
