from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyheads.views.wires import draw, lay_out


@st.composite
def alignments(draw_from):
    src = draw_from(st.lists(st.integers(1, 9), min_size=1, max_size=7))
    tgt = draw_from(st.lists(st.integers(1, 9), min_size=1, max_size=7))
    link = st.tuples(st.integers(0, len(src) - 1), st.integers(0, len(tgt) - 1))
    return src, tgt, sorted(set(draw_from(st.lists(link, max_size=9))))


def follow(lines, place):
    """Walk down from a cell of the first line along every stroke; return where the walk leaves the last."""
    ways = {
        "│": "UD", "─": "LR", "╮": "LD", "╭": "RD", "╯": "LU", "╰": "RU", "┤": "UDL", "├": "UDR",
        "┴": "LRU", "┬": "LRD", "┼": "UDLR", " ": "",
    }  # fmt: skip
    steps = {"U": (-1, 0), "D": (1, 0), "L": (0, -1), "R": (0, 1)}
    seen, todo, ends = set(), [(0, place, "D")], set()
    while todo:
        line, cell, heading = todo.pop()
        if line == len(lines):
            ends.add(cell)
            continue
        if (line, cell, heading) in seen or line < 0:
            continue
        seen.add((line, cell, heading))
        stroke = lines[line][cell][0]
        back = {"U": "D", "D": "U", "L": "R", "R": "L"}[heading]
        assert back in ways[stroke], f"a line runs into {stroke!r}"
        onward = [heading] if stroke == "┼" and len({*ways[stroke]}) == 4 else ways[stroke].replace(back, "")
        todo += [(line + steps[way][0], cell + steps[way][1], way) for way in onward if way != "U"]
    return ends


@pytest.mark.property
@given(alignments())
def test_words_never_touch(alignment):
    src, tgt, links = alignment
    layout = lay_out(src, tgt, links)
    for places, widths in ((layout.src, src), (layout.tgt, tgt)):
        for (one, width), (next_one, _) in pairwise(zip(places, widths, strict=True)):
            assert next_one - one - width >= 3


@pytest.mark.property
@given(alignments())
def test_every_stroke_can_be_drawn_and_no_line_runs_along_another(alignment):
    src, tgt, links = alignment
    layout = lay_out(src, tgt, links)
    lines = list(draw(list(layout.nets.values())))
    assert all(stroke.strip() for line in lines for stroke, colour in line if colour)
    leave = {net.source for net in layout.nets.values()}
    assert len(leave) == len(layout.nets)
    for source, net in layout.nets.items():
        others = {place for word, other in layout.nets.items() if word != source for place in other.targets}
        assert net.source not in others - set(net.targets)


def test_links_that_do_not_cross_become_straight_lines():
    """Widths 3 and 9: middles at 1 and 4, so the narrow words move right by 3."""
    layout = lay_out([3, 3], [9, 9], [(0, 0), (1, 1)])
    assert layout.src == (3, 15)
    assert layout.tgt == (0, 12)
    assert ["".join(stroke for stroke, _ in line) for line in draw(list(layout.nets.values()))] == [
        "    │           │"
    ]


@pytest.mark.property
@given(st.permutations(range(5)), st.lists(st.integers(1, 9), min_size=10, max_size=10))
def test_a_line_leads_from_each_word_to_its_own(order, widths):
    links = sorted(enumerate(order))
    layout = lay_out(widths[:5], widths[5:], links)
    lines = list(draw(list(layout.nets.values())))
    for source, target in links:
        place = layout.tgt[target] + (widths[5 + target] - 1) // 2
        assert follow(lines, layout.nets[source].source) == {place}
