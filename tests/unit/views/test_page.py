import base64
import hashlib
import html
import json
import re
import zlib

import numpy as np
import pytest

from manyheads.errors import InputError
from manyheads.views.maps import AttentionMaps, KindMaps
from manyheads.views.page import render_page, save_page


def element(page, pattern):
    found = re.search(pattern, page, re.DOTALL)
    assert found, pattern
    return found[1]


def described(page):
    return json.loads(element(page, r'<script type="application/json" id="described">(.*?)</script>'))


def test_the_weights_are_deflated_bytes_of_square_roots_with_heads_first(maps):
    """round(255 * sqrt(1/3)) = round(147.22) = 147."""
    page = render_page(maps)
    packed = element(page, r'<script type="text/plain" id="weights-cross-1">(.*?)</script>')
    stored = np.frombuffer(zlib.decompress(base64.b64decode(packed)), np.uint8).reshape(2, 2, 3)
    assert stored[0].tolist() == [[0, 0, 255], [0, 0, 255]]
    assert stored[1].tolist() == [[147, 147, 147], [147, 147, 147]]


@pytest.mark.parametrize("weight", np.linspace(0, 1, 23).tolist())
def test_no_weight_is_off_by_more_than_four_thousandths(weight):
    """The step of the square root is 1/255, so the error is at most about sqrt(w) / 255."""
    row = np.array([[[[weight, 1 - weight]]]], np.float32)
    page = render_page(AttentionMaps("m", "a", None, {"encoder": KindMaps(("a",), ("b", "c"), row)}))
    packed = element(page, r'id="weights-encoder-0">(.*?)</script>')
    stored = np.frombuffer(zlib.decompress(base64.b64decode(packed)), np.uint8)
    assert abs((stored[0] / 255) ** 2 - weight) <= 0.004


def test_the_script_is_told_tokens_sizes_and_where_to_start(maps):
    told = described(render_page(maps, kind="encoder", layer=1))
    assert told["start"] == {"kind": "encoder", "layer": 1, "head": None}
    assert list(told["kinds"]) == ["encoder", "decoder", "cross"]
    assert told["kinds"]["cross"]["columns"] == ["forty", "two", "</s>"]
    assert (told["kinds"]["cross"]["layers"], told["kinds"]["cross"]["heads"]) == (2, 2)


def test_it_opens_with_the_cross_attention_where_there_is_one(maps):
    assert described(render_page(maps))["start"]["kind"] == "cross"
    encoder = AttentionMaps("m", "a", None, {"encoder": maps.kinds["encoder"]})
    assert described(render_page(encoder))["start"]["kind"] == "encoder"


def test_a_head_that_does_not_exist_is_refused(maps):
    with pytest.raises(InputError, match=r"there is no head 9; heads are 0\.\.1"):
        render_page(maps, head=9)


def evil(text):
    weights = np.ones((1, 1, 1, 1), np.float32)
    return AttentionMaps(text, text, text, {"encoder": KindMaps((text,), (text,), weights)}, {text: text})


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", "</script><img src=x onerror=alert(1)>", "&lt;b&gt;", '"><svg onload=x>'],
)
def test_whatever_a_text_spells_stays_text(text):
    plain, page = render_page(evil("plain")), render_page(evil(text))
    assert re.findall(r"<\w+", page) == re.findall(r"<\w+", plain)
    assert described(page)["kinds"]["encoder"]["rows"] == [text]
    assert html.unescape(element(page, r"<h1><bdi dir=.auto.>(.*?)</bdi>")) == text


def test_a_text_that_turns_directions_or_holds_controls_is_written_as_escapes():
    page = render_page(evil("\u202eevil\x00 \ud800"))
    assert "\\u202eevil\\x00 \\ud800" in page
    assert not set("\u202e\x00\ud800") & set(page)


def test_the_policy_allows_the_pages_own_script_and_nothing_else(maps):
    page = render_page(maps)
    policy = element(page, r'http-equiv="Content-Security-Policy" content="(.*?)"')
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    for rule, pattern in (
        ("script-src", r'<script type="module">(.*?)</script>'),
        ("style-src", r"<style>(.*?)</style>"),
    ):
        digest = base64.b64encode(hashlib.sha256(element(page, pattern).encode()).digest()).decode()
        assert rules.pop(rule) == f"'sha256-{digest}'"
    assert set(rules.values()) == {"'none'"}
    assert "default-src" in rules


def test_nothing_in_the_page_leads_outside(maps):
    page = render_page(maps)
    assert not re.search(r"https?://|//cdn|@import|\bsrc=|url\(", page)


def test_a_long_text_is_set_smaller(maps):
    long = AttentionMaps("m", "word " * 60, None, maps.kinds)
    assert '<h1 class="long">' in render_page(long)
    assert "<h1>" in render_page(maps)


def test_the_file_is_the_page(maps, tmp_path):
    save_page(maps, tmp_path / "look.html", kind="decoder", layer=0, head=1)
    text = (tmp_path / "look.html").read_text(encoding="utf-8")
    assert text == render_page(maps, kind="decoder", layer=0, head=1)
    assert text.startswith("<!doctype html>")
