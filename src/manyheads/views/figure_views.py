"""Alignments, meanings and calculations as figures for a paper. Importing this imports matplotlib."""

import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.textpath import TextPath

from manyheads.errors import InputError
from manyheads.views.calculation import Calculation
from manyheads.views.figure_parts import PAGE, Cells, draw_cells, place_cells, short, write_caption
from manyheads.views.maps import AttentionMaps, KindMaps
from manyheads.views.meaning import Meaning
from manyheads.views.of_translation import Linked
from manyheads.views.paper import BLUE, INK, QUIET, SIGNED, WEIGHTS, paper, save_figure
from manyheads.views.reading import Words

# Eight that are told apart with any colour sight (Okabe and Ito).
_RIBBONS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a6a00", "#6b5ca5")
_TYPE = 9.0
_GAP = 0.16
_DEEP = 0.85
_STRIP = 0.2
_NAMED = 0.28
"""From which width on, in inches, a number stands in its cell and its token below it."""

Row = Float[np.ndarray, " numbers"]


@dataclass(frozen=True)
class _Strip:
    """A row of numbers; a part of it may be framed."""

    title: str
    says: str
    values: Row
    names: Sequence[str] = ()
    share: bool = False
    framed: slice | None = None


def save_ribbons(linked: Linked, maps: AttentionMaps, path: str | os.PathLike[str]) -> None:
    """Draw which words, or pieces, of a translation belong together.

    Args:
        linked: The words and their links.
        maps: Of the same translation, for the caption.
        path: The file, which ends in `.svg` or `.png`.
    """
    above, below = _side_by_side(linked.src), _side_by_side(linked.tgt)
    width = max(above[-1][1], below[-1][1], 1.0)
    above, below = (_centred(places, width) for places in (above, below))
    with paper():
        figure = Figure(figsize=(1, 1))
        axes = _bare(figure, width, _DEEP)
        for src, tgt in linked.links:
            band = _band((*above[src], _DEEP - 0.1), (*below[tgt], 0.1))
            axes.add_patch(PathPatch(band, facecolor=_RIBBONS[src % 8], alpha=0.45, linewidth=0))
        for words, places, y in ((linked.src, above, _DEEP), (linked.tgt, below, 0.0)):
            for word, (left, right) in zip(words, places, strict=True):
                axes.text((left + right) / 2, y, short(word), ha="center", va="center", fontsize=_TYPE)
        title = f"which {linked.what} belong together"
        write_caption(axes, title, maps.model, (maps.src_text, maps.tgt_text))
        save_figure(figure, path)


def save_meaning(meaning: Meaning, path: str | os.PathLike[str], *, model: str) -> None:
    """Draw how alike a word's vectors are in several sentences: by layer, and pair by pair in the last.

    Args:
        meaning: The cosines.
        path: The file, which ends in `.svg` or `.png`.
        model: The model's name.
    """
    cosines = meaning.cosines.numpy()
    last, count = cosines[-1], len(cosines[-1])
    pairs = np.tril_indices(count, -1)
    with paper():
        figure = Figure(figsize=(1, 1))
        _draw_bars(figure, [float(of_set[pairs].mean()) for of_set in cosines], meaning.names)
        axes = place_cells(figure, 0.0, 0.0, last.shape, 0.42)
        draw_cells(axes, last, 1.0, least=float(last.min()))
        axes.set_xticks(range(count), [str(number) for number in range(1, count + 1)], fontsize=7)
        axes.set_yticks(range(count), [str(number) for number in range(1, count + 1)], fontsize=7)
        for (row, column), cosine in np.ndenumerate(last):
            ink = "white" if cosine - last.min() > 0.67 * (1 - last.min()) else INK
            axes.text(column, row, _number(cosine), ha="center", va="center", fontsize=7, color=ink)
        name = meaning.names[-1]
        title = f"“{short(meaning.word)}”: cosines of its vectors, mean by layer and pairs in {name}"
        texts = [f"{number}  {text}" for number, (text, _, _) in enumerate(meaning.texts, 1)]
        write_caption(axes, title, model, texts)
        save_figure(figure, path)


