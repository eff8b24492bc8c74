import re
from itertools import pairwise
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from manyheads.errors import InputError
from manyheads.views.figure import save_heads, save_map
from manyheads.views.maps import AttentionMaps, KindMaps


def texts(path):
    root = ET.fromstring(path.read_text(encoding="utf-8"))  # noqa: S314 (we wrote it)
    return ["".join(text.itertext()).strip() for text in root.iter("{http://www.w3.org/2000/svg}text")]


def self_attention(*tokens):
    weights = np.eye(len(tokens), dtype=np.float32)[None, None]
    return AttentionMaps("m", " ".join(tokens), None, {"encoder": KindMaps(tokens, tokens, weights)})


def test_tokens_numbers_and_caption_are_text_in_the_svg(maps, tmp_path):
    save_map(maps, tmp_path / "a.svg", "cross", layer=1, head=1)
    found = texts(tmp_path / "a.svg")
    assert {"zwei", "vierzig", "forty", "two", "</s>", "attention weight"} <= set(found)
    assert found.count(".33") == 6
    assert "cross attention, layer 1, head 1 · toy" in found
    assert {"forty two", "zwei vierzig"} <= set(found)


def test_tokens_that_look_like_markup_stay_as_they_are(tmp_path):
    tokens = ("$x_1$", "_", "<b>", "&amp;", "\\alpha", "$", "</text>")
    save_map(self_attention(*tokens), tmp_path / "a.svg", "encoder")
    found = texts(tmp_path / "a.svg")
    assert all(found.count(token) == 2 for token in tokens)


@pytest.mark.parametrize("suffix", ["svg", "png"])
def test_letters_that_no_font_has_do_not_warn(tmp_path, suffix):
    """Warnings are errors here; the last is a letter that hardly any machine can draw."""
    tokens = ("猫", "שלום", "e\u0301", "👩\u200d👧", "\x1b[0m", "\U00013000")
    save_map(self_attention(*tokens), tmp_path / f"a.{suffix}", "encoder")
    assert (tmp_path / f"a.{suffix}").stat().st_size > 1000


def test_the_png_shows_the_strongest_weight_darkest(tmp_path):
    """Four cells of 0.34 inch at 200 dots an inch: 68 by 68 dots each; two are full, two empty."""
    save_map(self_attention("a", "b"), tmp_path / "a.png", "encoder")
    image = np.asarray(Image.open(tmp_path / "a.png").convert("RGB")).reshape(-1, 3)
    dark = (image == (0x13, 0x29, 0x4F)).all(axis=1).sum()
    assert 0.8 * 2 * 68**2 < dark < 1.3 * 2 * 68**2


def test_the_same_map_gives_the_same_file(maps, tmp_path):
    for name in ("a.svg", "b.svg"):
        save_map(maps, tmp_path / name, "encoder")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_all_heads_of_a_layer_stand_side_by_side_on_one_scale(maps, tmp_path):
    save_heads(maps, tmp_path / "a.svg", "cross", layer=0)
    found = texts(tmp_path / "a.svg")
    assert {"head 0", "head 1", "cross attention, layer 0, 2 heads · toy"} <= set(found)
    assert found.count("zwei") == 1
    assert found.count("forty") == 2
    assert found.count("attention weight") == 1


def test_a_long_sentence_names_every_nth_token_in_readable_type(tmp_path):
    save_map(self_attention(*(f"t{number}" for number in range(200))), tmp_path / "a.svg", "encoder")
    found = texts(tmp_path / "a.svg")
    named = [int(text[1:]) for text in found if re.fullmatch(r"t\d+", text)]
    steps = {second - first for first, second in pairwise(named) if second > first}
    assert len(steps) == 1
    assert named[0] == 0
    sizes = re.findall(r"font(?:-size)?: ([\d.]+)px", (tmp_path / "a.svg").read_text(encoding="utf-8"))
    assert min(map(float, sizes)) >= 3.5


def test_a_name_with_another_ending_is_refused(maps, tmp_path):
    with pytest.raises(
        InputError, match=r"must be written to a file that ends in \.svg or \.png, not to '.*a\.pdf'"
    ):
        save_map(maps, tmp_path / "a.pdf", "cross")
    assert not list(tmp_path.iterdir())
