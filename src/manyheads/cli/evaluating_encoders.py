"""Scores of an encoder, printed. Imports torch."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from manyheads.cli.files import as_column, write_lines
from manyheads.cli.progress import progress_bar
from manyheads.errors import InputError
from manyheads.evaluation.encoder import (
    Evaluation,
    evaluate_classifier,
    evaluate_regression,
    evaluate_similarity,
    evaluate_tagger,
)
from manyheads.inference.asked import Long, Where, refuse_long
from manyheads.inference.classify import Classifier
from manyheads.inference.embed import Encoder
from manyheads.inference.tag import Tagger
from manyheads.text.corpus import Format
from manyheads.text.labelled import LabelledSource, LabelledTexts, TaggedSentence, read_conll, read_labelled

Scored = Classifier | Encoder | Tagger


@dataclass(frozen=True, slots=True)
class Labelled:
    """Where the labelled data stand, as it was said on the command line.

    Attributes:
        path: The file.
        text: The texts' column, by name or number.
        pair: The second texts' column.
        label: The labels' column.
        format: How the file is laid out.
    """

    path: Path
    text: str | None = None
    pair: str | None = None
    label: str | None = None
    format: Format = "auto"

    def columns(self) -> dict[str, str]:
        """Give the columns that were named, by option."""
        given = {"--text": self.text, "--pair": self.pair, "--label": self.label}
        return {option: column for option, column in given.items() if column is not None}


def evaluate_encoder(
    model: Scored,
    data: Labelled,
    *,
    long: Long,
    batch_tokens: int,
    as_json: bool,
    output: Path | None,
) -> None:
    """Run a model over labelled data, print its task's scores, and write its answers if asked to.

    Args:
        model: What classifies, tags, or gives vectors or numbers.
        data: Where the data stand.
        long: What to do with a text that is too long.
        batch_tokens: About how many tokens are worked on at once.
        as_json: One object instead of lines for people.
        output: Where the answers go, a line each; None for nowhere.
    """
    running = {"long": long, "batch_tokens": batch_tokens}
    if isinstance(model, Tagger):
        evaluation, lines = _tags(model, data, running)
    else:
        evaluation, lines = _labels(model, data, running)
    if output is not None:
        write_lines(output, lines)
    if evaluation.truncated:
        texts = "1 text was" if evaluation.truncated == 1 else f"{evaluation.truncated:,} texts were"
        message = f"{texts} cut to the {model.max_tokens} tokens that the model takes"
        print(f"manyheads: warning: {message}", file=sys.stderr)
    if as_json:
        about = {
            "task": model.config.task,
            "texts": len(evaluation.answers),
            "truncated": evaluation.truncated,
        }
        print(json.dumps(about | evaluation.scores.as_dict(), ensure_ascii=False))
        return
    print("\n".join(evaluation.scores.lines()))


def _labels(
    model: Classifier | Encoder, data: Labelled, running: dict[str, Any]
) -> tuple[Evaluation[Any, Any], Iterator[str]]:
    texts = read_labelled(_source(model, data))
    _refuse_long(model, texts, running["long"])
    sides = 2 if isinstance(model, Encoder) else 1
    with progress_bar(sides * len(texts.texts), model.runner.prepared) as advance:
        if isinstance(model, Encoder):
            evaluation = evaluate_similarity(model, texts, progress=advance, **running)
        elif model.config.task == "regression":
            evaluation = evaluate_regression(model, texts, progress=advance, **running)
        else:
            evaluation = evaluate_classifier(model, texts, progress=advance, **running)
            return evaluation, (",".join(labels) for labels in evaluation.answers)
    return evaluation, (f"{number:.6f}" for number in evaluation.answers)


def _tags(
    model: Tagger, data: Labelled, running: dict[str, Any]
) -> tuple[Evaluation[Any, Any], Iterator[str]]:
    for option in [*data.columns(), *(["--format"] if data.format != "auto" else [])]:
        raise InputError(
            f"{option} is for texts in columns, but a tagger is scored on a word and its tag a line; "
            "leave it out"
        )
    sentences = read_conll(data.path)
    if running["long"] == "error":
        counts = model.tokenizer.count([" ".join(sentence.words) for sentence in sentences])
        refuse_long(counts, model.max_tokens, lambda n: f"line {sentences[n].line} of {data.path}")
    with progress_bar(len(sentences), model.runner.prepared) as advance:
        evaluation = evaluate_tagger(model, sentences, data.path, progress=advance, **running)
    return evaluation, _tagged_lines(sentences, evaluation.answers)


def _tagged_lines(sentences: list[TaggedSentence], answers: list[list[str]]) -> Iterator[str]:
    """Write what the tagger said as the file is written that it was scored on."""
    for sentence, tags in zip(sentences, answers, strict=True):
        yield from (f"{word}\t{tag}" for word, tag in zip(sentence.words, tags, strict=True))
        yield ""


def _source(model: Classifier | Encoder, data: Labelled) -> LabelledSource:
    """Fill in the columns that were not named: text and label, or text, pair and label, in this order."""
    given = data.columns()
    pairs = isinstance(model, Encoder) or data.pair is not None
    order = ("--text", "--pair", "--label") if pairs else ("--text", "--label")
    named = [column for column in given.values() if not column.isdecimal()]
    if named and (missing := [option for option in order if option not in given]):
        raise InputError(
            f"once a column is given by name ('{named[0]}') all are, but {' and '.join(missing)} is missing"
        )
    columns = {option: as_column(given.get(option, str(place))) for place, option in enumerate(order)}
    return LabelledSource(
        path=data.path,
        text=columns["--text"],
        pair=columns.get("--pair"),
        label=columns["--label"],
        several=model.config.several_labels,
        format=data.format,
    )


def _refuse_long(model: Classifier | Encoder, texts: LabelledTexts, long: Long) -> None:
    if long != "error":
        return
    where: Where = texts.place
    if isinstance(model, Classifier):
        counts = model.tokenizer.count(texts.texts, texts.pairs)
        refuse_long(counts, model.max_tokens, where, pair=texts.pairs is not None)
        return
    for side in (texts.texts, texts.pairs or []):
        counts = model.tokenizer.count([model.config.prompt + text for text in side])
        refuse_long(counts, model.max_tokens, where)
