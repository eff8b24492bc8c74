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
_METRIC_NAMES = {"bleu": "BLEU", "chrf": "chrF", "ter": "TER", "exact_match": "exact match"}
_LICENSE_UNKNOWN = "The licence of the data is not stated, so none is claimed for the model."


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One figure that the model was measured to have.

    Attributes:
        metric: The hub's name of the measure: `bleu`, `chrf`, `ter`, `exact_match`.
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
    """What there is to say about a translator.

    Attributes:
        name: Its title.
        src_lang: The language that it reads, by its ISO 639 code.
        tgt_lang: The language that it writes, likewise.
        summary: What it is, in a sentence or two.
        license: The licence of the model, by the hub's name of it; none where it is not known.
        corpus: What is told of the data, line by line.
        scores: What was measured; none where nothing was.
        recipe: The recipe as TOML.
        made: Facts of the run and what they are: seed, versions, time, machine.
        example: A text in its source language.
    """

    name: str
    src_lang: str
    tgt_lang: str
    summary: str
    license: str | None
    corpus: Sequence[str]
    scores: Sequence[Score]
    recipe: str
    made: Mapping[str, str]
    example: str


def model_card(card: Card) -> str:
    """Write the card of a translator.

    Args:
        card: What there is to say.

    Returns:
        The text of README.md.
    """
    title = f"# {_line(card.name)}\n\n{card.summary.strip()}\n"
    sections = [_header(card), title, _usage(card), _origin(card), _scores(card), _making(card)]
    return "\n".join(sections)


def _header(card: Card) -> str:
    languages = dict.fromkeys((card.src_lang, card.tgt_lang))
    metrics = dict.fromkeys(score.metric for score in card.scores)
    lines = [
        "---",
        *_yaml_list("language", languages),
        *_license_lines(card.license),
        f"library_name: {LIBRARY}",
        "pipeline_tag: translation",
        *_yaml_list("tags", [LIBRARY, "translation", "transformer"]),
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
    example = " ".join(card.example.split())
    shell = f"""\
manyheads translate --model . {shlex.quote(example)}
manyheads translate --model . --input FILE --output FILE
manyheads look --model . {shlex.quote(example)}"""
    python = f"""\
import manyheads

model = manyheads.load(".")
for translation in model.translate([{json.dumps(example, ensure_ascii=False)}]):
    print(translation.text)"""
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
        f"- {_METRIC_NAMES.get(score.metric, score.metric)} **{score.value}** on {_line(score.corpus)}"
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
