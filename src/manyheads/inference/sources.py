"""Source texts to pieces that a translator takes, and those to batches."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from manyheads.batches.budget import cut
from manyheads.errors import InputError
from manyheads.inference.asked import Long
from manyheads.inference.at_once import share_out
from manyheads.text.sentences import Piece, split_to_fit
from manyheads.text.subwords import Subwords


@dataclass(frozen=True, slots=True)
class Job:
    """A piece of a text, short enough for the model.

    Attributes:
        place: Which of all pieces, from 0.
        number: Of which text, from 0.
        part: Which of its pieces, from 0.
        text: The piece.
        token_ids: Its tokens, special ones left out.
    """

    place: int
    number: int
    part: int
    text: str
    token_ids: list[int]


@dataclass(frozen=True, slots=True)
class Sources:
    """Cuts texts for a translator.

    Attributes:
        tokenizer: Of the source.
        max_tokens: The most tokens that a piece may have.
    """

    tokenizer: Subwords
    max_tokens: int

    def tokens_over(self, text: str) -> int:
        """Count the tokens of a text that is longer than the model takes.

        Args:
            text: The text; white space at its ends does not count.

        Returns:
            Its tokens; 0 for a text that the model takes as it is.
        """
        core = text.strip()
        # Plain ASCII never has more tokens than letters; normalization may make many of another letter.
        if core.isascii() and len(core) <= self.max_tokens:
            return 0
        count = self._count(core)
        return count if count > self.max_tokens else 0

    def cut(self, texts: Sequence[str], long: Long, *, whole: bool) -> list[list[Piece]]:
        """Cut texts that are too long; the white space around a text stands beside its pieces, not in them.

        Args:
            texts: The texts.
            long: What to do with one over the limit.
            whole: Whether one piece of each is needed.

        Returns:
            The pieces of each text.

        Raises:
            InputError: A text is over the limit and `long` is `error`, or it would be split where one piece
                is needed.
        """
        return [self._cut(text, number, long, whole=whole) for number, text in enumerate(texts, 1)]

    def jobs(self, pieces: Sequence[Sequence[Piece]]) -> list[Job]:
        """Make tokens of pieces.

        Args:
            pieces: Those of each text.

        Returns:
            All of them, in their order.
        """
        flat = [
            (number, part, piece.text)
            for number, parts in enumerate(pieces)
            for part, piece in enumerate(parts)
        ]
        encoded = self.tokenizer.encode_ids([text for _, _, text in flat])
        return [Job(place, *job, ids) for place, (job, ids) in enumerate(zip(flat, encoded, strict=True))]

    def _count(self, text: str) -> int:
        return len(self.tokenizer.encode_ids([text])[0])

    def _cut(self, text: str, number: int, long: Long, *, whole: bool) -> list[Piece]:
        core = text.strip()
        after = text[len(text.rstrip()) :] if core else text
        count = self.tokens_over(core)
        if not count:
            return [Piece(core, after)]
        if long == "error" or (long == "split" and whole):
            advice = (
                "let it be split or truncated"
                if long == "error"
                else "give it in parts or let it be truncated"
            )
            raise InputError(
                f"a text may have at most {self.max_tokens} tokens for this model, but text {number} "
                f"({core[:30]!r}...) has {count}; {advice} (long)"
            )
        if long == "truncate":
            return [Piece(self._truncate(core), after)]
        code = self.tokenizer.language_code(core)
        first, *others = split_to_fit(core, max_tokens=self.max_tokens - bool(code), count_tokens=self._count)
        parts = [first, *(replace(part, text=code + part.text) for part in others)]
        return [*parts[:-1], replace(parts[-1], after=after)]

    def _truncate(self, text: str) -> str:
        """Take as many tokens as fit, and leave out a character of which not all bytes do."""
        spans = self.tokenizer.encode(text).offsets[: self.max_tokens + 1]
        ends = (start for start, end in reversed(spans) if start < end)
        return next(text[:end] for end in ends if self._count(text[:end]) <= self.max_tokens)


def in_batches(jobs: Sequence[Job], budget: int, workers: int) -> list[list[Job]]:
    """Cut jobs into batches of neighbours in length, the longest first: memory runs out at once or never.

    Args:
        jobs: In any order.
        budget: About how many tokens a batch may have, end tokens among them.
        workers: How many batches are worked on at once.

    Returns:
        The batches.
    """
    ordered = sorted(jobs, key=lambda job: -len(job.token_ids))
    costs = np.array([len(job.token_ids) + 1 for job in ordered], np.int64)
    budget = share_out(int(costs.sum()), budget, workers=workers)
    return [ordered[rows] for rows in cut(costs, budget)]
