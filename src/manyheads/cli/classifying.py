"""Labels and numbers of texts as output. Imports torch."""

import json
from collections.abc import Iterator
from typing import Any

from manyheads.cli.encoders import Wish, answer, check_lengths, fields_of, id_before
from manyheads.cli.files import one_line
from manyheads.cli.progress import Advance
from manyheads.cli.rows import Chunk, Rows
from manyheads.cli.truncated import Truncated
from manyheads.inference.classify import Classification, Classifier

_NONE = "-"


def classify_rows(classifier: Classifier, rows: Rows, wish: Wish) -> None:
    """Classify texts or pairs and write what they are.

    Args:
        classifier: The model.
        rows: The texts.
        wish: How, and where to.
    """
    truncated = Truncated()
    width = max(map(len, classifier.config.labels), default=0)

    def ask(chunk: Chunk, advance: Advance) -> list[Classification]:
        check_lengths(classifier.tokenizer, classifier.max_tokens, rows, chunk, wish.long)
        found = classifier.classify(
            chunk.texts, chunk.pairs, long=wish.long, batch_tokens=wish.batch_tokens, progress=advance
        )
        truncated.note([chunk.first + number for number, each in enumerate(found) if each.truncated])
        return found

    def show(chunk: Chunk, found: list[Classification]) -> Iterator[str]:
        for number, each in enumerate(found):
            if wish.as_json:
                yield json.dumps(fields_of(chunk, number) | _fields(each), ensure_ascii=False)
            else:
                pair = f"  |  {chunk.pairs[number]}" if chunk.pairs is not None else ""
                text = one_line(chunk.texts[number] + pair)
                yield f"{id_before(chunk, number)}{_verdict(each, width)}  {text}"

    answer(rows, classifier.runner.prepared, wish.output, ask, show)
    truncated.warn(classifier.max_tokens, rows.place)


def _verdict(found: Classification, width: int) -> str:
    """Name what holds, so wide that the texts behind stand below each other where each has one label."""
    if found.number is not None:
        return f"{found.number:8.4f}"
    labels = [f"{label:<{width}} {found.probabilities[label]:6.1%}" for label in found.labels]
    return ", ".join(labels) or f"{_NONE:<{width + 7}}"


def _fields(found: Classification) -> dict[str, Any]:
    if found.number is not None:
        return {"number": found.number, "truncated": found.truncated}
    return {
        "label": found.label,
        "labels": found.labels,
        "probabilities": dict(found.probabilities),
        "truncated": found.truncated,
    }
