"""What a translation may not hold, and how it must end: laid upon the model's own probabilities.

Reference:
    `transformers`: `bad_words_ids`, `renormalize_logits` and `forced_eos_token_id` of `generate`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from manyheads.errors import InputError
from manyheads.text.subwords import check_ids


@dataclass(frozen=True, slots=True)
class Constraints:
    """Limits to what a search may write; by default there are none.

    Attributes:
        barred: Tokens that are never taken.
        renormalize: Whether the probability of barred tokens goes to the others.
        force_end: Whether the last token that the limit leaves room for is the end token, with certainty.
        begin: Tokens that stand at the beginning, however likely the model finds them there.
    """

    barred: tuple[int, ...] = ()
    renormalize: bool = False
    force_end: bool = False
    begin: tuple[int, ...] = ()

    def apply(
        self,
        log_probs: Float[Tensor, "rows vocab"],
        *,
        step: int,
        eos_id: int,
        at_limit: Sequence[bool],
    ) -> Float[Tensor, "rows vocab"]:
        """Change what the model says to what may be written.

        Args:
            log_probs: The model's.
            step: How many tokens stand before this one.
            eos_id: The end token.
            at_limit: For each row whether its limit leaves room for this one token.

        Returns:
            Log probabilities; minus infinity for what is not allowed.
        """
        if step < len(self.begin):
            chosen = torch.tensor([self.begin[step]], device=log_probs.device)
            kept = log_probs.index_select(1, chosen)
            return torch.full_like(log_probs, -torch.inf).index_copy(1, chosen, kept)
        if self.barred:
            barred = torch.tensor(self.barred, device=log_probs.device)
            log_probs = log_probs.index_fill(1, barred, -torch.inf)
            log_probs = log_probs.log_softmax(dim=1) if self.renormalize else log_probs
        if self.force_end and any(at_limit):
            certain = torch.full_like(log_probs, -torch.inf).index_fill(
                1, torch.tensor([eos_id], device=log_probs.device), 0.0
            )
            forced = torch.tensor(at_limit, device=log_probs.device)
            log_probs = torch.where(forced[:, None], certain, log_probs)
        return log_probs


FREE = Constraints()
"""Whatever the model finds likeliest."""


def check_begin(begin_ids: Sequence[int], vocab_size: int, max_tokens: int) -> tuple[int, ...]:
    """Refuse a beginning that leaves no room, or of tokens that there are not.

    Args:
        begin_ids: The tokens.
        vocab_size: How many tokens there are.
        max_tokens: The most that a translation may have.

    Returns:
        The tokens, as `Constraints` keeps them.

    Raises:
        InputError: A token is not in the vocabulary, or they are too many.
    """
    check_ids([begin_ids], vocab_size)
    if len(begin_ids) >= max_tokens:
        raise InputError(
            f"a beginning may have at most {max_tokens - 1} tokens for this model, "
            f"but {len(begin_ids)} were given"
        )
    return tuple(begin_ids)
