"""Labels of words in IOB2: mended where they contradict themselves, and put together to entities."""

from collections.abc import Sequence
from dataclasses import dataclass

BEGIN, INSIDE, OUTSIDE = "B-", "I-", "O"


@dataclass(frozen=True, slots=True)
class Entity:
    """Words that belong together.

    Attributes:
        label: What they are, such as `person`.
        text: As it stands in the original.
        start: Where it begins there, in characters.
        end: Behind its last character.
        probability: The mean of its words'.
    """

    label: str
    text: str
    start: int
    end: int
    probability: float


def repair_iob2(labels: Sequence[str]) -> list[str]:
    """Let each entity begin: an `I-` that goes on with nothing of its kind becomes `B-`.

    Args:
        labels: A label a word; those that are neither `B-`, `I-` nor `O` stay.

    Returns:
        As many labels.

    Example:
        >>> repair_iob2(["I-PER", "I-PER", "O", "I-LOC", "I-PER", "B-PER"])
        ['B-PER', 'I-PER', 'O', 'B-LOC', 'B-PER', 'B-PER']
    """
    repaired, before = [], OUTSIDE
    for label in labels:
        kind = kind_of(label)
        orphaned = label.startswith(INSIDE) and kind_of(before) != kind
        repaired.append(f"{BEGIN}{kind}" if orphaned else label)
        before = label
    return repaired


def kind_of(label: str) -> str | None:
    """Say what a label makes a word a part of.

    Args:
        label: A word's.

    Returns:
        The entity's own label; None for a label that is of no entity.

    Example:
        >>> kind_of("B-PER"), kind_of("O"), kind_of("NOUN")
        ('PER', None, None)
    """
    return label[2:] if label.startswith((BEGIN, INSIDE)) else None
