"""The best continuations of the sentences that are searched, whoever scores them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from manyheads.inference.constraints import Constraints
from manyheads.inference.continuations import Continuations
from manyheads.inference.decoding import Decoder, check_numbers
from manyheads.inference.likeliest import likeliest
from manyheads.inference.native_state import NativeState
from manyheads.inference.native_transformer import NativeTransformer


@dataclass(frozen=True, slots=True)
class Rows:
    """The hypotheses of a step, those of a sentence side by side.

    Attributes:
        last_ids: The newest token of each.
        totals: The sum of each one's log probabilities.
        at_limit: Whether its limit leaves room for one token only.
        sentences: How many sentences they are of; of each equally many, but for a decoder in C.
    """

    last_ids: Sequence[int]
    totals: Sequence[float]
    at_limit: Sequence[bool]
    sentences: int


@dataclass(frozen=True, slots=True)
class Ranking:
    """Asks a decoder what may come next.

    Attributes:
        decoder: The model; one in C ranks without having the scores of the whole vocabulary in memory.
        wanted: How many continuations of each sentence; fewer where there are no more.
        eos_id: The end token.
        constraints: What may not come.
        device: Where the model computes.
    """

    decoder: Decoder[Any]
    wanted: int
    eos_id: int
    constraints: Constraints
    device: torch.device | None

    def __call__(self, state: Any, rows: Rows, step: int) -> tuple[Continuations, Any]:  # noqa: ANN401
        """Read one more token of each row, and rank what may come behind it.

        Args:
            state: The search so far.
            rows: The hypotheses.
            step: How many tokens have been written.

        Returns:
            The best continuations of each sentence, and the state with the newest tokens read.

        Raises:
            RunError: The model's scores are not numbers.
        """
        if isinstance(self.decoder, NativeTransformer) and step >= len(self.constraints.begin):
            ranked, state = self._in_c(self.decoder, state, rows)
        else:
            ranked, state = self._in_torch(state, rows, step)
        check_numbers(ranked.totals[:, 0], step + 1)
        return ranked, state

    def _in_torch(self, state: Any, rows: Rows, step: int) -> tuple[Continuations, Any]:  # noqa: ANN401
        logits, state = self.decoder.advance(state, torch.tensor(rows.last_ids, device=self.device))
        allowed = self.constraints.apply(
            logits.log_softmax(dim=1, dtype=torch.float32),
            step=step,
            eos_id=self.eos_id,
            at_limit=rows.at_limit,
        )
        log_probs, ids = (each.cpu().numpy() for each in likeliest(allowed, self.wanted))
        check_numbers(log_probs[:, 0], step + 1)
        before = np.array(rows.totals)
        ids = ids.astype(np.int32)
        return Continuations.of_rows(
            before, log_probs, ids, sentences=rows.sentences, wanted=self.wanted
        ), state

    def _in_c(
        self, decoder: NativeTransformer, state: NativeState, rows: Rows
    ) -> tuple[Continuations, NativeState]:
        force_end = self.constraints.force_end
        return decoder.rank(
            state,
            rows.last_ids,
            rows.totals,
            self.wanted,
            end=self.eos_id,
            forced=[force_end and last for last in rows.at_limit],
            barred=self.constraints.barred,
            renormalize=self.constraints.renormalize,
        )
