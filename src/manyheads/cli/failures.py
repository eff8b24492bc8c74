"""What went wrong or may have, in one line."""

import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import typer

from manyheads.errors import ManyheadsError, ManyheadsWarning

# The base of all that typer finds wrong with a command line; it has no public name.
_WrongUse: type[Exception] = typer.BadParameter.__bases__[0]
_INTERRUPTED = 130  # as a shell counts: 128 and the signal's number
_SMALLER = (
    "training.batch_tokens=N below the recipe's, "
    "with training.accumulate=K so that an update learns from as much"
)
_LESS_MEMORY = {
    "train": f"try {_SMALLER}",
    "quickstart": f"try `manyheads train numbers` with {_SMALLER}",
    "translate": "try a smaller --batch-tokens",
    "embed": "try a smaller --batch-tokens",
    "similarity": "try a smaller --batch-tokens",
    "fill-mask": "try a smaller --batch-tokens",
    "classify": "try a smaller --batch-tokens",
    "tag": "try a smaller --batch-tokens",
    "evaluate": "try a smaller --batch-tokens",
    "look": "try a shorter text",
}


def told(error: BaseException, words: Sequence[str]) -> tuple[str, int]:
    """Tell an error in one line.

    Args:
        error: What was raised.
        words: The command line.

    Returns:
        The line, and what to exit with.
    """
    message = " ".join(str(error).split())
    if isinstance(error, KeyboardInterrupt):
        return "interrupted", _INTERRUPTED
    if isinstance(error, ManyheadsError) and error.exit_code == _INTERRUPTED:
        return message, _INTERRUPTED
    if isinstance(error, ManyheadsError):
        return f"error: {message}", error.exit_code
    if isinstance(error, _WrongUse):
        return f"error: {_wrong_use(error, words)}", 2
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return f"error: there is not enough memory for this; {_less_memory(words)}", 1
    bug = f"{type(error).__name__}: {message}"
    return f"error: this is a bug of manyheads ({bug}); please report it with what --debug shows", 1


@contextmanager
def warnings_told() -> Iterator[None]:
    """Show what the library warns of as one line each, without a place in the code."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", ManyheadsWarning)
        show = warnings.showwarning

        def tell(message, category, *where) -> None:  # noqa: ANN001, ANN002
            if issubclass(category, ManyheadsWarning):
                print(f"manyheads: warning: {' '.join(str(message).split())}", file=sys.stderr)
            else:
                show(message, category, *where)

        warnings.showwarning = tell
        yield


def _less_memory(words: Sequence[str]) -> str:
    """Advise what the verb at hand understands."""
    verb = next((word for word in words if not word.startswith("-")), "")
    return _LESS_MEMORY.get(verb, "try it where there is more")


def _wrong_use(error: Exception, words: Sequence[str]) -> str:
    """Bring typer's words into the form of ours: with what was given, and where help is."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "manyheads"
    flags = getattr(getattr(error, "param", None), "opts", ())
    given = _given(flags, words)
    if isinstance(error, typer.BadParameter) and given:
        reason = error.message.removeprefix("Value error, ").replace("Input should", "it should")
        message = f"{given[0]} cannot be '{given[1]}': {reason}"
    else:
        message = getattr(error, "format_message", error.__str__)()
    message = " ".join(message.split()).rstrip(".")
    return f"{message[:1].lower()}{message[1:]}; see {command} --help"


def _given(flags: Sequence[str], words: Sequence[str]) -> tuple[str, str] | None:
    """Find an option and what was given for it; typer's words leave that out."""
    for word, following in zip(words, [*words[1:], ""], strict=True):
        flag, equals, value = word.partition("=")
        if flag in flags:
            return flag, value if equals else following
    return None
