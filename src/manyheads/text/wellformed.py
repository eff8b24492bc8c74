"""Text that is Unicode: what every tokenizer asks for before it takes a text."""

from manyheads.errors import InputError


def check_wellformed(text: str) -> str:
    """Give a text back, or say what makes it no Unicode text.

    Args:
        text: Any string that Python holds.

    Returns:
        The text.

    Raises:
        InputError: If half a surrogate pair stands in it.
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(
            f"a text must be whole Unicode characters, character {error.start} of "
            f"{text[max(0, error.start - 20) : error.start + 20]!a} is half a surrogate pair; "
            "read the file as UTF-8"
        ) from error
    return text
