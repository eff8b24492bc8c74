import itertools
import re

import numpy as np
import pytest

from manyheads.views.document import document_of_maps
from manyheads.views.labels import label
from manyheads.views.maps import AttentionMaps, KindMaps
from manyheads.views.page import save_page

pytestmark = pytest.mark.web

SRC = ("<script>ran=1</script>", "</script>", "&amp;", "שלום", "$x_1$", "e\u0301te\u0301", "</s>")
TGT = ("<img src=x onerror=ran=1>", "猫", " two words ", "\u202eturned", "</s>")
LAYERS, HEADS = 3, 2


def attention(rows, columns, seed):
    weights = np.random.default_rng(seed).gamma(0.3, size=(LAYERS, HEADS, len(rows), len(columns)))
    weights = (weights + 1e-6) / (weights + 1e-6).sum(-1, keepdims=True)
    return KindMaps(rows, columns, weights.astype(np.float32))


@pytest.fixture(scope="module")
def maps():
    kinds = {
        "encoder": attention(SRC, SRC, 1),
        "decoder": attention(TGT, ("<s>", *TGT[:-1]), 2),
        "cross": attention(TGT, SRC, 3),
    }
    return AttentionMaps("a <b>model</b>", " ".join(SRC[:-1]), " ".join(TGT[:-1]), kinds, {"beam": "5"})


