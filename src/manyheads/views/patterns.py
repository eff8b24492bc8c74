"""What a head does, measured on one text: a short description from its weights alone.

Reference:
    Clark et al. 2019, "What Does BERT Look At?", section 3: heads that look at the token before or behind, at
    separators, or broadly; Voita et al. 2019, section 5.1: positional heads.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

Weights = Float[np.ndarray, "rows columns"]

_MOSTLY = 0.4
"""The share of the weight from which a pattern is named."""
_FARTHEST = 5
"""Offsets that are tried on either side."""
_SHARP, _BROAD = 2.0, 0.6
"""Looks at fewer tokens than this; at more than this share of all it could look at."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """How one head looks at one text.

    Attributes:
        words: The description, for people.
        entropy: Of a row, in bits, the mean over the rows.
        spread: 2 to the power of that: at how many tokens it looks.
        offset: The distance to which most weight goes, behind the token if positive; None where rows and
            columns are of different texts.
        at_offset: The share of the weight that goes there, the mean over the rows.
        marks: The share that goes to special tokens.
    """

    words: str
    entropy: float
    spread: float
    offset: int | None
    at_offset: float
    marks: float


def describe(weights: Weights, special: Sequence[bool], *, same_text: bool, causal: bool = False) -> Pattern:
    """Describe a head.

    Args:
        weights: Rows that look by columns that are looked at; each row sums to one.
        special: Which columns are special tokens.
        same_text: Whether row i and column i are the same place of the same text.
        causal: Whether a row looks no further than its own place, as in a decoder: there column i is the
            token that was written before the one of row i.

    Returns:
        What was measured, and words for it.
    """
    shares = weights.astype(np.float64)
    logs = np.log2(shares, out=np.zeros_like(shares), where=shares > 0)
    entropy = float(-(shares * logs).sum(axis=1).mean())
    marks = float(shares[:, np.asarray(special, bool)].sum(axis=1).mean())
    offset, at_offset = _best_offset(shares) if same_text else (None, 0.0)
    reachable = (np.arange(1, len(shares) + 1) if causal else np.full(len(shares), shares.shape[1])).mean()
    words = _words(2**entropy, float(reachable), offset, at_offset, marks, causal=causal)
    return Pattern(words, entropy, 2**entropy, offset, at_offset, marks)


def _best_offset(shares: Weights) -> tuple[int, float]:
    """Find the distance to which most weight goes; rows that have no token there count as nothing."""
    reach = min(_FARTHEST, len(shares) - 1)
    found = {offset: np.trace(shares, offset) / len(shares) for offset in range(-reach, reach + 1)}
    offset = max(found, key=lambda distance: (found[distance], -abs(distance)))
    return offset, float(found[offset])


def _words(
    spread: float, reachable: float, offset: int | None, at_offset: float, marks: float, *, causal: bool
) -> str:
    if offset is not None and at_offset >= _MOSTLY and at_offset >= marks:
        return f"{_place(offset, causal=causal)} {at_offset:.0%}"
    if marks >= _MOSTLY:
        return f"special tokens {marks:.0%}"
    if spread < _SHARP:
        return f"sharp: {spread:.1f} tokens"
    if spread > _BROAD * reachable:
        return f"broad: {spread:.0f} of {reachable:.0f} tokens"
    return f"{spread:.1f} tokens"


def _place(offset: int, *, causal: bool) -> str:
    if causal:
        offset -= 1
    near = {0: "same token", -1: "previous token", 1: "next token"}
    return near.get(offset, f"{abs(offset)} tokens {'back' if offset < 0 else 'ahead'}:")
