"""How figures look on paper: fonts, inks, the colours of weights, and SVG whose text is text."""

import io
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager

from manyheads.errors import InputError
from manyheads.views.writing import write_whole

INK = "#1a2133"
QUIET = "#586074"
RULE = "#dcd8cc"
BLUE = "#1b568f"
ORANGE = "#c2570c"
# From paper to ink in steps of about equal lightness: it survives a black and white printer.
WEIGHTS = LinearSegmentedColormap.from_list(
    "weights", ["#fffefb", "#dce9ea", "#a9cdd6", "#6aa9c6", "#3680b0", "#1f558c", "#13294f"]
)
# Numbers below and above zero: orange, paper, blue.
SIGNED = LinearSegmentedColormap.from_list(
    "signed", ["#8a3b00", "#c96a1f", "#eab27c", "#fffefb", "#96bfdb", "#3d82b8", "#123f73"]
)
_PIXELS_PER_INCH = 200
# Asked after the first for letters that it lacks, as far as this machine has them.
_FURTHER_FONTS = (
    "Noto Sans",
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "Noto Sans Hebrew",
    "Noto Sans Arabic",
    "Noto Sans Devanagari",
    "Noto Sans Thai",
    "Hiragino Sans",
    "PingFang SC",
    "Apple SD Gothic Neo",
    "Yu Gothic",
    "Microsoft YaHei",
    "Malgun Gothic",
    "Segoe UI",
    "Arial Unicode MS",
)


@contextmanager
def paper() -> Iterator[None]:
    """Draw and save figures in one style, whatever the settings of the process are."""
    settings: dict[Any, object] = {
        "font.family": ["DejaVu Sans", *_further_fonts(), "sans-serif"],
        "font.size": 9.0,
        "text.color": INK,
        "text.usetex": False,
        "text.parse_math": False,
        "axes.edgecolor": RULE,
        "axes.labelcolor": QUIET,
        "axes.linewidth": 0.8,
        "xtick.color": INK,
        "ytick.color": INK,
        "svg.fonttype": "none",
        "svg.hashsalt": "manyheads",
    }
    with mpl.rc_context(), warnings.catch_warnings():
        # A letter that no font of this machine has becomes a box in PNG; in SVG the reader's fonts draw it.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        mpl.rcdefaults()
        mpl.rcParams.update(settings)
        yield


def save_figure(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write a figure as what the file's name says, whole or not at all.

    Args:
        figure: The drawing, made inside `paper()`; this is called there too.
        path: The file, which ends in `.svg` or `.png`.

    Raises:
        InputError: The name ends in something else.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in {".svg", ".png"}:
        raise InputError(f"a figure must be written to a file that ends in .svg or .png, not to '{path}'")
    content = as_svg(figure).encode() if suffix == ".svg" else _rendered(figure, "png", {"Software": None})
    write_whole(path, content)


def as_svg(figure: Figure) -> str:
    """Render a figure as SVG: the same drawing gives the same characters on every day.

    Args:
        figure: The drawing, made inside `paper()`; this is called there too.

    Returns:
        The SVG document.
    """
    return _rendered(figure, "svg", {"Date": None, "Creator": "manyheads"}).decode("utf-8")


def _rendered(figure: Figure, kind: str, metadata: dict[str, str | None]) -> bytes:
    content = io.BytesIO()
    figure.savefig(
        content, format=kind, metadata=metadata, bbox_inches="tight", pad_inches=0.1, dpi=_PIXELS_PER_INCH
    )
    return content.getvalue()


@cache
def _further_fonts() -> tuple[str, ...]:
    installed = set(fontManager.get_font_names())
    return tuple(name for name in _FURTHER_FONTS if name in installed)
