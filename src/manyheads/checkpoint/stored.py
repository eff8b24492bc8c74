"""What a model is made of when it leaves or enters the disk, in whatever format."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor


@dataclass(frozen=True, slots=True)
class StoredModel:
    """What a model folder holds.

    Attributes:
        config: The content of config.json; the two keys that name the format are added when it is written.
        weights: Each parameter's values by its name.
        tokenizers: `shared`, or `src` and `tgt`; an encoder's is `text`. Their class is the task's.
        card: The text of README.md.
        extra: Other small files by their names: log.jsonl, curve.svg, split.json.
    """

    config: Mapping[str, Any]
    weights: Mapping[str, Tensor]
    tokenizers: Mapping[str, Any]
    card: str = ""
    extra: Mapping[str, bytes] = field(default_factory=dict)
