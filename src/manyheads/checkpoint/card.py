"""The README.md of a model folder: what the model is, how to use it, and where it and its scores come from.

It says what it is told and nothing else. At its head stands the model hub's YAML, so that the folder can be
uploaded as it is.
"""

import html
import json
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

LIBRARY = "manyheads"

# Those of the hub's identifiers that are in common use; any other licence is "other" there, with its name.
_HUB_LICENSES = {
    *("mit", "apache-2.0", "bsd-3-clause", "gpl-3.0", "agpl-3.0", "cc0-1.0", "odc-by", "odbl"),
    *("cc-by-3.0", "cc-by-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0", "cc-by-nc-4.0", "cc-by-nc-sa-4.0"),
}
_PLAIN_YAML = re.compile(r"[a-z][a-z0-9_.-]*")
# What YAML readers take for something else than a word: Norwegian's code is the famous one.
_YAML_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
METRIC_NAMES = {
    "bleu": "BLEU",
    "chrf": "chrF",
    "ter": "TER",
    "exact_match": "exact match",
    "accuracy": "accuracy",
    "f1": "F1",
    "macro_f1": "macro F1",
    "precision": "precision",
    "recall": "recall",
    "spearman": "Spearman",
    "pearson": "Pearson",
    "masked_accuracy": "masked pieces right",
    "next_sentence_accuracy": "next sentences right",
}
"""What people call a measure that logs and the hub call by a word."""
_PERCENT = {"bleu", "chrf", "ter"}
_LICENSE_UNKNOWN = "The licence of the data is not stated, so none is claimed for the model."


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a task's models are called, and used."""

    pipeline: str
    verb: str
    python: str


def _each(answer: str, method: str, shown: str) -> str:
    return f"for {answer} in model.{method}([EXAMPLE]):\n    print({shown})"


_KINDS = {
    "translation": _Kind("translation", "translate", _each("translation", "translate", "translation.text")),
    "classification": _Kind("text-classification", "classify", _each("answer", "classify", "answer")),
    "regression": _Kind("text-classification", "classify", _each("answer", "classify", "answer")),
    "tagging": _Kind("token-classification", "tag", _each("answer", "tag", "answer")),
    "embedding": _Kind("sentence-similarity", "embed", "print(model.embed([EXAMPLE]).shape)"),
    "masked": _Kind("fill-mask", "fill-mask", _each("answer", "fill", "answer")),
}


def metric_name(metric: str) -> str:
    """Say a measure's name to people.

    Args:
        metric: Its name in logs and on the hub.

    Returns:
        What people call it.
    """
    return METRIC_NAMES.get(metric, metric)


def metric_value(metric: str, value: float) -> str:
    """Say a measure's value with the digits that mean anything.

    Args:
        metric: Its name in logs and on the hub.
        value: The value.

    Returns:
        The value, rounded.
    """
    return f"{value:.{2 if metric in _PERCENT else 4}f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One figure that the model was measured to have.

    Attributes:
        metric: The name of the measure: `bleu`, `chrf`, `accuracy`, `spearman`.
        value: As it is to be shown, rounded.
        corpus: What it was measured on.
        signature: What makes it comparable with others' figures; empty where the measure has none.
    """

    metric: str
    value: str
    corpus: str
    signature: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What there is to say about a model.

    Attributes:
        task: What it does: `translation`, `classification`, ...
        name: Its title.
        languages: What it reads, and writes, by ISO 639 code; none where they are not known.
        summary: What it is, in a sentence or two.
        license: The licence of the model, by the hub's name of it; none where it is not known.
        corpus: What is told of the data, line by line.
        scores: What was measured; none where nothing was.
        recipe: The recipe as TOML.
        made: Facts of the run and what they are: seed, versions, time, machine.
        example: A text that it takes.
    """

    task: str
    name: str
    languages: Sequence[str]
    summary: str
    license: str | None
    corpus: Sequence[str]
    scores: Sequence[Score]
    recipe: str
    made: Mapping[str, str]
    example: str


def model_card(card: Card) -> str:
    """Write the card of a model.

    Args:
        card: What there is to say.

    Returns:
        The text of README.md.
    """
    title = f"# {_line(card.name)}\n\n{card.summary.strip()}\n"
    sections = [_header(card), title, _usage(card), _origin(card), _scores(card), _making(card)]
    return "\n".join(sections)


def _header(card: Card) -> str:
    kind = _KINDS[card.task]
    metrics = dict.fromkeys(score.metric for score in card.scores)
    lines = [
        "---",
        *_yaml_list("language", dict.fromkeys(card.languages)),
        *_license_lines(card.license),
        f"library_name: {LIBRARY}",
        f"pipeline_tag: {kind.pipeline}",
        *_yaml_list("tags", [LIBRARY, card.task, "transformer"]),
        *_yaml_list("metrics", metrics),
        "---",
    ]
    return "\n".join(lines) + "\n"


def _license_lines(license_: str | None) -> list[str]:
    if license_ is None:
        return ["license: unknown"]
    if license_.lower() in _HUB_LICENSES:
        return [f"license: {license_.lower()}"]
    return ["license: other", f"license_name: {_yaml(license_)}"]


def _usage(card: Card) -> str:
    kind, example = _KINDS[card.task], " ".join(card.example.split())
    shell = f"""\
manyheads {kind.verb} --model . {shlex.quote(example)}
manyheads {kind.verb} --model . --input FILE --output FILE
manyheads look --model . {shlex.quote(example)}"""
    quoted = json.dumps(example, ensure_ascii=False)
    python = f"""\
import manyheads

model = manyheads.load(".")
{kind.python.replace("EXAMPLE", quoted)}"""
    return (
        f"## How to use it\n\nIn this folder, where {LIBRARY} is installed:\n\n"
        f"{_fenced(shell, 'sh')}\nIn Python:\n\n{_fenced(python, 'python')}"
    )


def _origin(card: Card) -> str:
    corpus = _fenced("\n".join(card.corpus), "text") if card.corpus else "Nothing is recorded.\n"
    note = f"\n{_LICENSE_UNKNOWN}\n" if card.license is None else ""
    return f"## Data\n\n{corpus}{note}"


def _scores(card: Card) -> str:
    rows = "".join(
        f"- {metric_name(score.metric)} **{score.value}** on {_line(score.corpus)}"
        + (f" (`{score.signature}`)" if score.signature else "")
        + "\n"
        for score in card.scores
    )
    return f"## Scores\n\n{rows or 'Not measured.' + chr(10)}"


def _making(card: Card) -> str:
    facts = "".join(f"- {_line(fact)}: {_line(value)}\n" for fact, value in card.made.items())
    return f"## How it was made\n\n{facts}\nBy this recipe:\n\n{_fenced(card.recipe, 'toml')}"


def _fenced(text: str, language: str) -> str:
    """Set a text as code; the fence is longer than any run of backticks in it."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.strip(chr(10))}\n{fence}\n"


def _line(text: str) -> str:
    """Keep a text on one line, and out of HTML: it may come from a file's name or a recipe."""
    return html.escape(" ".join(text.split()), quote=False)


def _yaml_list(key: str, values: Iterable[str]) -> list[str]:
    items = [f"- {_yaml(value)}" for value in values]
    return [f"{key}:", *items] if items else []


def _yaml(text: str) -> str:
    """Write a string of YAML: JSON's form is one too, once what YAML cannot hold is escaped."""
    if _PLAIN_YAML.fullmatch(text) and text not in _YAML_WORDS:
        return text
    return "".join(
        character if character.isprintable() else f"\\U{ord(character):08x}"
        for character in json.dumps(text, ensure_ascii=False)
    )
