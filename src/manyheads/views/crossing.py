"""Two rows of words and the lines between them: which word came from which."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions
from rich.text import Text

from manyheads.errors import InputError
from manyheads.views.labels import label
from manyheads.views.wires import draw, lay_out


class Crossing:
    """An alignment for a rich console: source words above, target words below, lines between.

    Where the two rows are too wide for the console, the links are listed instead.
    """

    def __init__(self, src: Sequence[str], tgt: Sequence[str], links: Iterable[tuple[int, int]]) -> None:
        """Take the words and their links.

        Args:
            src: The words of the source.
            tgt: The words of the target.
            links: Which source word belongs to which target word, both counted from 0.

        Raises:
            InputError: A link names a word that is not there.
        """
        self._src = [label(word) for word in src]
        self._tgt = [label(word) for word in tgt]
        self._links = sorted(set(links))
        for source, target in self._links:
            if not (0 <= source < len(self._src) and 0 <= target < len(self._tgt)):
                raise InputError(
                    f"the link {source}-{target} must name words that are there: "
                    f"{len(self._src)} in the source and {len(self._tgt)} in the target, counted from 0"
                )

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        """Yield the lines of the drawing."""
        layout = lay_out([cell_len(w) for w in self._src], [cell_len(w) for w in self._tgt], self._links)
        if options.ascii_only or layout.width > options.max_width:
            yield from self._listed()
            return
        src_colours = {word: net.colour for word, net in layout.nets.items()}
        tgt_colours = {target: src_colours[source] for source, target in reversed(self._links)}
        yield _row(self._src, layout.src, src_colours)
        for line in draw(list(layout.nets.values())):
            yield Text.assemble(*line, no_wrap=True)
        yield _row(self._tgt, layout.tgt, tgt_colours)

    def _listed(self) -> Iterator[Text]:
        for number, word in enumerate(self._tgt):
            sources = " ".join(self._src[source] for source, target in self._links if target == number)
            yield Text(f"{word} <- {sources or '(nothing)'}")


def _row(words: Sequence[str], places: Sequence[int], colours: Mapping[int, str]) -> Text:
    row = Text(no_wrap=True)
    for number, (word, place) in enumerate(zip(words, places, strict=True)):
        row.append(" " * (place - row.cell_len))
        row.append(word, style=colours.get(number, "dim"))
    return row
