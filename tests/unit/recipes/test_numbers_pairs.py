"""The shipped pairs of number words: right, each once, and made again by the committed script."""

import gzip
import importlib.util
from importlib.resources import files
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[3] / "scripts" / "make_numbers.py"
GERMAN = (
    "null ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn "
    "fünfzehn sechzehn siebzehn achtzehn neunzehn"
)
GERMAN_TENS = "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig"
ENGLISH = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
)
ENGLISH_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
UNITS, TENS = GERMAN.split(), GERMAN_TENS.split()
UNITS_EN, TENS_EN = ENGLISH.split(), ENGLISH_TENS.split()


def shipped_bytes() -> bytes:
    return (files("manyheads.recipes") / "numbers.tsv.gz").read_bytes()


@pytest.fixture(scope="module")
def rows() -> list[list[str]]:
    text = gzip.decompress(shipped_bytes()).decode("utf-8")
    return [line.split("\t") for line in text.removesuffix("\n").split("\n")]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_numbers", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def german_below_thousand(number: int) -> str:
    """Compose units before tens: 342 is drei + hundert + zwei + und + vierzig."""
    hundreds, rest = divmod(number, 100)
    word = UNITS[hundreds] + "hundert" if hundreds else ""
    if 0 < rest < 20:
        return word + UNITS[rest]
    tens, units = divmod(rest, 10)
    return word + (UNITS[units] + "und" if units else "") + (TENS[tens - 2] if tens else "")


def german(number: int) -> str:
    if number == 0:
        return "null"
    thousands, rest = divmod(number, 1000)
    word = german_below_thousand(thousands) + "tausend" if thousands else ""
    return word + german_below_thousand(rest) + ("s" if rest % 100 == 1 else "")


def english_below_thousand(number: int) -> list[str]:
    hundreds, rest = divmod(number, 100)
    words = [UNITS_EN[hundreds], "hundred"] if hundreds else []
    if hundreds and rest:
        words.append("and")
    if 0 < rest < 20:
        words.append(UNITS_EN[rest])
    elif rest:
        tens, units = divmod(rest, 10)
        words.append(TENS_EN[tens - 2] + (f"-{UNITS_EN[units]}" if units else ""))
    return words


def english(number: int) -> str:
    if number == 0:
        return "zero"
    thousands, rest = divmod(number, 1000)
    words = [*english_below_thousand(thousands), "thousand"] if thousands else []
    if thousands and 0 < rest < 100:
        words.append("and")
    return " ".join([*words, *english_below_thousand(rest)])


def test_the_header_names_the_two_languages(rows: list[list[str]]) -> None:
    assert rows[0] == ["en", "de"]


@pytest.mark.parametrize(
    ("number", "pair"),
    [
        (0, ["zero", "null"]),
        (1, ["one", "eins"]),
        (101, ["one hundred and one", "einhunderteins"]),
        (342, ["three hundred and forty-two", "dreihundertzweiundvierzig"]),
        (717, ["seven hundred and seventeen", "siebenhundertsiebzehn"]),
        (21_000, ["twenty-one thousand", "einundzwanzigtausend"]),
        (101_000, ["one hundred and one thousand", "einhunderteintausend"]),
    ],
)
def test_a_number_is_spelt_as_a_person_would(rows: list[list[str]], number: int, pair: list[str]) -> None:
    assert pair in rows
    assert [english(number), german(number)] == pair


def test_every_pair_is_what_our_own_rule_composes(rows: list[list[str]], script: ModuleType) -> None:
    """The rule here shares nothing with num2words: hundreds, then units before tens, then "tausend".

    That the script makes the very file is tested in tests/docs/test_scripts.py.
    """
    expected = [[english(number), german(number)] for number in script.chosen_numbers()]
    assert rows[1:] == expected


def test_no_sentence_stands_there_twice(rows: list[list[str]]) -> None:
    assert len({source for source, _ in rows}) == len({target for _, target in rows}) == len(rows) == 24_001


def test_short_and_round_numbers_are_all_there(script: ModuleType) -> None:
    numbers = set(script.chosen_numbers())
    assert numbers >= {*range(1_000), *range(1_000, 1_000_000, 1_000)}
    assert max(numbers) < 1_000_000


def test_the_file_stays_small() -> None:
    assert len(shipped_bytes()) < 600_000