def _draw_bars(figure: Figure, means: Sequence[float], names: Sequence[str]) -> None:
    bars = figure.add_axes((0.0, 0.5, 0.55 * len(means), 1.0))
    bars.bar(range(len(means)), means, width=0.6, color=BLUE)
    bars.set_xlim(-0.5, len(means) - 0.5)
    bars.set_ylim(min(0.0, *means), 1.05)
    for place, mean in enumerate(means):
        bars.text(place, max(mean, 0.0) + 0.03, _number(mean), ha="center", fontsize=7)
    bars.set_xticks(range(len(means)), [name.replace(" ", "\n") for name in names], fontsize=7)
    bars.set_yticks([])
    bars.tick_params(length=0)
    for edge in ("top", "right", "left"):
        bars.spines[edge].set_visible(False)


def save_steps(
    calculation: Calculation,
    maps: AttentionMaps,
    path: str | os.PathLike[str],
    *,
    token: int,
    likeliest: Words = (),
) -> None:
    """Draw how one head's attention was calculated for one token, strip below strip.

    Args:
        calculation: The head's.
        maps: Of the same text, for tokens and caption.
        path: The file, which ends in `.svg` or `.png`.
        token: Which token looks, counted from 0.
        likeliest: What the model says there, with probabilities.

    Raises:
        InputError: There is no such token.
    """
    of_kind, down = maps.kind(calculation.kind), 0.0
    if not 0 <= token < len(of_kind.rows):
        raise InputError(f"there is no token {token}; tokens are 0..{len(of_kind.rows) - 1}")
    with paper():
        figure = Figure(figsize=(1, 1))
        for number, strip in enumerate(_strips(calculation, of_kind, token), 1):
            _draw_strip(figure, down, number, strip)
            down -= _STRIP + 0.3 + _room_below(strip)
        which = f"{calculation.kind} attention, layer {calculation.layer}, head {calculation.head}"
        said = ", ".join(f"{short(word)} {share:.3f}" for word, share in likeliest)
        scale = "each strip has a scale of its own, from orange (below zero) to blue (above)"
        texts = (maps.src_text, maps.tgt_text, f"likeliest there: {said}" if said else None, scale)
        title = f"{which}, as “{short(of_kind.rows[token])}” looks"
        write_caption(figure.axes[-1], title, maps.model, texts)
        save_figure(figure, path)


def _strips(found: Calculation, of_kind: KindMaps, token: int) -> Iterator[_Strip]:
    """The steps, each calculated from what stands before it."""
    wide, narrow, columns = found.wide, found.narrow, of_kind.columns
    query, key = narrow["query"][token], narrow["key"]
    products = key @ query
    if found.kind == "decoder":
        products[token + 1 :] = -np.inf
    scores = products / np.sqrt(len(query))
    weights = np.exp(scores - scores.max())
    weights /= weights.sum()
    best = int(weights.argmax())
    own = slice(found.head * len(query), (found.head + 1) * len(query))
    contexts = wide["contexts"][token]
    yield _Strip("what it begins with", "the sum of its embeddings", wide["embedding.sum"][token])
    yield _Strip("what this layer is given", "the token's vector", wide["before"][token])
    yield _Strip("its query", "the vector times a trained matrix", query)
    yield _Strip("a key", f"that of “{short(columns[best])}”, one of {len(columns)}", key[best])
    yield _Strip("inner products", "query times key", products, columns)
    yield _Strip("scores", f"divided by √{len(query)}", scores, columns)
    yield _Strip("softmax", "weights, which sum to 1", weights, columns, share=True)
    yield _Strip("context", "values times weights, summed", weights @ narrow["value"])
    yield _Strip("heads side by side", f"that of head {found.head} is framed", contexts, framed=own)
    yield _Strip("projected", "what attention says", wide[f"{found.kind}.said"][token])
    yield _Strip("residual", "added to the vector that was there", wide[f"{found.kind}.total"][token])
    yield _Strip("feed-forward", "and added once more", wide["feedforward.total"][token])


