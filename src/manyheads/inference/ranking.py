"""The likeliest next tokens of hypotheses, whoever scores them: a search goes on from these alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from manyheads.inference.constraints import Constraints
from manyheads.inference.decoding import Decoder, check_numbers
from manyheads.inference.likeliest import likeliest
from manyheads.inference.native_state import NativeState
from manyheads.inference.native_transformer import NativeTransformer

Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class NextTokens:
    """What may come next in each row, best first, the smaller token first among equals.

    Attributes:
        log_probs: Natural logarithms of probabilities; minus infinity where there is nothing more.
        ids: The tokens.
        state: The search with the newest tokens read.
    """

    log_probs: NDArray[np.float32]
    ids: NDArray[np.integer[Any]]
    state: Any


@dataclass(frozen=True, slots=True)
class NextToken:
    """Asks a decoder what may come next.

    Attributes:
        decoder: The model; one in C ranks without having the scores of the whole vocabulary in memory.
        wanted: How many tokens of each row; all of them where the vocabulary is smaller.
        eos_id: The end token.
        constraints: What may not come.
        device: Where the model computes.
    """

    decoder: Decoder[Any]
    wanted: int
    eos_id: int
    constraints: Constraints
    device: torch.device | None

    def __call__(
        self,
        state: Any,  # noqa: ANN401
        last_ids: Sequence[int],
        step: int,
        at_limit: Sequence[bool],
    ) -> NextTokens:
        """Read one more token of each row, and rank what may come behind it.

        Args:
            state: The search so far.
            last_ids: The newest token of each row.
            step: How many tokens have been written.
            at_limit: For each row whether its limit leaves room for one token only.

        Returns:
            The likeliest tokens.

        Raises:
            RunError: The model's scores are not numbers.
        """
        if isinstance(self.decoder, NativeTransformer) and step >= len(self.constraints.begin):
            found = self._in_c(self.decoder, state, last_ids, at_limit)
        else:
            found = self._in_torch(state, last_ids, step, at_limit)
        check_numbers(found.log_probs[:, 0], step + 1)
        return found

    def _in_torch(
        self,
        state: Any,  # noqa: ANN401
        last_ids: Sequence[int],
        step: int,
        at_limit: Sequence[bool],
    ) -> NextTokens:
        logits, state = self.decoder.advance(state, torch.tensor(last_ids, device=self.device))
        allowed = self.constraints.apply(
            logits.log_softmax(dim=1, dtype=torch.float32), step=step, eos_id=self.eos_id, at_limit=at_limit
        )
        log_probs, ids = likeliest(allowed, self.wanted)
        return NextTokens(log_probs.cpu().numpy(), ids.cpu().numpy(), state)

    def _in_c(
        self,
        decoder: NativeTransformer,
        state: NativeState,
        last_ids: Sequence[int],
        at_limit: Sequence[bool],
    ) -> NextTokens:
        log_probs, ids, state = decoder.rank(
            state,
            np.array(last_ids),
            min(self.wanted, decoder.vocab_size),
            barred=np.array(sorted(self.constraints.barred), np.int32),
            renormalize=self.constraints.renormalize,
        )
        if self.constraints.force_end and any(at_limit):
            forced = np.array(at_limit)
            log_probs[forced] = -np.inf
            log_probs[forced, 0], ids[forced, 0] = 0.0, self.eos_id
        return NextTokens(log_probs, ids, state)
