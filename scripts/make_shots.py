"""Screenshots of every view, light and dark: `make shots`; needs Chromium and the package's `dev` extra.

With --docs the best of them go into docs/images, small enough for a repository.
"""

import argparse
import sys
from pathlib import Path

from make_gallery import write_pages
from PIL import Image

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests" / "web"))
from conftest import Browser, find_browser

BEST = {
    "encoder-all-0": (0, 0, 1280, 1120),
    "encoder-how-2": (0, 1198, 1280, 2240),
    "translation-translation-3": (0, 0, 1280, 1010),
    "encoder-meaning-3": (0, 0, 1280, 760),
}
"""Which pictures, and which part of each."""


def main() -> None:
    """Write the pages and take their pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--translator", type=Path, required=True, help="a translator's folder")
    parser.add_argument("--text", default="three hundred and forty-two", help="what it translates")
    parser.add_argument("--output", type=Path, default=Path("runs/shots"))
    parser.add_argument("--docs", type=Path, help="a folder of docs to put the best into")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    pages = write_pages(options.translator, options.text, options.output)
    executable = find_browser()
    if executable is None:
        sys.exit("a screenshot takes Chromium, but none is installed (Debian: apt-get install chromium)")
    with Browser(executable) as browser:
        for page in pages:
            shoot(browser, page, options.output)
    if options.docs is not None:
        publish(options.output, options.docs / "images")


def shoot(browser: Browser, page: Path, folder: Path) -> None:
    """Every view that the page has."""
    for dark in (False, True):
        opened = browser.open(page.resolve().as_uri(), dark=dark)
        names = opened.evaluate(
            "[...document.querySelectorAll('nav.views button')].map((each) => each.textContent)"
        )
        for number, name in enumerate(names):
            opened.evaluate(f"document.querySelectorAll('nav.views button')[{number}].click()")
            opened.tab.wait_for_timeout(600)
            target = folder / f"{page.stem}-{name.split()[0].lower()}-{number}{'-dark' if dark else ''}.png"
            opened.screenshot(target, whole=True)
            print(target)


def publish(shots: Path, images: Path) -> None:
    """Put the best pictures, cut and with few colours, into the docs."""
    for name, (left, top, right, bottom) in BEST.items():
        with Image.open(shots / f"{name}.png") as shot:
            cut = shot.crop((left, top, right, min(bottom, shot.height)))
            cut.quantize(96).save(images / f"explorer-{name}.png", optimize=True)


if __name__ == "__main__":
    main()