@pytest.fixture(scope="module")
def file(maps, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "look.html"
    save_page(document_of_maps(maps), path)
    return path


def numbers(page):
    """Read the shown map from its table of numbers."""
    page.evaluate("document.getElementById('numbers').open = true")
    page.wait("document.querySelectorAll('#numbers data').length > 0")
    return np.array(
        page.evaluate(
            "[...document.querySelectorAll('#numbers tr')].slice(1).map("
            "(row) => [...row.querySelectorAll('data')].map((cell) => Number(cell.value)))"
        )
    )


def named(number):
    return "mean" if number is None else number


def place(page, selector):
    """Find the middle of an element in the window."""
    return page.evaluate(
        f"(() => {{ const box = document.querySelector({selector!r}).getBoundingClientRect();"
        "return [box.x + box.width / 2, box.y + box.height / 2]; })()"
    )


def token(column, number):
    return f"#{column} li:nth-child({number + 1}) button"


def test_every_map_on_the_page_equals_the_arrays(maps, file, open_page):
    page = open_page(file)
    for kind in maps.kinds:
        page.choose(kind=kind)
        for layer, head in itertools.product([None, *range(LAYERS)], [None, *range(HEADS)]):
            page.choose(layer=named(layer), head=named(head))
            shown = numbers(page)
            assert np.abs(shown - maps.select(kind, layer, head)).max() <= 0.004
            assert np.abs(shown.sum(1) - 1).max() <= 0.02
            assert page.text("#matrix-title") == maps.title(kind, layer, head)


def test_another_head_is_another_picture(file, open_page):
    page = open_page(file)
    picture = "document.querySelector('#matrix canvas').toDataURL()"
    seen = set()
    for layer, head in itertools.product(range(LAYERS), range(HEADS)):
        page.choose(layer=layer, head=head)
        seen.add(page.evaluate(picture))
    assert len(seen) == LAYERS * HEADS


def test_tokens_that_spell_markup_are_shown_and_not_run(maps, file, open_page):
    page = open_page(file)
    listed = "[...document.querySelectorAll('#{} button')].map((token) => token.textContent)"
    assert page.evaluate(listed.format("rows")) == [label(each) for each in TGT]
    assert page.evaluate(listed.format("columns")) == [label(each) for each in SRC]
    assert page.text("h1 bdi") == maps.src_text
    assert page.text(".eyebrow bdi") == maps.model
    assert page.evaluate("typeof ran") == "undefined"
    assert page.evaluate("document.querySelectorAll('img, b:not(.readout b)').length") == 0


def test_a_cell_under_the_mouse_tells_its_tokens_and_weight(maps, file, open_page):
    page = open_page(file)
    page.choose(kind="cross", layer=1, head=0)
    left, top, width, height = page.evaluate(
        "(() => { const box = document.getElementById('matrix').getBoundingClientRect();"
        "return [box.x, box.y, box.width, box.height]; })()"
    )
    read = set()
    for x, y in itertools.product(
        np.arange(left + 2, left + width, 37), np.arange(top + 2, top + height, 20)
    ):
        page.point(x, y)
        read.add(page.text("#readout"))
    weights = maps.select("cross", 1, 0)
    told = {text.rpartition(": ")[0]: float(text.rpartition(": ")[2]) for text in read if " → " in text}
    expected = {
        f"{label(row)} → {label(column)}": weights[i, j]
        for (i, row), (j, column) in itertools.product(enumerate(TGT), enumerate(SRC))
    }
    assert told.keys() == expected.keys()
    assert all(abs(told[cell] - expected[cell]) <= 0.0045 for cell in expected)


def test_a_token_under_the_mouse_tells_its_strongest_lines_and_a_click_keeps_them(maps, file, open_page):
    page = open_page(file)
    page.choose(kind="cross", layer=2, head=1)
    strongest = np.argsort(-maps.select("cross", 2, 1)[1])[:3]
    page.point(*place(page, token("rows", 1)))
    pattern = r", ".join(rf"{re.escape(label(SRC[column]))} \d\.\d{{3}}" for column in strongest)
    assert re.fullmatch(rf"猫 → {pattern}", page.text("#lines-readout"))
    page.point(1, 1)
    assert page.text("#lines-readout").startswith("Point at a token")
    page.click(*place(page, token("columns", 4)))
    page.point(1, 1)
    assert page.text("#lines-readout").startswith("$x_1$ ← ")
    assert (
        page.evaluate(f"document.querySelector({token('columns', 4)!r}).getAttribute('aria-pressed')")
        == "true"
    )


def test_the_keyboard_reaches_layers_cells_and_tokens(file, open_page):
    page = open_page(file, fragment="#kind=cross&layer=0&head=0")
    page.evaluate("document.querySelector('[name=layer]:checked').focus()")
    page.press("ArrowRight")
    page.wait("document.documentElement.dataset.shown === 'view=head&kind=cross&layer=1&head=0'")
    page.evaluate("document.getElementById('matrix').focus()")
    for key in ("ArrowDown", "ArrowDown", "ArrowRight"):
        page.press(key)
    assert page.text("#readout").startswith(f"{label(TGT[1])} → {label(SRC[1])}: 0.")
    page.evaluate(f"document.querySelector({token('rows', 0)!r}).focus()")
    page.press("ArrowDown")
    assert page.text("#lines-readout").startswith("猫 → ")


def test_a_view_can_be_linked_and_a_link_to_nothing_is_ignored(file, open_page):
    shown = "document.documentElement.dataset.shown"
    page = open_page(file, fragment="#kind=encoder&layer=2&head=mean")
    assert page.evaluate(shown) == "view=head&kind=encoder&layer=2&head=mean"
    page = open_page(file, fragment="#view=constructor&kind=toString&layer=99&head=<b>")
    assert page.evaluate(shown) == "view=head&kind=cross&layer=mean&head=mean"


def test_dark_is_dark_and_light_is_light(file, open_page):
    for dark in (True, False):
        page = open_page(file, dark=dark)
        red = int(re.findall(r"\d+", page.evaluate("getComputedStyle(document.body).backgroundColor"))[0])
        assert red < 40 if dark else red > 220


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_hangs_over_the_edge(file, open_page, width):
    page = open_page(file, width=width, height=800)
    for kind in ("encoder", "decoder", "cross"):
        page.choose(kind=kind)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_large_map_scrolls_under_its_tokens_on_a_small_canvas(tmp_path, open_page):
    tokens = tuple(f"token{number}" for number in range(150))
    weights = np.eye(150, dtype=np.float32)[None, None]
    maps = AttentionMaps("m", "many", None, {"encoder": KindMaps(tokens, tokens, weights)})
    save_page(document_of_maps(maps), tmp_path / "a.html")
    page = open_page(tmp_path / "a.html")
    assert page.evaluate("document.querySelector('#matrix canvas').width") <= 1280
    assert page.evaluate("document.querySelector('#matrix canvas').height") <= 900
    page.evaluate("document.getElementById('matrix').focus()")
    for _ in range(150):
        page.press("ArrowDown")
    assert page.text("#readout") == "token149 → token0: 0.000"
    assert page.evaluate("document.getElementById('matrix').scrollTop") > 500


def test_a_damaged_file_says_so(file, tmp_path, open_page):
    whole = file.read_text(encoding="utf-8")
    start = whole.index('id="weights-cross-0">') + len('id="weights-cross-0">')
    (tmp_path / "cut.html").write_text(whole[:start] + whole[start + 40 :], encoding="utf-8")
    page = open_page(tmp_path / "cut.html")
    assert page.evaluate("document.documentElement.dataset.shown") == "problem"
    assert page.text("#problem").startswith("This page is damaged, or was made by another version: ")


def test_the_policy_stops_foreign_scripts_and_connections(file, browser):
    page = browser.open(file.as_uri())
    added = "const foreign = document.createElement('script'); foreign.textContent = 'var ran = 1';"
    assert page.evaluate(f"{added} document.body.append(foreign); typeof ran") == "undefined"
    assert page.evaluate("fetch('http://127.0.0.1:9/').then(() => 'sent', () => 'stopped')") == "stopped"
    complaints = " ".join(page.complaints())
    assert "script-src" in complaints
    assert re.search(r"connect-src|default-src", complaints)
