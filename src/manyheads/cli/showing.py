"""A reading's maps in a terminal or in a file. Imports torch."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
from jaxtyping import Float32
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from manyheads.cli.looking import Looked
from manyheads.errors import InputError
from manyheads.model.tap import Kind
from manyheads.views.crossing import Crossing
from manyheads.views.labels import label
from manyheads.views.maps import KINDS, AttentionMaps
from manyheads.views.meaning import Meaning
from manyheads.views.of_pair import TranslationReading
from manyheads.views.terminal import HeatMap


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which map to show.

    Attributes:
        view: What a page opens with, and what a figure shows; None for the map, or for a word's meaning.
        kind: `encoder`, `decoder` or `cross`; None for `cross`, or what there is.
        layer: Counted from 0; None for the one that aligns words, or the last.
        head: Counted from 0; None for the mean.
        token: Which token's calculation is shown; None for the first that is no special one.
    """

    view: str | None
    kind: str | None
    layer: int | None
    head: int | None
    token: int | None


@dataclass(frozen=True, slots=True)
class Shown:
    """What was chosen, once it is known what there is.

    Attributes:
        view: `head`, `grid`, `steps`, `translation`, `meaning` or `rollout`.
        kind: `encoder`, `decoder` or `cross`.
        layer: Counted from 0.
        head: Counted from 0; None for the mean.
        token: Which token's calculation is shown.
    """

    view: str
    kind: str
    layer: int
    head: int | None = None
    token: int | None = None


def show(
    reading: Looked | AttentionMaps,
    chosen: Chosen,
    *,
    meaning: Meaning | None = None,
    as_json: bool,
    output: Path | None,
) -> None:
    """Show a map, or write it and all others.

    Args:
        reading: What a model made of a text, or maps of any origin.
        chosen: Which map.
        meaning: One word in several sentences; None where nobody asked.
        as_json: Print the chosen map as one JSON object.
        output: A file to write instead of printing.
    """
    maps = _maps(reading)
    which = _settle(chosen, reading, "head" if meaning is None else "meaning")
    maps.select(which.kind, which.layer, which.head)  # refuses layers and heads that are not there
    _refuse_view(which, reading, meaning)
    if output is not None:
        _write(reading, which, meaning, output)
    elif as_json:
        fields = _fields(reading, which) | ({} if meaning is None else {"meaning": meaning.described()})
        print(json.dumps(fields, ensure_ascii=False))
    else:
        console = Console()
        for part in (*_parts(reading, which), *(() if meaning is None else _compared(meaning))):
            console.print(part)


def _maps(reading: Looked | AttentionMaps) -> AttentionMaps:
    return reading if isinstance(reading, AttentionMaps) else reading.maps


def _settle(chosen: Chosen, reading: Looked | AttentionMaps, usual: str) -> Shown:
    """Take the layer that aligns words where none is named; an encoder may have fewer layers."""
    maps, view = _maps(reading), chosen.view or usual
    rolling = view == "rollout" and "encoder" in maps.kinds
    kind = chosen.kind or ("encoder" if rolling else next(k for k in reversed(KINDS) if k in maps.kinds))
    last = maps.kind(kind).num_layers - 1
    aligned = last if isinstance(reading, AttentionMaps) else reading.usual_layer
    aligned = last if rolling else min(aligned, last)
    return Shown(view, kind, aligned if chosen.layer is None else chosen.layer, chosen.head, chosen.token)


def _refuse_view(which: Shown, reading: Looked | AttentionMaps, meaning: Meaning | None) -> None:
    """Refuse a view of what was not looked at."""
    tokens = len(_maps(reading).kind(which.kind).rows)
    if which.token is not None and which.token >= tokens:
        raise InputError(f"--token counts from 0 to {tokens - 1} here, but is {which.token}")
    takes = {
        "translation": ("a model that translates", isinstance(reading, TranslationReading)),
        "steps": ("a model, not arrays alone", not isinstance(reading, AttentionMaps)),
        "meaning": ("--word WORD and --beside TEXT", meaning is not None),
        "rollout": ("--kind encoder: a text that looks at itself", which.kind == "encoder"),
    }
    what, given = takes.get(which.view, ("", True))
    if not given:
        raise InputError(f"--view {which.view} takes {what}")


