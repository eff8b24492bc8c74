"""What was looked at as one figure. Imports torch and matplotlib."""

from pathlib import Path
from typing import cast

from manyheads.cli.looking import Looked
from manyheads.cli.showing import Shown, weightiest_head
from manyheads.errors import InputError
from manyheads.model.tap import Kind
from manyheads.views.calculation import calculate
from manyheads.views.effects import effects_of_heads
from manyheads.views.figure import save_grid, save_map, save_rollout
from manyheads.views.figure_views import save_meaning, save_ribbons, save_steps
from manyheads.views.maps import AttentionMaps
from manyheads.views.meaning import Meaning
from manyheads.views.of_pair import TranslationReading


def write_figure(
    reading: Looked | AttentionMaps, output: Path, which: Shown, meaning: Meaning | None
) -> None:
    """Draw one view.

    Args:
        reading: What a model made of a text, or maps of any origin.
        output: The file, which ends in `.svg` or `.png`.
        which: What to draw.
        meaning: One word in several sentences; None where nobody asked.

    Raises:
        InputError: A recurrent translator's attention was to be taken apart.
    """
    maps = reading if isinstance(reading, AttentionMaps) else reading.maps
    match which.view:
        case "head":
            save_map(maps, output, which.kind, layer=which.layer, head=which.head)
        case "grid":
            save_grid(maps, output, which.kind)
        case "rollout":
            save_rollout(maps, output, which.kind, layer=which.layer)
        case "meaning" if meaning is not None:
            save_meaning(meaning, output, model=maps.model)
        case "translation" if isinstance(reading, TranslationReading):
            save_ribbons(reading.linked, maps, output)
        case "steps" if not isinstance(reading, AttentionMaps):
            _write_steps(reading, output, which)
        case _:
            raise ValueError(f"{maps.model} has no view {which.view}")


def _write_steps(reading: Looked, output: Path, which: Shown) -> None:
    kind = cast("Kind", which.kind)
    head = weightiest_head(effects_of_heads(reading), kind, which.layer) if which.head is None else which.head
    found = calculate(reading, kind, which.layer, head)
    if found is None:
        raise InputError("--view steps shows dot products, but a recurrent translator's attention has none")
    first = next(place for place, mark in enumerate(reading.marks[kind]) if not mark)
    token = (first if kind == "encoder" else 0) if which.token is None else which.token
    words = reading.answer.words
    aside = kind == "encoder" and isinstance(reading, TranslationReading)  # its words are the target's
    likeliest = () if aside or not words else words[token]
    save_steps(found, reading.maps, output, token=token, likeliest=likeliest)
