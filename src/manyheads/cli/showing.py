"""A translation's maps in a terminal or in a file. Imports torch."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from manyheads.cli.translators import refuse_long
from manyheads.inference.forced import force_translation
from manyheads.inference.translate import Translator
from manyheads.inference.translation import Translation
from manyheads.views.crossing import Crossing
from manyheads.views.labels import label
from manyheads.views.maps import AttentionMaps
from manyheads.views.of_translation import link_words, maps_of_translation
from manyheads.views.terminal import HeatMap


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which map to show.

    Attributes:
        model: The model's name, for captions.
        kind: `encoder`, `decoder` or `cross`.
        layer: Counted from 0; None for the one that aligns words.
        head: Counted from 0; None for the mean.
    """

    model: str
    kind: str
    layer: int | None
    head: int | None


def show(
    translator: Translator,
    text: str,
    target: str | None,
    chosen: Chosen,
    *,
    long: Literal["error", "truncate"],
    as_json: bool,
    output: Path | None,
) -> None:
    """Translate, or take the target that is given, and show the maps.

    Args:
        translator: The model.
        text: The source.
        target: A translation to look at; None for the model's own.
        chosen: Which map.
        long: What to do with a text over the model's limit.
        as_json: Print the chosen map as one JSON object.
        output: A file to write instead of printing.
    """
    text = text.strip()
    if target is not None:
        translation = force_translation(translator, text, target)
    else:
        if long == "error":
            refuse_long(translator, text, "this one", "give it in parts, or let it be cut (--long truncate)")
        translation = translator.translate([text], attention=True, alignment=True, long=long)[0]
    if translation.truncated:
        cut = f"the text was cut to the {translator.max_tokens} tokens that the model takes"
        print(f"manyheads: warning: {cut}", file=sys.stderr)
    notes = {"score": f"{translation.score:.3f}"} | ({"target": "given"} if target is not None else {})
    maps = maps_of_translation(translation, src_text=text, model=chosen.model, notes=notes)
    chosen = _settle(chosen, maps, translator.config.alignment_layer)
    maps.select(chosen.kind, chosen.layer, chosen.head)  # refuses layers and heads that are not there
    if output is not None:
        _write(maps, chosen, output)
    elif as_json:
        print(json.dumps(_fields(maps, translation, chosen), ensure_ascii=False))
    else:
        console = Console()
        for part in _parts(maps, translation, chosen, translator.config.alignment_layer):
            console.print(part)


def _settle(chosen: Chosen, maps: AttentionMaps, alignment_layer: int) -> Chosen:
    """Take the layer that aligns words where none is named; an encoder may have fewer layers."""
    if chosen.layer is not None:
        return chosen
    return replace(chosen, layer=min(alignment_layer, maps.kind(chosen.kind).num_layers - 1))


def _write(maps: AttentionMaps, chosen: Chosen, output: Path) -> None:
    match output.suffix.lower():
        case ".json":
            maps.save_json(output)
        case ".npz":
            maps.save_npz(output)
        case ".html":
            from manyheads.views.page import save_page

            save_page(maps, output, kind=chosen.kind, layer=chosen.layer, head=chosen.head)
        case _:
            from manyheads.views.figure import save_map

            save_map(maps, output, chosen.kind, layer=chosen.layer, head=chosen.head)


def _fields(maps: AttentionMaps, translation: Translation, chosen: Chosen) -> dict[str, object]:
    kind = maps.kind(chosen.kind)
    return {
        "text": translation.text,
        "score": translation.score,
        "kind": chosen.kind,
        "layer": chosen.layer,
        "head": chosen.head,
        "rows": kind.rows,
        "columns": kind.columns,
        "weights": [
            [round(float(w), 6) for w in row] for row in maps.select(chosen.kind, chosen.layer, chosen.head)
        ],
        "alignment": translation.alignment or (),
    }


def _parts(
    maps: AttentionMaps, translation: Translation, chosen: Chosen, alignment_layer: int
) -> Iterator[RenderableType]:
    linked = link_words(translation, src_text=maps.src_text, layer=alignment_layer)
    yield _texts(maps.src_text, translation.text)
    yield Text()
    yield HeatMap(maps, chosen.kind, layer=chosen.layer, head=chosen.head)
    if linked.links:
        heads = maps.kind("cross").num_heads
        source = f"cross attention, layer {alignment_layer}, mean of {heads} heads"
        yield Text()
        yield Text(f"{linked.what} that belong together: {source}", style="bold")
        yield Text()
        yield Crossing(linked.src, linked.tgt, linked.links)


def _texts(source: str, translation: str) -> Table:
    """Set the two texts side by side with their names, so that long ones keep to their column."""
    grid = Table.grid(padding=(0, 2))
    grid.add_row(Text("source", style="dim"), Text(label(source)))
    grid.add_row(Text("translation", style="dim"), Text(label(translation)))
    return grid
