import base64
import hashlib
import json
import re
import zlib

import numpy as np
import pytest

from manyheads.errors import InputError
from manyheads.views.document import Start, document_of_maps
from manyheads.views.maps import AttentionMaps, KindMaps
from manyheads.views.page import asset, save_page
from manyheads.views.page import render_page as render


def element(page, pattern):
    found = re.search(pattern, page, re.DOTALL)
    assert found, pattern
    return found[1]


def described(page):
    return json.loads(
        element(page, r'<script type="application/json" id="manyheads-document">(.*?)</script>')
    )


def render_page(maps, **start):
    return render(document_of_maps(maps, start=Start(**start)))


def test_the_weights_are_deflated_bytes_of_square_roots_with_heads_first(maps):
    """round(255 * sqrt(1/3)) = round(147.22) = 147."""
    page = render_page(maps)
    packed = element(page, r'<script type="text/plain" id="weights-cross-1">(.*?)</script>')
    stored = np.frombuffer(zlib.decompress(base64.b64decode(packed)), np.uint8).reshape(2, 2, 3)
    assert stored[0].tolist() == [[0, 0, 255], [0, 0, 255]]
    assert stored[1].tolist() == [[147, 147, 147], [147, 147, 147]]


def test_the_script_is_told_tokens_sizes_and_where_to_start(maps):
    told = described(render_page(maps, kind="encoder", layer=1))
    assert told["start"] == {"view": "head", "kind": "encoder", "layer": 1, "head": None, "token": None}
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
    assert described(page)["texts"] == [text, text]


def test_a_text_that_turns_directions_or_holds_controls_is_written_as_escapes():
    page = render_page(evil("\u202eevil\x00 \ud800"))
    assert described(page)["texts"] == ["\\u202eevil\\x00 \\ud800"] * 2
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
    """The only addresses are the names of XML's spaces, which nobody fetches."""
    page = render_page(maps)
    addresses = set(re.findall(r"https?://[^\s\"'`]+", page))
    assert addresses <= {
        f"http://www.w3.org/{name}" for name in ("2000/svg", "1999/xhtml", "1998/Math/MathML", "1999/xlink")
    }
    assert not re.search(r"//cdn|@import|\bsrc=|url\(", page)


def test_the_script_cannot_end_its_own_element(maps):
    assert "</script" not in asset("explorer.js")
    assert "$" not in asset("explorer.html").replace("$policy", "").replace("$title", "").replace(
        "$style", ""
    ).replace("$script", "").replace("$described", "").replace("$weights", "")


def test_a_file_that_was_cut_short_still_holds_a_sentence_that_says_so(maps):
    page = render_page(maps)
    told = page.index("the file was cut short")
    assert told < page.index('<script type="module">') < page.index('id="manyheads-document"')


def test_the_file_is_the_page(maps, tmp_path):
    document = document_of_maps(maps, start=Start(kind="decoder", layer=0, head=1))
    save_page(document, tmp_path / "look.html")
    text = (tmp_path / "look.html").read_text(encoding="utf-8")
    assert text == render(document)
    assert text.startswith("<!doctype html>")
