"""What makes an array an attention over these tokens."""

import numpy as np

from manyheads.errors import InputError

_ROW_SUM_TOLERANCE = 1e-3


def check_axes(weights: np.ndarray, rows: int, columns: int) -> None:
    """Refuse an array whose axes are not layers, heads, rows and columns.

    Args:
        weights: The weights of one kind of attention.
        rows: How many tokens look.
        columns: How many tokens are looked at.

    Raises:
        InputError: Wrong type or number of axes, an empty axis, or an axis that does not fit the tokens.
    """
    if weights.dtype != np.float32 or weights.ndim != 4:
        raise InputError(
            "attention weights must be float32 with the axes layers, heads, rows, columns; "
            f"these are {weights.dtype} of shape {weights.shape}"
        )
    if 0 in weights.shape:
        raise InputError(f"every axis of attention weights must hold something; the shape is {weights.shape}")
    for name, found, tokens in zip(("rows", "columns"), weights.shape[2:], (rows, columns), strict=True):
        if found != tokens:
            raise InputError(
                f"attention weights must have as many {name} as tokens: {found} {name} for {tokens} tokens"
            )


def check_shares(weights: np.ndarray) -> None:
    """Refuse weights that are not shares of one in every row.

    Args:
        weights: The weights of one kind of attention: by layer, head, row and column.

    Raises:
        InputError: A weight is negative or no number, or a row does not sum to one within a thousandth.
    """
    wrong = ~(np.isfinite(weights) & (weights >= 0))
    if wrong.any():
        at = _first(wrong)
        raise InputError(
            "attention weights must be numbers from 0 to 1; "
            f"at (layer, head, row, column) {at} stands {weights[at]:g}"
        )
    sums = weights.sum(axis=-1, dtype=np.float64)
    wrong = np.abs(sums - 1) > _ROW_SUM_TOLERANCE
    if wrong.any():
        at = _first(wrong)
        raise InputError(
            f"every row of attention weights must sum to 1; at (layer, head, row) {at} it is {sums[at]:.4f}"
        )


def _first(wrong: np.ndarray) -> tuple[int, ...]:
    return tuple(int(index) for index in np.argwhere(wrong)[0])
