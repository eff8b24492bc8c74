"""Views other than a map, as figures: what is written in them is text, and it is the model's."""

from xml.etree import ElementTree as ET

import numpy as np
import pytest
import torch

from manyheads.errors import InputError
from manyheads.inference.embed import Encoder
from manyheads.views.calculation import calculate
from manyheads.views.figure import save_grid, save_rollout
from manyheads.views.figure_parts import short
from manyheads.views.figure_views import save_meaning, save_ribbons, save_steps
from manyheads.views.meaning import meaning_of
from manyheads.views.of_pair import TranslationReading
from manyheads.views.of_text import TextReading

TEXT = "a dog runs"


def drawn(path):
    root = ET.fromstring(path.read_text(encoding="utf-8"))  # noqa: S314 (we wrote it)
    return ["".join(text.itertext()).strip() for text in root.iter("{http://www.w3.org/2000/svg}text")]


def written(number):
    return f"{number:.2f}".replace("-", "−")


@pytest.fixture
def of_pair(make_translator):
    return TranslationReading(make_translator(), TEXT, name="toy")


@pytest.fixture
def of_text(make_runner):
    return TextReading(Encoder(make_runner()), TEXT, name="toy")


def test_the_grid_names_every_layer_and_head(maps, tmp_path):
    save_grid(maps, tmp_path / "a.svg", "cross")
    found = drawn(tmp_path / "a.svg")
    assert {"layer 0", "layer 1", "head 0", "head 1", "forty two"} <= set(found)
    assert "cross attention, every head; each picture on its own scale · toy" in found
    assert (tmp_path / "a.svg").read_text(encoding="utf-8").count("<image") == 4


def test_a_rollout_is_drawn_with_its_numbers(of_text, tmp_path):
    save_rollout(of_text.maps, tmp_path / "a.svg", layer=0)
    found = drawn(tmp_path / "a.svg")
    shares = of_text.maps.rollout("encoder", 0)
    assert {f"{share:.2f}".removeprefix("0") for share in shares.flat if share >= 0.005} <= set(found)
    assert "attention rollout over layers 0 to 0 · toy" in found


def test_ribbons_link_the_words_that_belong_together(of_pair, tmp_path):
    linked = of_pair.linked
    save_ribbons(linked, of_pair.maps, tmp_path / "a.svg")
    found = drawn(tmp_path / "a.svg")
    assert {short(word).strip() for word in (*linked.src, *linked.tgt)} <= set(found)
    ribbons = (tmp_path / "a.svg").read_text(encoding="utf-8").count("opacity: 0.45")
    assert ribbons == len(linked.links) > 0


def test_a_meaning_is_drawn_layer_by_layer_and_pair_by_pair(make_runner, tmp_path):
    texts = [TEXT, "the Dog sees a man", "one dog"]
    meaning = meaning_of(Encoder(make_runner()), "dog", texts)
    save_meaning(meaning, tmp_path / "a.svg", model="toy")
    found = drawn(tmp_path / "a.svg")
    pairs = torch.tril_indices(3, 3, -1)
    for cosines in meaning.cosines:
        assert written(cosines[pairs[0], pairs[1]].mean()) in found
    assert {written(cosine) for cosine in meaning.cosines[-1].flatten()} <= set(found)
    assert {f"{number} {text}" for number, text in enumerate(texts, 1)} <= set(found)


@pytest.mark.parametrize("kind", ["encoder", "decoder", "cross"])
def test_the_steps_are_those_of_the_head(of_pair, tmp_path, kind):
    found = calculate(of_pair, kind, 1, 2)
    save_steps(found, of_pair.maps, tmp_path / "a.svg", token=1, likeliest=of_pair.answer.words[1])
    told = drawn(tmp_path / "a.svg")
    weights = of_pair.maps.kinds[kind].weights[1, 2, 1]
    assert {written(weight) for weight in weights} <= set(told)
    products = found.narrow["key"] @ found.narrow["query"][1]
    if kind == "decoder":
        products = np.where(np.arange(len(products)) > 1, -np.inf, products)
        assert "−∞" in told
    for product in products[np.isfinite(products)]:
        assert written(product) in told
        assert written(product / np.sqrt(len(found.narrow["query"][1]))) in told
    assert any(each.startswith(f"{kind} attention, layer 1, head 2, as “") for each in told)
    likeliest = ", ".join(f"{short(word)} {share:.3f}" for word, share in of_pair.answer.words[1])
    assert " ".join(f"likeliest there: {likeliest}".split()) in [" ".join(each.split()) for each in told]


def test_a_token_that_is_not_there_has_no_steps(of_text, tmp_path):
    found = calculate(of_text, "encoder", 0, 0)
    with pytest.raises(InputError, match=r"there is no token 9; tokens are 0\.\.4"):
        save_steps(found, of_text.maps, tmp_path / "a.svg", token=9)
    assert not list(tmp_path.iterdir())
