"""Precision, recall and F1 of entities in tagged sentences: right are those with the right words and type.

Counted as conlleval does, and seqeval by default: an `I-` that goes on with nothing begins an entity.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from manyheads.errors import InputError
from manyheads.evaluation.by_class import ClassScore, class_score, mean_f1, table

_TAG = re.compile(r"O|[BI]-(.+)", re.DOTALL)


class Entity(NamedTuple):
    """Words that belong together.

    Attributes:
        type: What they are, such as `person`.
        first: The place of the first word.
        last: The place of the last word.
    """

    type: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class EntityScores:
    """How well entities are found, every figure from 0 to 1.

    Attributes:
        micro: Over the entities of all types together.
        macro_f1: F1, averaged over the types.
        types: Of each type that is true or said somewhere, by name.
        tag_accuracy: The share of words whose tag is right; high even where none is found: most are `O`.
    """

    micro: ClassScore
    macro_f1: float
    types: tuple[ClassScore, ...]
    tag_accuracy: float

    def lines(self) -> list[str]:
        """Lay everything out for people, in percent."""
        summary = [
            ("entity F1", self.micro.f1),
            ("macro F1", self.macro_f1),
            ("tags right", self.tag_accuracy),
        ]
        named = [f"{name:<10}  {100 * value:.2f}" for name, value in summary]
        return [*named, "", *table([*self.types, self.micro], "entity")]

    def as_dict(self) -> dict[str, Any]:
        """Give everything as plain values, ready for JSON."""
        return asdict(self) | {"types": [asdict(score) for score in self.types]}


def find_entities(tags: Sequence[str]) -> list[Entity]:
    """Find the entities of a sentence.

    An entity begins at each `B-`, and at an `I-` after `O`, after another type or at the sentence's begin; it
    goes on for as long as `I-` of its type follow.

    Args:
        tags: One a word: `O`, `B-` or `I-` with a type.

    Returns:
        The entities in their order.

    Raises:
        InputError: If a tag is none of these.

    Example:
        >>> [tuple(entity) for entity in find_entities(["B-loc", "I-loc", "I-per", "O", "B-per"])]
        [('loc', 0, 1), ('per', 2, 2), ('per', 4, 4)]
    """
    entities: list[Entity] = []
    open_type = None
    for place, tag in enumerate(tags):
        kind = _type_of(tag)
        if kind is not None and kind == open_type and tag[0] == "I":
            entities[-1] = entities[-1]._replace(last=place)
        elif kind is not None:
            entities.append(Entity(kind, place, place))
        open_type = kind
    return entities


def score_tags(predicted: Sequence[Sequence[str]], truth: Sequence[Sequence[str]]) -> EntityScores:
    """Score the entities that tags stand for.

    Args:
        predicted: What the model said of each sentence's words.
        truth: What is right, in the same order.

    Returns:
        The scores.

    Raises:
        InputError: Counts of sentences or of tags differ, there is no tag, or one has no known form.
    """
    _check_counts(predicted, truth)
    right, said, true = Counter[str](), Counter[str](), Counter[str]()
    for guessed, correct in zip(predicted, truth, strict=True):
        found, there = set(find_entities(guessed)), set(find_entities(correct))
        for counter, entities in ((right, found & there), (said, found), (true, there)):
            counter.update(entity.type for entity in entities)
    names = sorted(said.keys() | true.keys())
    types = tuple(class_score(name, right=right[name], said=said[name], true=true[name]) for name in names)
    micro = class_score("all", right=right.total(), said=said.total(), true=true.total())
    return EntityScores(micro, mean_f1(types), types, _tag_accuracy(predicted, truth))


def _type_of(tag: str) -> str | None:
    form = _TAG.fullmatch(tag)
    if form is None:
        raise InputError(f"a tag must be O, B-type or I-type (IOB2), but is '{tag}'")
    return form[1]


def _tag_accuracy(predicted: Sequence[Sequence[str]], truth: Sequence[Sequence[str]]) -> float:
    pairs = [pair for both in zip(predicted, truth, strict=True) for pair in zip(*both, strict=True)]
    return sum(said == true for said, true in pairs) / len(pairs)


def _check_counts(predicted: Sequence[Sequence[str]], truth: Sequence[Sequence[str]]) -> None:
    if len(predicted) != len(truth):
        raise InputError(
            "there must be predicted tags for each sentence: "
            f"{len(predicted):,} sentences were tagged of {len(truth):,}"
        )
    for number, (said, true) in enumerate(zip(predicted, truth, strict=True), 1):
        if len(said) != len(true):
            raise InputError(
                f"a sentence must have one tag a word, but sentence {number} has {len(said)} predicted tags "
                f"for {len(true)} words"
            )
    if not any(truth):
        raise InputError(f"there must be at least one tag to score, but {len(truth)} sentences have none")
