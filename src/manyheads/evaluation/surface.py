"""Does a text look like what people write, or like what a script left of it: tokenised, lower-cased?"""

import re
from collections.abc import Sequence

# A space before a full stop or comma is wrong in every language that puts spaces between words; the French do
# it before "?", "!", ":" and ";", so those say nothing. The others are what Moses' scripts leave behind.
_TOKENISED = re.compile(r"[\w)»”\"] [.,](?: |$)|&apos;|&quot;|@-@")
_PLAIN = re.compile(r"\w[.!?]$|\w, ")
_FEWEST = 20  # sentences; a shorter text proves nothing
_ENOUGH = 0.25  # of the sentences
_STRAY = 0.01  # of the sentences

_MISMATCH = {
    "tokenised": "right words may count as wrong; bring both sides to the same form, best plain text",
    "lower-cased": "every capital letter of the other side counts as an error; restore the case, or score "
    "without regard to it (lowercase)",
}


def surface_warnings(
    hypotheses: Sequence[str], references: Sequence[str], *, tokenize: str, lowercase: bool
) -> tuple[str, ...]:
    """Say what makes a score incomparable with others, a sentence each.

    Args:
        hypotheses: What the system said.
        references: What a person said.
        tokenize: How BLEU will cut text into words; with `none` tokenised text is meant to be.
        lowercase: Whether case will not count.

    Returns:
        The warnings; none for texts of fewer than 20 sentences.
    """
    incomparable = "the score cannot be compared with scores on text as people write it"
    split_again = f"{incomparable}; detokenise them, or say tokenize none instead of {tokenize}"
    found = [
        _doubt(
            "tokenised",
            looks_tokenised(hypotheses),
            looks_tokenised(references),
            "" if tokenize == "none" else split_again,
        )
    ]
    if not lowercase:
        restore = f"{incomparable}; restore the case, or put it into the signature (lowercase)"
        found.append(
            _doubt(
                "lower-cased",
                looks_lowercased(hypotheses),
                looks_lowercased(references),
                "the score counts on lower-cased text" if tokenize == "none" else restore,
            )
        )
    return tuple(sentence for sentence in found if sentence)


def looks_tokenised(texts: Sequence[str]) -> bool | None:
    """Look for spaces before punctuation and for Moses' escapes in at least a quarter of the sentences.

    Args:
        texts: The sentences.

    Returns:
        Whether the text is tokenised (or plain), None where it has fewer than 20 sentences or no clear signs.
    """
    if len(texts) < _FEWEST:
        return None
    tokenised = sum(1 for text in texts if _TOKENISED.search(text.rstrip()))
    if tokenised >= _ENOUGH * len(texts):
        return True
    plain = sum(1 for text in texts if _PLAIN.search(text.rstrip()))
    return False if plain >= _ENOUGH * len(texts) else None


def looks_lowercased(texts: Sequence[str]) -> bool | None:
    """Look for sentences in a cased script of which hardly one in a hundred has an upper-case letter.

    Georgian does not count as cased, nor do Chinese sentences of which a few mention "km": at least half of
    the sentences must have letters that could be upper-case.

    Args:
        texts: The sentences.

    Returns:
        Whether the text is lower-cased (or has its capitals), None where there are too few sentences to say.
    """
    upper = sum(1 for text in texts if text.lower() != text)
    # Not `str.upper`: Georgian letters have an upper case for headlines, but no title case.
    lower = sum(1 for text in texts if text.lower() == text != text.title())
    cased = upper + lower
    if cased < _FEWEST or cased < len(texts) / 2:
        return None
    if upper <= _STRAY * cased:
        return True
    return False if upper >= _ENOUGH * cased else None


def _doubt(manner: str, hypotheses: bool | None, references: bool | None, incomparable: str) -> str:
    """Word the doubt: the two sides differ, or both are unlike what other people score."""
    sides = [
        name for name, looks in (("hypotheses", hypotheses), ("references", references)) if looks is True
    ]
    if not sides:
        return ""
    if False in (hypotheses, references):
        return f"only the {sides[0]} look {manner}, so {_MISMATCH[manner]}"
    return f"the {' and the '.join(sides)} look {manner}, so {incomparable}" if incomparable else ""
