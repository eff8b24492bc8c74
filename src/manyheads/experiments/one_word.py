"""One word in a few sentences: which of its uses are alike?"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from manyheads.errors import InputError
from manyheads.experiments.contextual import Usage, cosine_matrix
from manyheads.experiments.static_vectors import StaticVectors

_NEIGHBOURS = 8


def compare_uses(vectors: Float[np.ndarray, "uses d_model"], meanings: Sequence[str]) -> dict[str, Any]:
    """Compare a word's vectors in all of its sentences.

    Args:
        vectors: One a sentence.
        meanings: What the word means in each; at least one stands twice, and there are two.

    Returns:
        `cosines`, each with each; their mean over pairs that mean the `same` and over `different` ones; for
        each sentence the `nearest` other one; and how many of those mean the same, `nearest_same`.

    Raises:
        InputError: No two uses mean the same, or all do.
    """
    cosines = cosine_matrix(vectors)
    others = ~np.eye(len(meanings), dtype=bool)
    alike = np.array([[first == second for second in meanings] for first in meanings])
    if not (alike & others).any() or alike.all():
        raise InputError(f"some uses must mean the same and some not, but they mean {', '.join(meanings)}")
    nearest = np.where(others, cosines, -np.inf).argmax(axis=1)
    return {
        "cosines": cosines.tolist(),
        "same": float(cosines[alike & others].mean()),
        "different": float(cosines[~alike].mean()),
        "nearest": nearest.tolist(),
        "nearest_same": int(alike[np.arange(len(meanings)), nearest].sum()),
    }


def same_everywhere(vectors: StaticVectors, uses: Sequence[Usage]) -> dict[str, Any]:
    """Compare a word's one vector in all of its sentences, and find its neighbours.

    Args:
        vectors: The words' vectors.
        uses: One word in several sentences.

    Returns:
        The `lowest` cosine of two uses, and all different lists of `neighbours`: one where every use has the
        same.
    """
    rows = np.stack([vectors.vector(usage.form) for usage in uses])
    lists = {tuple(word for word, _ in vectors.neighbours(usage.form, _NEIGHBOURS)) for usage in uses}
    return {"lowest": float(cosine_matrix(rows).min()), "neighbours": sorted(map(list, lists))}
