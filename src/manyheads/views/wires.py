"""Where words and the lines between two rows of them go, so that no line runs along another one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

_GAP = 3
_COLOURS = ("cyan", "magenta", "green", "yellow", "blue", "red")
_LEFT, _RIGHT, _UP, _DOWN = 1, 2, 4, 8
_STROKES = {
    0: " ",
    _LEFT | _RIGHT: "─",
    _UP | _DOWN: "│",
    _LEFT | _DOWN: "╮",
    _RIGHT | _DOWN: "╭",
    _LEFT | _UP: "╯",
    _RIGHT | _UP: "╰",
    _UP | _DOWN | _LEFT: "┤",
    _UP | _DOWN | _RIGHT: "├",
    _LEFT | _RIGHT | _UP: "┴",
    _LEFT | _RIGHT | _DOWN: "┬",
    _LEFT | _RIGHT | _UP | _DOWN: "┼",
}

Links = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Net:
    """All lines that leave one source word.

    Attributes:
        source: The cell in which they leave it.
        targets: The cells in which they arrive, at least one.
        colour: Their colour.
    """

    source: int
    targets: tuple[int, ...]
    colour: str

    @property
    def left(self) -> int:
        """Find the leftmost cell."""
        return min(self.source, *self.targets)

    @property
    def right(self) -> int:
        """Find the rightmost cell."""
        return max(self.source, *self.targets)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the words of both rows begin.

    Attributes:
        src: The first cell of each source word.
        tgt: The first cell of each target word.
        nets: The lines, by source word.
        width: The cells that all of it takes.
    """

    src: tuple[int, ...]
    tgt: tuple[int, ...]
    nets: dict[int, Net]
    width: int


def lay_out(src_widths: Sequence[int], tgt_widths: Sequence[int], links: Links) -> Layout:
    """Place two rows of words: a line that crosses no other one becomes straight.

    Args:
        src_widths: The width of each source word in cells.
        tgt_widths: The width of each target word in cells.
        links: Pairs of a source word and a target word, counted from 0, in order.

    Returns:
        Where the words begin, and the lines between them.
    """
    src, tgt = _place(src_widths, tgt_widths, links)
    nets: dict[int, Net] = {}
    for source in sorted({source for source, _ in links}):
        arrive = tuple(tgt[t] + _middle(tgt_widths[t]) for s, t in links if s == source)
        leave = src[source] + _middle(src_widths[source])
        nets[source] = Net(leave, arrive, _COLOURS[len(nets) % len(_COLOURS)])
    width = max(_end(src, src_widths), _end(tgt, tgt_widths))
    return Layout(tuple(src), tuple(tgt), nets, width)


def draw(nets: Sequence[Net]) -> Iterator[list[tuple[str, str]]]:
    """Draw the lines between the two rows.

    Args:
        nets: The lines, with their places.

    Yields:
        Line by line, a stroke and its colour for each cell.
    """
    lanes = _lanes(nets)
    height = max(lanes.values(), default=0) + 1
    width = max((net.right for net in nets), default=-1) + 1
    strokes = [[0] * width for _ in range(height)]
    colours = [[""] * width for _ in range(height)]
    for number, net in enumerate(nets):
        for line, cell, stroke in _strokes_of(net, lanes[number], height):
            # Where two lines cross, the one that goes down keeps its colour.
            if stroke & (_UP | _DOWN) or not colours[line][cell]:
                colours[line][cell] = net.colour
            strokes[line][cell] |= stroke
    for line in range(height):
        yield [
            (_STROKES[stroke], colour) for stroke, colour in zip(strokes[line], colours[line], strict=True)
        ]


def _middle(width: int) -> int:
    return max(0, width - 1) // 2


def _place(src_widths: Sequence[int], tgt_widths: Sequence[int], links: Links) -> tuple[list[int], list[int]]:
    src: list[int] = []
    tgt: list[int] = []
    for source, target in [*_straight(links), (len(src_widths), len(tgt_widths))]:
        while len(src) < source:
            src.append(_next(src, src_widths))
        while len(tgt) < target:
            # Where the line of another word goes down, its own must not arrive.
            others = {src[s] + _middle(src_widths[s]) for s in range(len(src)) if (s, len(tgt)) not in links}
            place, half = _next(tgt, tgt_widths), _middle(tgt_widths[len(tgt)])
            tgt.append(next(free for free in count(place) if free + half not in others))
        if source < len(src_widths) and target < len(tgt_widths):
            half_src, half_tgt = _middle(src_widths[source]), _middle(tgt_widths[target])
            line = max(_next(src, src_widths) + half_src, _next(tgt, tgt_widths) + half_tgt)
            src.append(line - half_src)
            tgt.append(line - half_tgt)
    return src, tgt


def _straight(links: Links) -> list[tuple[int, int]]:
    """Find links that cross no other one, at most one for each word."""
    straight: list[tuple[int, int]] = []
    for source, target in links:
        crossed = any((s - source) * (t - target) < 0 for s, t in links)
        taken = straight and (source <= straight[-1][0] or target <= straight[-1][1])
        if not crossed and not taken:
            straight.append((source, target))
    return straight


def _end(places: Sequence[int], widths: Sequence[int]) -> int:
    return places[-1] + widths[len(places) - 1] if places else 0


def _next(places: Sequence[int], widths: Sequence[int]) -> int:
    return _end(places, widths) + _GAP if places else 0


def _lanes(nets: Sequence[Net]) -> dict[int, int]:
    """Give each net the line on which it goes sideways; 0 for one that only goes down.

    Of lines to the right the rightmost goes sideways first, of lines to the left the leftmost: then
    they do not cross each other.
    """
    lanes = dict.fromkeys(range(len(nets)), 0)
    sideways = [number for number in lanes if nets[number].left < nets[number].right]
    to_the_right = [number for number in sideways if nets[number].right > nets[number].source]
    placed: list[int] = []
    for number in [*reversed(to_the_right), *(n for n in sideways if n not in to_the_right)]:
        beside = [lanes[o] for o in placed if _touch(nets[o], nets[number])]
        lanes[number] = max(beside, default=0) + 1
        placed.append(number)
    return lanes


def _touch(one: Net, other: Net) -> bool:
    return one.left <= other.right and other.left <= one.right


def _strokes_of(net: Net, lane: int, height: int) -> Iterator[tuple[int, int, int]]:
    """List the strokes of one net: line, cell, and the directions in which it leaves the cell."""
    for line in range(lane):
        yield line, net.source, _UP | _DOWN
    if net.left == net.right:
        yield from ((line, net.source, _UP | _DOWN) for line in range(height))
        return
    yield lane, net.source, _UP
    for cell in range(net.left, net.right + 1):
        yield lane, cell, (_LEFT if cell > net.left else 0) | (_RIGHT if cell < net.right else 0)
    for target in net.targets:
        yield lane, target, _DOWN
        yield from ((line, target, _UP | _DOWN) for line in range(lane + 1, height))