def _write(reading: Looked | AttentionMaps, which: Shown, meaning: Meaning | None, output: Path) -> None:
    maps = _maps(reading)
    match output.suffix.lower():
        case ".json":
            maps.save_json(output)
        case ".npz":
            maps.save_npz(output)
        case ".html":
            write_page(reading, output, which, meaning)
        case _:
            from manyheads.cli.picturing import write_figure

            write_figure(reading, output, which, meaning)


def write_page(
    reading: Looked | AttentionMaps, output: Path, which: Shown, meaning: Meaning | None = None
) -> None:
    """Write a page with the calculation of the head that was named, else of the layer's weightiest one.

    Args:
        reading: What a model made of a text, or maps of any origin, of which no calculation is known.
        output: The file.
        which: With what the page opens.
        meaning: One word in several sentences; None where nobody asked.
    """
    from manyheads.views.document import Start, document_of_maps, document_of_reading
    from manyheads.views.effects import effects_of_heads
    from manyheads.views.page import save_page

    start = Start(which.view, which.kind, which.layer, which.head, which.token)
    if isinstance(reading, AttentionMaps):
        save_page(document_of_maps(reading, start=start), output)
        return
    kind, effects = cast("Kind", which.kind), effects_of_heads(reading)
    head = weightiest_head(effects, kind, which.layer) if which.head is None else which.head
    steps_of = (kind, which.layer, head)
    document = document_of_reading(reading, start=start, heads=[steps_of], effects=effects, meaning=meaning)
    save_page(document, output)


def weightiest_head(
    effects: Mapping[Kind, Float32[np.ndarray, "layers heads"]] | None, kind: Kind, layer: int
) -> int:
    """Find the head without which the result moves farthest.

    Args:
        effects: What `effects_of_heads` measured; None where nobody did.
        kind: Which attention.
        layer: Counted from 0.

    Returns:
        Its number; 0 where nothing was measured.
    """
    return 0 if effects is None else int(np.argmax(effects[kind][layer]))


def _fields(reading: Looked | AttentionMaps, which: Shown) -> dict[str, object]:
    maps = _maps(reading)
    kind = maps.kind(which.kind)
    fields: dict[str, object] = {"text": maps.src_text}
    if isinstance(reading, TranslationReading):
        fields = {"text": reading.translation.text, "score": reading.translation.score}
    weights = maps.select(which.kind, which.layer, which.head)
    fields |= {
        "kind": which.kind,
        "layer": which.layer,
        "head": which.head,
        "rows": kind.rows,
        "columns": kind.columns,
        "weights": [[round(float(weight), 6) for weight in row] for row in weights],
    }
    if isinstance(reading, TranslationReading):
        fields["alignment"] = reading.translation.alignment or ()
    return fields


def _parts(reading: Looked | AttentionMaps, which: Shown) -> Iterator[RenderableType]:
    maps = _maps(reading)
    yield _texts(maps)
    yield Text()
    yield HeatMap(maps, which.kind, layer=which.layer, head=which.head)
    if isinstance(reading, TranslationReading) and (linked := reading.linked).links:
        heads = maps.kind("cross").num_heads
        source = f"cross attention, layer {reading.usual_layer}, mean of {heads} heads"
        yield Text()
        yield Text(f"{linked.what} that belong together: {source}", style="bold")
        yield Text()
        yield Crossing(linked.src, linked.tgt, linked.links)


def _compared(meaning: Meaning) -> Iterator[RenderableType]:
    """Set out how alike a word's vectors are, the mean over pairs of sentences, layer by layer."""
    yield Text()
    title = f"'{label(meaning.word)}' in {len(meaning.texts)} sentences: cosine between its vectors"
    yield Text(title, style="bold")
    yield Text()
    grid = Table.grid(padding=(0, 2))
    pairs = np.tril_indices(len(meaning.texts), -1)
    for name, cosines in zip(meaning.names, meaning.cosines.cpu().numpy(), strict=True):
        grid.add_row(Text(name, style="dim"), Text(f"{cosines[pairs].mean():.2f}"))
    yield grid


def _texts(maps: AttentionMaps) -> Table:
    """Set the texts beside their names, so that long ones keep to their column."""
    grid = Table.grid(padding=(0, 2))
    grid.add_row(Text("text" if maps.tgt_text is None else "source", style="dim"), Text(label(maps.src_text)))
    if maps.tgt_text is not None:
        grid.add_row(Text("translation", style="dim"), Text(label(maps.tgt_text)))
    return grid
