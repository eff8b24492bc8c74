import io

import pytest
from rich.console import Console

from manyheads.views.shades import RAMP, Shades, shades_for


def shades(*, encoding="utf-8", **settings):
    console = Console(file=io.TextIOWrapper(io.BytesIO(), encoding=encoding), **settings)
    return shades_for(console, console.options, top=0.8)


def luminance(colour):
    """Relative luminance as WCAG 2 defines it."""
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (part / 255 for part in colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("colour", {"color_system": "truecolor", "force_terminal": True}),
        ("colour", {"color_system": "256", "force_terminal": True}),
        ("block", {"color_system": "standard", "force_terminal": True}),
        ("block", {"color_system": None}),
        ("block", {"color_system": "truecolor", "force_terminal": True, "no_color": True}),
        ("digit", {"color_system": None, "encoding": "ascii"}),
    ],
)
def test_cells_are_what_the_console_can_show(kind, settings):
    assert shades(**settings).kind == kind


def test_more_weight_is_always_lighter():
    lights = [luminance(colour) for colour in RAMP]
    assert lights == sorted(lights)


def test_numbers_can_be_read_on_every_shade():
    """Contrast at least 4 to 1, as (lighter + 0.05) / (darker + 0.05)."""
    drawn = Shades("colour", 1.0)
    for step in range(101):
        style = drawn.cell(step / 100, 4, with_number=False).style
        paper, ink = (luminance(colour.triplet) for colour in (style.bgcolor, style.color))
        assert (max(paper, ink) + 0.05) / (min(paper, ink) + 0.05) >= 4, step


def test_blocks_get_fuller_with_the_share_of_the_largest_weight():
    """With the largest weight 0.8: 0, 1/4, 1/2, 3/4 and all of it."""
    cells = [Shades("block", 0.8).cell(w, 2, with_number=False).plain for w in (0.0, 0.2, 0.4, 0.6, 0.8)]
    assert cells == ["  ", "░░", "▒▒", "▓▓", "██"]


def test_a_cell_with_its_number_has_the_width_asked_for():
    for kind in ("colour", "block", "digit"):
        for weight, number in ((0.42, ".42"), (0.8, ".80"), (0.01, "")):
            cell = Shades(kind, 0.8).cell(weight, 7, with_number=True).plain
            assert len(cell) == 7
            assert number in cell
