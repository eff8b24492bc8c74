import io

import pytest
from rich.console import Console

from manyheads.errors import InputError
from manyheads.views.crossing import Crossing

SRC = ["three", "hundred", "and", "forty", "two"]
TGT = ["drei", "hundert", "zwei", "und", "vierzig"]
LINKS = [(0, 0), (1, 1), (4, 2), (2, 3), (3, 4)]


def drawn(crossing, width=80, **settings):
    console = Console(file=io.StringIO(), width=width, **{"color_system": None, **settings})
    console.print(crossing)
    return [line.rstrip() for line in console.file.getvalue().rstrip("\n").split("\n")]


def test_the_german_turns_the_last_two_round():
    assert drawn(Crossing(SRC, TGT, LINKS)) == [
        "three   hundred   and   forty   two",
        "  │        │       │      │      │",
        "  │        │       │      ╰──────┼─╮",
        "  │        │       ╰───────╮     │ │",
        "  │        │        ╭──────┼─────╯ │",
        " drei   hundert    zwei   und   vierzig",
    ]


def test_a_word_with_two_links_branches_and_a_word_with_none_stands_alone():
    assert drawn(Crossing(["can't"], ["kann", "nicht", "ja"], [(0, 0), (0, 1)])) == [
        "can't",
        "  │",
        "  ├───────╮",
        " kann   nicht   ja",
    ]


def test_lines_have_colours_and_words_without_one_are_dim():
    text = "\n".join(
        drawn(Crossing(["a"], ["b", "c"], [(0, 0)]), color_system="standard", force_terminal=True)
    )
    assert "\x1b[36ma\x1b[0m" in text
    assert "\x1b[2mc\x1b[0m" in text


def test_what_is_too_wide_becomes_a_list():
    assert drawn(Crossing(["forty", "two"], ["zwei", "vierzig", "so"], [(1, 0), (0, 1)]), width=16) == [
        "zwei <- two",
        "vierzig <- forty",
        "so <- (nothing)",
    ]


def test_no_words_draw_nothing_and_raise_nothing():
    assert drawn(Crossing([], [], [])) == [""]
    assert drawn(Crossing(["a"], [], [])) == ["a"]


@pytest.mark.parametrize("link", [(5, 0), (0, 5), (-1, 0)])
def test_a_link_to_a_word_that_is_not_there_is_refused(link):
    with pytest.raises(InputError, match=rf"the link {link[0]}-{link[1]} must .*: 5 in the source and 5 in"):
        Crossing(SRC, TGT, [link])
