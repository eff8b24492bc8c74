"""Lists that people made to try word vectors on: how alike two words are, and analogies."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from manyheads.errors import InputError
from manyheads.evaluation.similarity import correlate
from manyheads.experiments.static_vectors import StaticVectors
from manyheads.text.lines import read_lines

Analogy = tuple[str, str, str, str]
_AT_ONCE = 512
_LEAST = 2


@dataclass(frozen=True, slots=True)
class WordPair:
    """Two words and how alike people find them.

    Attributes:
        first: One, in lower case.
        second: The other.
        score: More is more alike.
    """

    first: str
    second: str
    score: float


def read_word_pairs(path: Path) -> list[WordPair]:
    """Read a list such as WordSim-353 or SimLex-999: two words and a number, tabs between them.

    Args:
        path: The file; lines that begin with `#` say something about it.

    Returns:
        The pairs in their order, in lower case.

    Raises:
        InputError: A line is something else, or there is no pair.
    """
    pairs = [_word_pair(line, f"{path}, line {number}") for number, line in _lines(path)]
    if not pairs:
        raise InputError(f"{path} must hold at least one pair of words, but has none")
    return pairs


def _word_pair(line: str, place: str) -> WordPair:
    fields = line.split("\t")
    if len(fields) != 3:
        raise InputError(
            f"{place}: a line must have 3 columns with tabs between them, word, word and number, "
            f"but has {len(fields)}"
        )
    try:
        score = float(fields[2])
    except ValueError as error:
        raise InputError(f"{place}: the third column must be a number, but is '{fields[2]}'") from error
    if not np.isfinite(score):
        raise InputError(f"{place}: the third column must be a finite number, but is '{fields[2]}'")
    return WordPair(fields[0].lower(), fields[1].lower(), score)


def read_analogies(path: Path) -> dict[str, list[Analogy]]:
    """Read analogies, four words a line, in sections that begin with a line `: NAME`.

    Args:
        path: The file.

    Returns:
        The analogies of each section, in lower case.

    Raises:
        InputError: A line has another number of words, stands before all sections, or there is no analogy.
    """
    sections: dict[str, list[Analogy]] = {}
    section: list[Analogy] | None = None
    for number, line in _lines(path):
        if line.startswith(":"):
            section = sections.setdefault(line[1:].strip(), [])
            continue
        words = line.lower().split()
        if len(words) != 4:
            raise InputError(f"{path}, line {number}: an analogy must have 4 words, but has {len(words)}")
        if section is None:
            raise InputError(f"{path}, line {number}: a line `: NAME` must stand before the first analogy")
        section.append((words[0], words[1], words[2], words[3]))
    if not any(sections.values()):
        raise InputError(f"{path} must hold at least one analogy, but has none")
    return sections


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Number the lines that hold something."""
    for first, lines in read_lines(path):
        for number, line in enumerate(lines, first):
            if line.strip() and not line.startswith("#"):
                yield number, line


def score_pairs(vectors: StaticVectors, pairs: Sequence[WordPair]) -> dict[str, Any]:
    """Say how well the cosines of words follow what people say of them.

    Args:
        vectors: The words' vectors.
        pairs: Scored by people.

    Returns:
        `spearman`, None where fewer than two pairs are covered; `covered`, the pairs both of whose words have
        a vector, and `total`.
    """
    known = [pair for pair in pairs if pair.first in vectors and pair.second in vectors]
    spearman = None
    if len(known) >= _LEAST:
        cosines = [vectors.similarity(pair.first, pair.second) for pair in known]
        spearman = correlate(cosines, [pair.score for pair in known]).spearman
    return {"spearman": spearman, "covered": len(known), "total": len(pairs)}


def score_analogies(
    vectors: StaticVectors, sections: Mapping[str, Sequence[Analogy]]
) -> list[dict[str, Any]]:
    """Count the analogies that are solved, by section.

    Args:
        vectors: The words' vectors.
        sections: Analogies a : b = c : d.

    Returns:
        For each section its `name`, how many are `right`, how many `covered`, all four words of which have a
        vector, and the `total`; one of all sections comes last.
    """
    scores = [{"name": name, **_score_section(vectors, section)} for name, section in sections.items()]
    sums = {key: sum(score[key] for score in scores) for key in ("right", "covered", "total")}
    return [*scores, {"name": "all", **sums}]


def _score_section(vectors: StaticVectors, section: Sequence[Analogy]) -> dict[str, int]:
    known = [[vectors.rows[word] for word in words] for words in section if all(w in vectors for w in words)]
    right = 0
    for start in range(0, len(known), _AT_ONCE):
        rows = np.array(known[start : start + _AT_ONCE])
        right += sum(
            said == wanted for said, wanted in zip(vectors.analogies(rows[:, :3]), rows[:, 3], strict=True)
        )
    return {"right": int(right), "covered": len(known), "total": len(section)}
