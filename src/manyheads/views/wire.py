"""How numbers travel to a page: weights as a byte each, steps of a calculation as they are.

Weights are `round(255 * sqrt(weight))`: within 0.004 of what they were, rows within 2% of one, and a long
map's small weights are not lost, as they would be in steps of 1/255. Everything is deflated.
"""

import base64
import zlib
from typing import Literal

import numpy as np
from jaxtyping import Float32, UInt8

Precision = Literal["float16", "float32"]


def quantise(weights: Float32[np.ndarray, "..."]) -> UInt8[np.ndarray, "..."]:
    """Bring weights into a byte each.

    Args:
        weights: From 0 to 1.

    Returns:
        `round(255 * sqrt(weight))`.

    Example:
        >>> quantise(np.array([0.0, 0.25, 1.0], np.float32)).tolist()
        [0, 128, 255]
    """
    return np.rint(255 * np.sqrt(weights.clip(0, 1))).astype(np.uint8)


def restore(cells: UInt8[np.ndarray, "..."]) -> Float32[np.ndarray, "..."]:
    """Bring bytes back to weights, as the page does.

    Args:
        cells: What `quantise` gave.

    Returns:
        The weights, within 0.004 of what they were.
    """
    return (cells.astype(np.float32) / 255) ** 2


def deflated(weights: Float32[np.ndarray, "heads rows columns"]) -> bytes:
    """Pack the weights of one layer.

    Args:
        weights: By head, row and column.

    Returns:
        Their bytes, deflated.
    """
    return zlib.compress(quantise(weights).tobytes(), level=9)


def as_text(content: bytes) -> str:
    """Write bytes so that they can stand in HTML and JSON.

    Args:
        content: Any.

    Returns:
        Base64.
    """
    return base64.b64encode(content).decode("ascii")


def packed(array: np.ndarray, precision: Precision = "float32") -> dict[str, object]:
    """Pack any array for JSON.

    Args:
        array: Of real numbers.
        precision: In which they travel; float16 keeps three digits and must not overflow.

    Returns:
        Its type, its shape, and its numbers as text: of all of them the lowest byte, then the next one, ...,
        deflated. The bytes with the exponents are much alike, so that this is a tenth smaller.
    """
    kept = np.ascontiguousarray(array, dtype=np.dtype(precision).newbyteorder("<"))
    planes = kept.reshape(-1, 1).view(np.uint8).T.tobytes()
    return {"dtype": precision, "shape": list(kept.shape), "data": as_text(zlib.compress(planes))}
