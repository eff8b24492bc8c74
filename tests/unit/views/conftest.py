"""Maps whose means can be worked out by hand."""

import importlib
import warnings

import numpy as np
import pytest

from manyheads.views.maps import AttentionMaps, KindMaps

with warnings.catch_warnings():
    # On a new machine matplotlib writes its list of fonts, and names no encoding for it.
    warnings.simplefilter("ignore", EncodingWarning)
    importlib.import_module("matplotlib.font_manager")


@pytest.fixture
def maps():
    """A translation of three tokens into two, with two layers of two heads.

    cross: layer 0, head 0 looks at column 0 only; layer 0, head 1 at column 1; layer 1, head 0 at
    column 2; layer 1, head 1 at all three alike. encoder: every token looks at itself.
    decoder: causal, row 0 at column 0, row 1 at both alike.
    """
    cross = np.zeros((2, 2, 2, 3), np.float32)
    cross[0, 0, :, 0] = cross[0, 1, :, 1] = cross[1, 0, :, 2] = 1
    cross[1, 1] = 1 / 3
    encoder = np.broadcast_to(np.eye(3, dtype=np.float32), (2, 2, 3, 3)).copy()
    decoder = np.broadcast_to(np.array([[1, 0], [0.5, 0.5]], np.float32), (2, 2, 2, 2)).copy()
    src, tgt = ("forty", "two", "</s>"), ("zwei", "vierzig")
    kinds = {
        "encoder": KindMaps(src, src, encoder),
        "decoder": KindMaps(tgt, ("<s>", "zwei"), decoder),
        "cross": KindMaps(tgt, src, cross),
    }
    return AttentionMaps("toy", "forty two", "zwei vierzig", kinds, {"beam": "5"})
