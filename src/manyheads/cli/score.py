"""`manyheads score`: one system's BLEU, chrF and TER, or two systems held against each other."""

from pathlib import Path
from typing import Annotated

import typer

from manyheads.cli.files import check_output, write_lines
from manyheads.errors import InputError


def score(
    *,
    references: Annotated[
        Path, typer.Option(help="What a person said: text, a sentence a line, .gz too.", metavar="FILE")
    ],
    hypotheses: Annotated[
        Path, typer.Option(help="What the system said, in the same order.", metavar="FILE")
    ],
    against: Annotated[
        Path | None, typer.Option(help="What another system said; is the difference chance?", metavar="FILE")
    ] = None,
    tokenize: Annotated[
        str, typer.Option(help="How BLEU cuts text into words; none if it is tokenised.", metavar="NAME")
    ] = "13a",
    lowercase: Annotated[bool, typer.Option("--lowercase", help="Score without regard to case.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    output: Annotated[
        Path | None, typer.Option(help="Write the scores there instead of printing them.", metavar="FILE")
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show where an error came from.")] = False,
) -> None:
    """Count BLEU, chrF and TER of translations; with --against, whether one system is better than another."""
    check_output(output)
    truth = _read(references)
    said = _read_as_many(hypotheses, truth, references)
    other = None if against is None else _read_as_many(against, truth, references)

    from manyheads.evaluation.significance import compare
    from manyheads.evaluation.translation import score_translations

    if other is None:
        result = score_translations(said, truth, tokenize=tokenize, lowercase=lowercase)
        lines = result.lines()
    else:
        result = compare(said, other, truth, tokenize=tokenize, lowercase=lowercase)
        lines = [*result.lines(), result.verdict(str(hypotheses), str(against))]
    for warning in result.warnings:
        typer.echo(f"manyheads: warning: {warning}", err=True)
    write_lines(output, [_as_json(result.as_dict())] if as_json else lines)


def _read(path: Path) -> list[str]:
    """Read every line as a sentence, the empty ones too, whatever the file's name says."""
    from manyheads.text.corpus import read_texts

    return [text for chunk in read_texts(path, format="text") for text in chunk.texts]


def _read_as_many(path: Path, truth: list[str], references: Path) -> list[str]:
    texts = _read(path)
    if len(texts) != len(truth):
        raise InputError(
            "every hypothesis needs its reference, so the files must have equally many lines: "
            f"{path} has {len(texts):,}, {references} has {len(truth):,}"
        )
    return texts


def _as_json(fields: dict[str, object]) -> str:
    import json

    return json.dumps(fields, ensure_ascii=False)
