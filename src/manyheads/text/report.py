"""What became of a corpus, counted: the parts, and what was removed from it and why."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class PartCounts:
    """The size of one part.

    Attributes:
        pairs: Its pairs.
        distinct_sources: Its sources that differ in more than case, white space and outer punctuation.
        src_tokens: Tokens of all its sources, without the end of the sentence.
        tgt_tokens: Tokens of all its targets.
        leaked_sources: How many of the distinct sources occur in the training part too.
        left_out: How many pairs of a part with files of its own have an empty side or too many tokens: they
            are among its texts, but not among its token ids.
    """

    pairs: int = 0
    distinct_sources: int = 0
    src_tokens: int = 0
    tgt_tokens: int = 0
    leaked_sources: int = 0
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class CorpusReport:
    """What was read, what of it was removed, and what it was divided into.

    Attributes:
        read: Pairs read from the training files.
        kept: Pairs of them that are used, in whatever part.
        removed: Pairs of them that are not, by reason.
        train: The training part.
        valid: The validation part.
        test: The test part.
    """

    read: int
    kept: int
    removed: dict[str, int]
    train: PartCounts
    valid: PartCounts
    test: PartCounts

    def lines(self) -> list[str]:
        """Say it in a few lines.

        Returns:
            Lines without their ends.
        """
        removed = ", ".join(f"{count:,} {reason}" for reason, count in self.removed.items() if count)
        lines = [f"{self.read:,} pairs read, {self.kept:,} kept; removed: {removed or 'none'}"]
        for name, part in (("train", self.train), ("valid", self.valid), ("test", self.test)):
            lines += _part_lines(name, part) if part.pairs else []
        return lines

    def to_json(self) -> dict[str, Any]:
        """Give it as plain values.

        Returns:
            What `from_json` takes.
        """
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "CorpusReport":
        """Take it from plain values.

        Args:
            values: What `to_json` gave.

        Returns:
            The report.
        """
        parts = {name: PartCounts(**values[name]) for name in ("train", "valid", "test")}
        return cls(read=values["read"], kept=values["kept"], removed=values["removed"], **parts)


def _part_lines(name: str, part: PartCounts) -> list[str]:
    size = f"{name}: {part.pairs:,} pairs, {part.distinct_sources:,} distinct sources"
    if part.src_tokens:
        size += f", {part.src_tokens:,} + {part.tgt_tokens:,} tokens"
    if part.leaked_sources:
        size += f"; sources also in train: {part.leaked_sources:,}"
    if part.left_out:
        size += f"; too long or empty for the loss: {part.left_out:,}"
    return [size]
