"""The best continuations of each sentence of a search, as plain arrays."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64, Int32

Candidate = tuple[float, int, int, float]
"""A continuation: the sum of log probabilities, which prefix it continues, with which token, how likely."""


@dataclass(frozen=True, slots=True)
class Continuations:
    """The best continuations of each sentence, best first.

    Among equals the earlier prefix, then the likelier token, then the smaller token id, comes first.

    Attributes:
        totals: The sums of log probabilities; minus infinity where there is no further one.
        parents: Which of the sentence's prefixes each continues.
        ids: With which token.
        log_probs: The token's log probability.
    """

    totals: Float64[np.ndarray, "sentences wanted"]
    parents: Int32[np.ndarray, "sentences wanted"]
    ids: Int32[np.ndarray, "sentences wanted"]
    log_probs: Float32[np.ndarray, "sentences wanted"]

    @staticmethod
    def empty(sentences: int, wanted: int) -> "Continuations":
        """Make room.

        Args:
            sentences: How many are searched.
            wanted: Continuations of each.

        Returns:
            Arrays of whatever stands in memory.
        """
        shape = (sentences, wanted)
        return Continuations(
            np.empty(shape, np.float64),
            np.empty(shape, np.int32),
            np.empty(shape, np.int32),
            np.empty(shape, np.float32),
        )

    @staticmethod
    def of_rows(
        before: Float64[np.ndarray, " rows"],
        log_probs: Float32[np.ndarray, "rows each"],
        ids: Int32[np.ndarray, "rows each"],
        *,
        sentences: int,
        wanted: int,
    ) -> "Continuations":
        """Rank the likeliest next tokens of all rows of each sentence.

        Args:
            before: The sum of each row's log probabilities so far.
            log_probs: Of the likeliest tokens of each row, best first.
            ids: Those tokens.
            sentences: How many there are, each with as many rows, side by side.
            wanted: Continuations of each sentence; fewer where there are no more.

        Returns:
            The best.
        """
        each = log_probs.shape[1]
        shape = (sentences, len(before) // sentences * each)
        totals = (before[:, None] + log_probs).reshape(shape)
        order = np.argsort(-totals, axis=1, kind="stable")[:, :wanted]
        return Continuations(
            np.take_along_axis(totals, order, axis=1),
            (order // each).astype(np.int32),
            np.take_along_axis(ids.reshape(shape), order, axis=1),
            np.take_along_axis(log_probs.reshape(shape), order, axis=1),
        )

    def candidates(self) -> list[list[Candidate]]:
        """List them.

        Returns:
            Of each sentence its continuations.
        """
        columns = (each.tolist() for each in (self.totals, self.parents, self.ids, self.log_probs))
        return [list(zip(*mine, strict=True)) for mine in zip(*columns, strict=True)]
