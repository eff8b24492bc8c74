import io

import numpy as np
import pytest
from rich.cells import cell_len
from rich.console import Console

from manyheads.errors import InputError
from manyheads.views.maps import AttentionMaps, KindMaps
from manyheads.views.terminal import HeatMap


def drawn(renderable, width=80, **settings):
    console = Console(file=io.StringIO(), width=width, **{"color_system": None, **settings})
    console.print(renderable)
    return console.file.getvalue()


def square(tokens):
    weights = np.eye(len(tokens), dtype=np.float32)[None, None]
    return AttentionMaps("m", " ".join(tokens), None, {"encoder": KindMaps(tokens, tokens, weights)})


def test_a_small_map_stands_beside_its_tokens_with_its_weights(maps):
    """Layer 0: both heads together look half at `forty` and half at `two`."""
    lines = [line.rstrip() for line in drawn(HeatMap(maps, "cross", layer=0)).split("\n")]
    assert lines == [
        "cross attention, layer 0, mean of 2 heads",
        "Each row is a token that was written: where the model looked in the source.",
        "",
        "         forty  two  </s>",
        "   zwei ██.50  ██.50",
        "vierzig ██.50  ██.50",
        "",
        "      0     ░░░░▒▒▒▒▒▒▓▓▓▓████ .50",
        "",
    ]


def test_colours_are_used_where_there_are_enough(maps):
    text = drawn(HeatMap(maps, "cross", layer=0), color_system="truecolor", force_terminal=True)
    assert "\x1b[38;2;10;14;28;48;2;247;243;222m" in text
    assert "█" not in text


def test_tokens_that_do_not_fit_side_by_side_stand_upright():
    maps = square(("elephant", "cat", "dormouse", "ox"))
    lines = drawn(HeatMap(maps, "encoder"), width=30).split("\n")
    header = [line.ljust(30) for line in lines if line.startswith(" " * 8)][:8]
    columns = ["".join(line[place] for line in header).strip() for place in (9, 12, 15, 18)]
    assert columns == ["elephant", "cat", "dormouse", "ox"]


def test_columns_that_do_not_fit_go_on_below():
    """Twelve columns of two cells beside a margin of three in 20 cells: eight a band, so two bands."""
    maps = square(tuple(f"t{number}" for number in range(12)))
    text = drawn(HeatMap(maps, "encoder"), width=20)
    assert text.count(" t0 ") == 2
    cells = [line[4:] for line in text.split("\n") if line.lstrip().startswith("t") and line[:3].strip()]
    assert sum(line.count("██") for line in cells) == 12


def test_what_a_terminal_has_no_room_for_is_said():
    """130 tokens: 100 rows are drawn; 4 bands of (30 - 5) // 2 = 12 columns are 48, so 82 are left."""
    text = drawn(HeatMap(square(tuple(f"t{n:03}" for n in range(130))), "encoder"), width=30)
    assert "30 more rows and 82 more columns are not drawn" in " ".join(text.split())


@pytest.mark.parametrize("width", [12, 40, 80])
def test_no_line_is_wider_than_the_terminal(width):
    tokens = ("猫が", "donaudampfschifffahrtsgesellschaft", "e\u0301te\u0301", "👨\u200d👩", "x" * 50, "")
    for line in drawn(HeatMap(square(tokens), "encoder"), width=width).split("\n"):
        assert cell_len(line) <= width


def test_a_token_cannot_command_the_terminal_or_rich():
    text = drawn(HeatMap(square(("\x1b[31mred", "[bold]b[/bold]")), "encoder"))
    assert "\x1b" not in text
    assert "\\x1b[31mred" in text
    assert "[bold]b[/bold]" in text


def test_a_head_that_does_not_exist_is_refused_before_anything_is_drawn(maps):
    with pytest.raises(InputError, match=r"there is no head 7; heads are 0\.\.1"):
        HeatMap(maps, "cross", layer=0, head=7)
