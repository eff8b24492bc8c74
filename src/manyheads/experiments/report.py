"""A report: text, tables and figures made of what was measured, as Markdown beside its pictures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from manyheads.checkpoint.atomic import write_file
from manyheads.errors import InputError
from manyheads.views.paper import paper, save_figure


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph, or several.

    Attributes:
        markdown: The words; every number in them is formatted from the result.
    """

    markdown: str


@dataclass(frozen=True, slots=True)
class Table:
    """Figures in rows.

    Attributes:
        columns: The heads; the first column's cells are names, the others' are numbers.
        rows: A cell a column, formatted.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    def __post_init__(self) -> None:
        """Refuse a row that has another number of cells."""
        for row in self.rows:
            if len(row) != len(self.columns):
                raise InputError(f"a row of a table must have {len(self.columns)} cells, but {row} has not")


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure, written as SVG and as PNG.

    Attributes:
        name: Its file's name, without a suffix.
        caption: What is to be seen in it; its first sentence is read to whoever cannot see it.
        draw: Makes the figure; called in the style of the paper.
    """

    name: str
    caption: str
    draw: Callable[[], Figure]


Part = Text | Table | Picture


def write_report(folder: Path, parts: Sequence[Part], *, name: str = "report.md") -> Path:
    """Write a report and its pictures.

    Args:
        folder: Where they go; it is made if need be.
        parts: What the report consists of, in order.
        name: The report's file.

    Returns:
        The report.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for part in parts:
        if isinstance(part, Picture):
            with paper():
                figure = part.draw()
                for suffix in (".svg", ".png"):
                    save_figure(figure, folder / f"{part.name}{suffix}")
    path = folder / name
    write_file(path, ("\n\n".join(markdown(part) for part in parts) + "\n").encode())
    return path


def markdown(part: Part) -> str:
    """Write one part down.

    Args:
        part: The part.

    Returns:
        Markdown.

    Example:
        >>> print(markdown(Table(["heads", "BLEU"], [["1", "36.1"]])))
        | heads | BLEU |
        | --- | ---: |
        | 1 | 36.1 |
    """
    if isinstance(part, Text):
        return part.markdown.strip()
    if isinstance(part, Picture):
        return f"![{part.caption.partition('. ')[0]}]({part.name}.svg)\n\n*{part.caption}*"
    ruler = ["---", *["---:"] * (len(part.columns) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in (part.columns, ruler, *part.rows))
