"""Weights as cells of a terminal: colours where it has enough of them, else blocks, else digits."""

from dataclasses import dataclass

from rich.color import Color
from rich.console import Console, ConsoleOptions
from rich.style import Style
from rich.text import Text

# From little to much, each step about equally lighter: brightness is seen by colour-blind people too.
RAMP = (
    (17, 24, 46),
    (27, 50, 95),
    (33, 84, 141),
    (44, 125, 172),
    (95, 168, 190),
    (165, 208, 205),
    (247, 243, 222),
)
_BLOCKS = " ░▒▓█"
_WORTH_A_NUMBER = 0.045
# Where dark and light ink can be read equally well on the ramp.
_DARK_INK_FROM = 0.495


@dataclass(frozen=True, slots=True)
class Shades:
    """How one drawing turns weights into cells.

    Attributes:
        kind: `colour`, `block` or `digit`.
        top: The weight that gets the strongest shade, from 0 to 1.
    """

    kind: str
    top: float

    def cell(self, weight: float, width: int, *, with_number: bool) -> Text:
        """Draw one weight.

        Args:
            weight: From 0 to 1.
            width: The cells it takes.
            with_number: Write the weight into the cell, where it is more than next to nothing.

        Returns:
            Text of this width.
        """
        number = f"{weight:.2f}".removeprefix("0") if with_number and weight >= _WORTH_A_NUMBER else ""
        share = weight / self.top
        if self.kind == "colour":
            return Text(number.center(width), style=_style(share))
        if self.kind == "digit":
            return Text((number or f"{min(9, int(share * 10))}".replace("0", ".")).center(width))
        block = _BLOCKS[round(share * (len(_BLOCKS) - 1))]
        if not with_number:
            return Text(block * width)
        return Text(f"{block * 2}{number}".ljust(width) if number else (block * 2).ljust(width))

    def legend(self, margin: int, room: int) -> Text:
        """Draw the shades from nothing to the largest weight.

        Args:
            margin: How far the legend is moved to the right.
            room: The width from there on.

        Returns:
            One line.
        """
        line = Text(" " * (margin - 1) + "0 ")
        steps = max(1, min(10, (room - 7) // 2 - 1))
        for step in range(steps + 1):
            line.append_text(self.cell(self.top * step / steps, 2, with_number=False))
        line.append(f" {self.top:.2f}".replace(" 0.", " ."))
        return line


def shades_for(console: Console, options: ConsoleOptions, *, top: float) -> Shades:
    """Choose what this console can show.

    Args:
        console: Where the drawing goes.
        options: Its options for this drawing.
        top: The largest weight of the map.

    Returns:
        Shades from 0 to this weight.
    """
    if options.ascii_only:
        return Shades("digit", top)
    enough = console.color_system in {"truecolor", "256"} and not console.no_color
    return Shades("colour" if enough else "block", top)


def _style(share: float) -> Style:
    place = max(0.0, min(1.0, share)) * (len(RAMP) - 1)
    below = min(int(place), len(RAMP) - 2)
    mixed = [
        round(low + (high - low) * (place - below))
        for low, high in zip(RAMP[below], RAMP[below + 1], strict=True)
    ]
    ink = Color.from_rgb(10, 14, 28) if share > _DARK_INK_FROM else Color.from_rgb(240, 244, 248)
    return Style(bgcolor=Color.from_rgb(*mixed), color=ink)
