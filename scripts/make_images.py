"""Draw the pictures of the documents with a trained model of the `numbers` recipe.

Run with `python scripts/make_images.py MODEL`, for instance on `runs/quickstart`.
"""

import argparse
from pathlib import Path

import manyheads
from manyheads.views.figure import save_heads, save_map
from manyheads.views.of_translation import maps_of_translation

SENTENCE = "three hundred and forty-two"
IMAGES = Path(__file__).parents[1] / "docs" / "images"


def draw(model: Path, folder: Path) -> list[Path]:
    """Draw where the last decoder layer looked in the source: the mean of its heads, and each by itself."""
    translation = manyheads.load(model, threads=1).translate([SENTENCE], attention=True)[0]
    maps = maps_of_translation(translation, src_text=SENTENCE, model="numbers")
    last = maps.kind("cross").num_layers - 1
    crossing, heads = folder / "crossing.svg", folder / "heads.svg"
    save_map(maps, crossing, "cross", layer=last)
    save_heads(maps, heads, "cross", layer=last)
    return [crossing, heads]


def main() -> None:
    """Draw, and say what was written."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="the model's folder")
    parser.add_argument("--output", type=Path, default=IMAGES, help="where the pictures go")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    for path in draw(options.model, options.output):
        print(path)


if __name__ == "__main__":
    main()
