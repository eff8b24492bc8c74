"""The errors that a user meets: one sentence each, the same in Python, on the command line and over HTTP.

A sentence says what must hold, what was given, where (file, line, field) and what to do.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class ManyheadsError(Exception):
    """Base of every error that is the user's to mend; anything else is a bug of ours.

    Attributes:
        exit_code: What the command line exits with: 2 for wrong use or input, 1 for a failed run.
    """

    exit_code = 2


class InputError(ManyheadsError):
    """A text, a file or an option that cannot be used."""


class RecipeError(ManyheadsError):
    """A recipe with mistakes: all of them are listed, not the first alone."""


class ModelError(ManyheadsError):
    """A folder that is no model, or whose parts do not fit each other."""


class RunError(ManyheadsError):
    """A run that started well and failed: no space left, a loss that is not a number."""

    exit_code = 1


class ManyheadsWarning(UserWarning):
    """What a user should know and need not mend; the command line shows it in one line."""


def suggest(word: str, known: Iterable[str]) -> str:
    """Say which known word was probably meant, as the end of an error's sentence.

    Args:
        word: What was given.
        known: What would have been right.

    Returns:
        `; did you mean 'x'?`, or nothing where no known word is close.

    Example:
        >>> suggest("drop_out", ["dropout", "d_model"])
        "; did you mean 'dropout'?"
        >>> suggest("zzz", ["dropout"])
        ''
    """
    close = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean '{close[0]}'?" if close else ""
