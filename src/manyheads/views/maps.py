"""Attention maps of one sentence or one translation, as plain arrays with the tokens beside them."""

import io
import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from jaxtyping import Float32

from manyheads.errors import InputError, suggest
from manyheads.views.checks import check_axes, check_shares
from manyheads.views.writing import write_whole

KINDS = ("encoder", "decoder", "cross")
READS = {
    "encoder": "Each row is a token: where it looked.",
    "decoder": "Each row is a token that was written: where the model looked among those before it.",
    "cross": "Each row is a token that was written: where the model looked in the source.",
}
FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True, eq=False)
class KindMaps:
    """The weights of every layer and head of one kind of attention.

    Attributes:
        rows: The tokens that look. In the decoder's maps and the cross maps of a translator a row is the
            token that this step produced, not the one it was fed with.
        columns: The tokens that are looked at.
        weights: By layer, head, row and column, float32; every row sums to one.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    weights: np.ndarray

    def __post_init__(self) -> None:
        """Refuse arrays that are no attention over these tokens."""
        check_axes(self.weights, len(self.rows), len(self.columns))
        check_shares(self.weights)

    @property
    def num_layers(self) -> int:
        """Count the layers."""
        return self.weights.shape[0]

    @property
    def num_heads(self) -> int:
        """Count the heads of a layer."""
        return self.weights.shape[1]


@dataclass(frozen=True, slots=True, eq=False)
class AttentionMaps:
    """Where a model looked: all that a view needs to draw it.

    Attributes:
        model: The model's name, for captions.
        src_text: The text that was read.
        tgt_text: The text that was written; None where the model writes none.
        kinds: The maps of each kind of attention that the model has: `encoder`, `decoder`, `cross`.
        notes: Further facts for the caption, by their name.
    """

    model: str
    src_text: str
    tgt_text: str | None
    kinds: Mapping[str, KindMaps]
    notes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        """Refuse kinds of attention that nobody knows."""
        known = ", ".join(KINDS)
        if not self.kinds:
            raise InputError(f"attention maps must hold at least one kind of {known}; there is none")
        for kind in self.kinds:
            if kind not in KINDS:
                meant = suggest(kind, KINDS)
                raise InputError(f"a kind of attention must be one of {known}, not '{kind}'{meant}")

    def kind(self, kind: str) -> KindMaps:
        """Find the maps of one kind.

        Args:
            kind: `encoder`, `decoder` or `cross`.

        Returns:
            All its layers and heads.

        Raises:
            InputError: This model has no attention of this kind.
        """
        if kind not in self.kinds:
            have = ", ".join(self.kinds)
            meant = suggest(kind, self.kinds)
            raise InputError(f"'{self.model}' has no '{kind}' attention; its kinds are: {have}{meant}")
        return self.kinds[kind]

    def select(
        self, kind: str, layer: int | None = None, head: int | None = None
    ) -> Float32[np.ndarray, "rows columns"]:
        """Take one map, or the mean where no layer or no head is named.

        A kind, a layer or a head that the model does not have is an `InputError` that names those it has.

        Args:
            kind: `encoder`, `decoder` or `cross`.
            layer: Counted from 0; None for the mean over the layers.
            head: Counted from 0; None for the mean over the heads.

        Returns:
            The weights, rows that look by columns that are looked at.
        """
        maps = self.kind(kind)
        layers = maps.weights[_chosen("layer", layer, maps.num_layers)]
        heads = layers[:, _chosen("head", head, maps.num_heads)]
        return heads.mean(axis=(0, 1), dtype=np.float64).astype(np.float32)

    def rollout(self, kind: str, layer: int | None = None) -> Float32[np.ndarray, "rows columns"]:
        """Follow the weights through the layers: how much of each token could have flowed into each.

        In every layer the mean of the heads and the residual count half each; the layers are multiplied.

        Args:
            kind: Attention of a text to itself: `encoder`.
            layer: Up to which layer, counted from 0; None for all.

        Returns:
            Shares, rows that look by columns that they come from; a row sums to 1.

        Raises:
            InputError: The tokens that look are others than those that are looked at.

        Reference:
            Abnar and Zuidema 2020, "Quantifying Attention Flow in Transformers", section 4.
        """
        maps = self.kind(kind)
        if maps.rows != maps.columns:
            raise InputError(f"a rollout follows a text that looks at itself, but {kind} attention does not")
        wanted = maps.weights[: _chosen("layer", layer, maps.num_layers).stop]
        own = np.eye(len(maps.rows))
        flow = own
        for heads in wanted:
            flow = (heads.mean(axis=0, dtype=np.float64) + own) / 2 @ flow
        return flow.astype(np.float32)

    def title(self, kind: str, layer: int | None = None, head: int | None = None) -> str:
        """Name what `select` takes, means as means.

        Args:
            kind: `encoder`, `decoder` or `cross`.
            layer: Counted from 0; None for the mean over the layers.
            head: Counted from 0; None for the mean over the heads.

        Returns:
            For instance `cross attention, layer 2, mean of 4 heads`.
        """
        maps = self.kind(kind)
        which_layer = _named("layer", layer, maps.num_layers)
        return f"{kind} attention, {which_layer}, {_named('head', head, maps.num_heads)}"

    def save_npz(self, path: str | os.PathLike[str]) -> None:
        """Write the weights as numpy arrays, whole or not at all.

        One array for each layer, named `kind.layer.0` (the last number counts sequences), with the axes
        heads, rows, columns; and one text `tokens`: JSON with the tokens and all else, without weights.

        Args:
            path: The file, which should end in `.npz`.
        """
        arrays = {
            f"{kind}.{layer}.0": weights
            for kind, maps in self.kinds.items()
            for layer, weights in enumerate(maps.weights)
        }
        described = json.dumps(self._described(), ensure_ascii=False)
        content = io.BytesIO()
        np.savez_compressed(content, allow_pickle=False, tokens=np.array(described), **arrays)
        write_whole(path, content.getvalue())

    def save_json(self, path: str | os.PathLike[str]) -> None:
        """Write everything as one JSON object, whole or not at all; weights are rounded to six places.

        Args:
            path: The file, which should end in `.json`.
        """
        described = self._described()
        for kind, maps in self.kinds.items():
            described["kinds"][kind]["weights"] = np.round(maps.weights.astype(np.float64), 6).tolist()
        write_whole(path, (json.dumps(described, ensure_ascii=False) + "\n").encode())

    def _described(self) -> dict[str, Any]:
        """Describe all but the weights."""
        return {
            "format": "manyheads.attention",
            "format_version": FORMAT_VERSION,
            "model": self.model,
            "src_text": self.src_text,
            "tgt_text": self.tgt_text,
            "notes": dict(self.notes),
            "kinds": {
                kind: {"rows": maps.rows, "columns": maps.columns} for kind, maps in self.kinds.items()
            },
        }


def load_npz(path: str | os.PathLike[str]) -> AttentionMaps:
    """Read what `AttentionMaps.save_npz` wrote; nothing in the file is executed.

    Args:
        path: The file.

    Returns:
        The maps, checked as if they were new.

    Raises:
        InputError: There is no such file, or it holds something else.
    """
    if not Path(path).is_file():
        raise InputError(f"there is no file '{path}'")
    try:
        with Path(path).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return _maps_from(json.loads(str(arrays["tokens"])), dict(arrays))
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"'{path}' must hold attention maps that manyheads saved: {error}") from error


def _maps_from(described: dict[str, Any], arrays: dict[str, np.ndarray]) -> AttentionMaps:
    kinds = {}
    for kind, tokens in described["kinds"].items():
        num_layers = sum(name.startswith(f"{kind}.") for name in arrays)
        weights = np.stack([arrays[f"{kind}.{layer}.0"] for layer in range(num_layers)])
        kinds[kind] = KindMaps(tuple(tokens["rows"]), tuple(tokens["columns"]), weights)
    return AttentionMaps(
        described["model"], described["src_text"], described["tgt_text"], kinds, described["notes"]
    )


def _chosen(name: str, number: int | None, count: int) -> slice:
    """Turn a layer's or head's number into a slice; no number means all of them."""
    if number is None:
        return slice(None)
    if not 0 <= number < count:
        have = f"{name}s are 0..{count - 1}" if count > 1 else f"the only {name} is 0"
        raise InputError(f"there is no {name} {number}; {have}")
    return slice(number, number + 1)


def _named(name: str, number: int | None, count: int) -> str:
    if number is None and count > 1:
        return f"mean of {count} {name}s"
    return f"{name} {number or 0}"
