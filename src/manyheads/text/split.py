"""Which pairs are held out: a hash of the source sentence decides, whatever the file's order or the seed.

All pairs of one source go to one part; otherwise a sentence's second translation, in the training part, would
give the held-out first one away.
"""

import math
import unicodedata
from enum import IntEnum
from hashlib import blake2b

import numpy as np
from jaxtyping import UInt8, UInt64

_MIN_SOURCES = 3


class Part(IntEnum):
    """What a pair is used for."""

    TRAIN = 0
    VALID = 1
    TEST = 2


def normalize_source(text: str) -> str:
    """Reduce a sentence to what two spellings of it have in common.

    Args:
        text: A source sentence.

    Returns:
        It in NFKC, case folded, with single spaces and without outer punctuation.

    Example:
        >>> normalize_source('"Wie  geht’s DIR?"')
        'wie geht’s dir'
    """
    text = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    begin, end = 0, len(text)
    while begin < end and unicodedata.category(text[begin])[0] in "PZ":
        begin += 1
    while end > begin and unicodedata.category(text[end - 1])[0] in "PZ":
        end -= 1
    # Of "?!" nothing would be left, and it is not the same sentence as "...".
    return text[begin:end] or text


def hash_text(text: str) -> int:
    """Give a text's number, the same on every machine and in every run.

    Args:
        text: Any text.

    Returns:
        64 bits.
    """
    return int.from_bytes(blake2b(text.encode("utf-8"), digest_size=8).digest(), "little")


def held_out_sizes(
    num_sources: int, *, valid_fraction: float, test_fraction: float, max_held_out: int
) -> tuple[int, int]:
    """Say how many distinct sources go to the validation and the test part.

    Args:
        num_sources: How many distinct sources there are; of fewer than three none is held out.
        valid_fraction: The validation part's share, rounded up.
        test_fraction: The test part's share, rounded up.
        max_held_out: The most that either gets.

    Returns:
        The two sizes.

    Example:
        >>> held_out_sizes(150, valid_fraction=0.01, test_fraction=0.01, max_held_out=2000)
        (2, 2)
    """
    if num_sources < _MIN_SOURCES:
        return 0, 0
    # Rounded first: 700 * 0.01 is a little more than 7.
    shares = (valid_fraction, test_fraction)
    valid, test = (min(math.ceil(round(num_sources * share, 6)), max_held_out) for share in shares)
    return valid, test


def choose_parts(
    hashes: UInt64[np.ndarray, " pairs"], *, num_valid: int, num_test: int
) -> UInt8[np.ndarray, " pairs"]:
    """Give every pair its part: the sources with the smallest hashes validate, the next ones test.

    Args:
        hashes: The hash of each pair's normalised source.
        num_valid: How many distinct sources validate.
        num_test: How many distinct sources test.

    Returns:
        Each pair's part.
    """
    distinct = np.unique(hashes)
    rank = np.searchsorted(distinct, hashes)
    parts = np.full(len(hashes), Part.TRAIN, np.uint8)
    parts[rank < num_valid + num_test] = Part.TEST
    parts[rank < num_valid] = Part.VALID
    return parts
