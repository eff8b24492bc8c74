"""How many texts were cut, told once."""

import sys
from collections.abc import Callable, Sequence


class Truncated:
    """Counts the texts that were cut, to say so once."""

    def __init__(self) -> None:
        self.count = 0
        self.first = 0

    def note(self, numbers: Sequence[int]) -> None:
        """Count some more.

        Args:
            numbers: Of their lines, in order.
        """
        self.first = self.first or next(iter(numbers), 0)
        self.count += len(numbers)

    def warn(self, limit: int, place: Callable[[int], str]) -> None:
        """Say how many there were, if any.

        Args:
            limit: The tokens that the model takes.
            place: Says where a text stands, by its line.
        """
        if not self.count:
            return
        texts, first = ("text was", "") if self.count == 1 else ("texts were", "the first ")
        print(
            f"manyheads: warning: {self.count:,} {texts} cut to the {limit} tokens that the model takes, "
            f"{first}in {place(self.first)}",
            file=sys.stderr,
        )