def _draw_strip(figure: Figure, down: float, number: int, strip: _Strip) -> None:
    values = strip.values[None]
    finite = values[np.isfinite(values)]
    most = max(float(np.abs(finite).max(initial=0.0)), 1e-9)
    axes = place_cells(figure, 0.0, down, values.shape, (PAGE / values.shape[1], _STRIP))
    least, colours = (0.0, WEIGHTS) if strip.share else (-most, SIGNED)
    draw_cells(axes, np.where(np.isfinite(values), values, 0.0), most, least=least, colours=colours)
    axes.set_title(f"{number}  {strip.title}", loc="left", fontsize=8, pad=3)
    spread = f"{values.size} numbers, {_number(finite.min())} to {_number(finite.max())}"
    axes.set_title(f"{strip.says}; {spread}", loc="right", fontsize=6.5, color=QUIET, pad=3)
    if strip.names:
        _write_names(axes, strip)
    if strip.names and _side_by_side_fit(strip.names):
        _write_values(axes, values, most, share=strip.share)
    if strip.framed is not None:
        start, stop = strip.framed.start, strip.framed.stop
        axes.add_patch(
            Rectangle(
                (start - 0.5, -0.5), stop - start, 1, fill=False, edgecolor=INK, linewidth=1.2, clip_on=False
            )
        )


def _write_values(axes: Axes, values: Cells, most: float, *, share: bool) -> None:
    for column, value in enumerate(values[0]):
        strong = np.isfinite(value) and (value if share else abs(value)) > 0.6 * most
        text = _number(value) if np.isfinite(value) else "−∞"
        axes.text(column, 0, text, ha="center", va="center", fontsize=6, color="white" if strong else INK)


def _number(value: float | np.floating) -> str:
    return f"{value:.2f}".replace("-", "−")


def _side_by_side_fit(names: Sequence[str]) -> bool:
    """Whether numbers stand in their cells and tokens below them, side by side."""
    room = PAGE / len(names)
    return all(max(_width(short(name), 6.5) + 0.05, _NAMED) < room for name in names)


def _room_below(strip: _Strip) -> float:
    """How much the tokens below a strip take, in inches: as much as the longest one where they are turned."""
    if not strip.names:
        return 0.0
    return (
        0.18
        if _side_by_side_fit(strip.names)
        else max(_width(short(name), 6.5) for name in strip.names) + 0.1
    )


def _write_names(axes: Axes, strip: _Strip) -> None:
    names = [short(name) for name in strip.names]
    rotation = 0 if _side_by_side_fit(names) else 90
    # In the smallest type that can be read every so many tokens are named, and the weightiest one is.
    every = max(1, math.ceil(0.085 * len(names) / PAGE))
    shown = [
        place
        for place in range(len(names))
        if place % every == 0 or strip.values[place] == strip.values.max()
    ]
    axes.set_xticks(shown, [names[place] for place in shown], fontsize=6.5, rotation=rotation)


def _side_by_side(words: Sequence[str]) -> list[tuple[float, float]]:
    """Where each word begins and ends, in inches."""
    places, left = [], 0.0
    for word in words:
        places.append((left, left + max(_width(short(word), _TYPE), 0.05)))
        left = places[-1][1] + _GAP
    return places


def _width(text: str, size: float) -> float:
    """How wide a text is, in inches."""
    return TextPath((0, 0), text or " ", prop=FontProperties(size=size)).get_extents().width / 72


def _centred(places: Sequence[tuple[float, float]], width: float) -> list[tuple[float, float]]:
    shift = (width - places[-1][1]) / 2
    return [(left + shift, right + shift) for left, right in places]


def _band(top: tuple[float, float, float], bottom: tuple[float, float, float]) -> Path:
    """A ribbon from (left, right, y) to (left, right, y)."""
    (left, right, high), (end_left, end_right, low) = top, bottom
    middle = (high + low) / 2
    points = [(left, high), (right, high), (right, middle), (end_right, middle), (end_right, low)]
    points += [(end_left, low), (end_left, middle), (left, middle), (left, high)]
    curve = [Path.CURVE4] * 3
    return Path(points, [Path.MOVETO, Path.LINETO, *curve, Path.LINETO, *curve])


def _bare(figure: Figure, width: float, height: float) -> Axes:
    axes = figure.add_axes((0.0, 0.0, width, height))
    axes.set_xlim(0, width)
    axes.set_ylim(0, height)
    axes.set_axis_off()
    return axes
