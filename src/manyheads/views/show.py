"""Attention from anywhere, in a notebook or in a file: what transformers returns, or any arrays."""

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from manyheads.errors import InputError, suggest
from manyheads.views.document import Document, Start, document_of_maps
from manyheads.views.maps import KINDS, AttentionMaps, KindMaps, load_npz
from manyheads.views.page import asset, save_page
from manyheads.views.wire import as_text

Tokens = Sequence[str]


class Shown:
    """An explorer for a notebook's cell, or for a file.

    Args:
        document: What it shows.
    """

    def __init__(self, document: Document) -> None:
        self.document = document

    def save(self, path: str | Path) -> None:
        """Write it as one page that needs nothing else.

        Args:
            path: The file, which ends in `.html`.

        Raises:
            InputError: The name ends in something else.
        """
        if Path(path).suffix.lower() not in {".html", ".htm"}:
            raise InputError(
                f"a page is written to a file that ends in .html, but '{path}' was given; the page itself "
                "saves its views as SVG and PNG, and so does manyheads look --arrays"
            )
        save_page(self.document, path)

    def widget(self) -> Any:  # noqa: ANN401
        """Make the notebook's widget.

        Returns:
            An anywidget.

        Raises:
            InputError: anywidget is not installed.
        """
        try:
            from manyheads.views.widget import ExplorerWidget
        except ImportError as error:
            raise InputError(
                "a notebook's cell takes anywidget, but it is not installed; `pip install 'manyheads[lab]'`"
            ) from error
        blocks = {f"{kind}.{layer}": as_text(block) for kind, layer, block in self.document.blocks()}
        described = dict(self.document.described)
        return ExplorerWidget(document=described, blocks=blocks, style=asset("explorer.css"))

    def _repr_mimebundle_(self, **how: Any) -> Any:  # noqa: ANN401
        """Show the widget where a cell ends with this."""
        return self.widget()._repr_mimebundle_(**how)


def show(
    attention: Any,  # noqa: ANN401
    tokens: Tokens | Mapping[str, Tokens],
    *,
    model: str = "attention",
    view: str = "grid",
    layer: int | None = None,
    head: int | None = None,
) -> Shown:
    """Show attention in a notebook's cell; `.save(path)` writes a page.

    Args:
        attention: The weights: what `transformers` returns with `output_attentions=True` (a tuple of
            [1, heads, rows, columns], one a layer), or one array [layers, heads, rows, columns]; by kind
            (`encoder`, `decoder`, `cross`) where there are several.
        tokens: The tokens; by side (`src`, `tgt`) for a translation.
        model: A name for captions.
        view: With what it opens: `grid`, `head` or `rollout`.
        layer: Counted from 0; None for the mean of all.
        head: Counted from 0; None for the mean of all.

    Returns:
        The explorer.

    Raises:
        InputError: The arrays do not fit the tokens, are no attention, or have no such view.
    """
    maps = maps_of_arrays(attention, tokens, model=model)
    views = ("grid", "head", "rollout") if "encoder" in maps.kinds else ("grid", "head")
    if view not in views:
        raise InputError(
            f"of attention alone the views are {', '.join(views)}, but '{view}' was asked for"
            f"{suggest(view, views)}"
        )
    return Shown(document_of_maps(maps, start=Start(view, None, layer, head)))


def maps_of_arrays(
    attention: Any,  # noqa: ANN401
    tokens: Tokens | Mapping[str, Tokens],
    *,
    model: str = "attention",
) -> AttentionMaps:
    """Put tokens beside arrays.

    Args:
        attention: As for `show`.
        tokens: As for `show`.
        model: A name for captions.

    Returns:
        The maps, checked.

    Raises:
        InputError: The arrays do not fit the tokens, or are no attention.
    """
    by_kind = attention if isinstance(attention, Mapping) else {"encoder": attention}
    by_side = tokens if isinstance(tokens, Mapping) else {"src": tokens, "tgt": tokens}
    kinds = {}
    for kind, arrays in by_kind.items():
        if kind not in KINDS:
            raise InputError(f"attention is of the kinds {', '.join(KINDS)}, but '{kind}' was given")
        rows = _side(by_side, "src" if kind == "encoder" else "tgt", kind)
        columns = _side(by_side, "tgt" if kind == "decoder" else "src", kind)
        kinds[kind] = KindMaps(rows, columns, stacked(arrays, kind))
    src, tgt = (tuple(map(str, by_side.get(side, ()))) for side in ("src", "tgt"))
    written = None if tgt == src or not tgt else " ".join(tgt)
    return AttentionMaps(model, " ".join(src or tgt), written, kinds)


def maps_of_file(path: Path) -> AttentionMaps:
    """Read attention from a file: what `manyheads look` wrote, or any arrays with their tokens.

    Args:
        path: An `.npz`: one array for each kind (`encoder`, `decoder`, `cross`) by layer, head, row and
            column, and `tokens`, or `src_tokens` and `tgt_tokens`.

    Returns:
        The maps, checked.

    Raises:
        InputError: There is no such file, or it holds something else.
    """
    if not path.is_file():
        raise InputError(f"there is no file '{path}'")
    if not zipfile.is_zipfile(path):
        raise InputError(
            f"'{path}' must hold named arrays, as numpy.savez writes them (.npz), but it is no such file"
        )
    try:
        with path.open("rb") as content, np.load(content, allow_pickle=False) as file:
            arrays = dict(file)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(
            f"'{path}' must hold arrays of numbers and texts that can be read, but is damaged or holds others"
        ) from error
    if any(name.count(".") == 2 for name in arrays):
        return load_npz(path)
    by_kind = {kind: arrays[kind] for kind in KINDS if kind in arrays}
    sides = {side: arrays[f"{side}_tokens"].tolist() for side in ("src", "tgt") if f"{side}_tokens" in arrays}
    tokens = sides or (arrays["tokens"].tolist() if "tokens" in arrays else None)
    if not by_kind or tokens is None:
        raise InputError(
            f"'{path}' must hold one of {', '.join(KINDS)} and tokens (or src_tokens and tgt_tokens), "
            f"but holds {', '.join(arrays) or 'nothing'}"
        )
    return maps_of_arrays(by_kind, tokens, model=path.name)


def stacked(arrays: Any, kind: str) -> np.ndarray:  # noqa: ANN401
    """Bring a kind's arrays into one.

    Args:
        arrays: One array, or one a layer; tensors too.
        kind: For the error.

    Returns:
        By layer, head, row and column, float32.

    Raises:
        InputError: There are not so many axes, or more than one sequence.
    """
    layers = _layers(arrays, kind)
    for number, each in enumerate(layers):
        if each.ndim == 4 and each.shape[0] != 1:
            raise InputError(
                f"one sequence is shown at a time, but layer {number} of {kind} attention has "
                f"{each.shape[0]} of them on its first axis; choose one: [layer[:1] for layer in attentions]"
            )
    layers = [each[0] if each.ndim == 4 else each for each in layers]
    shapes = {each.shape for each in layers}
    if len(shapes) != 1 or len(next(iter(shapes))) != 3:
        told = ", ".join(str(shape) for shape in sorted(shapes)) or "nothing"
        raise InputError(
            f"each layer of {kind} attention must have the same heads, rows and columns, but there is "
            f"{told}; an array has the axes layers, heads, rows, columns"
        )
    return np.stack(layers).astype(np.float32)


def _layers(arrays: Any, kind: str) -> list[np.ndarray]:  # noqa: ANN401
    several = list(arrays) if isinstance(arrays, list | tuple) else [arrays]
    if any(each is None for each in several):
        raise InputError(
            f"{kind} attention must be arrays, but is None: transformers returns weights only with "
            "output_attentions=True and attn_implementation='eager'"
        )
    plain = [_plain(each) for each in several]
    for each in plain:
        if each.dtype.kind not in "fiub" or not each.ndim:
            raise InputError(
                f"{kind} attention must be arrays of real numbers, but holds {each.dtype} of shape "
                f"{each.shape}"
            )
    return plain if isinstance(arrays, list | tuple) else list(plain[0])


def _plain(array: Any) -> np.ndarray:  # noqa: ANN401
    """Take a tensor off its device and its graph."""
    if hasattr(array, "detach"):
        array = array.detach().cpu().float()
    return np.asarray(array)


def _side(by_side: Mapping[str, Tokens], side: str, kind: str) -> tuple[str, ...]:
    if side not in by_side:
        raise InputError(
            f"{kind} attention needs tokens of '{side}', but there are those of {', '.join(by_side)}"
        )
    return tuple(str(token) for token in by_side[side])
