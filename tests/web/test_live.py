"""The live page: type a text, switch heads off, hide words; a server that ends."""

import socket
import threading
import time

import pytest
import uvicorn

from manyheads.inference.fill_mask import MaskFiller
from manyheads.server.app import create_app
from manyheads.views.of_pair import TranslationReading

pytestmark = pytest.mark.web


class Running:
    """A server in a thread, on a port that was free."""

    def __init__(self, models):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        config = uvicorn.Config(create_app(models), port=self.port, log_level="error", ws="none")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}/"

    def end(self):
        self._server.should_exit = True
        self._thread.join(10)


@pytest.fixture(scope="module")
def server(make_runner, make_translator):
    running = Running({"words": MaskFiller(make_runner("masked")), "toy": make_translator()})
    yield running
    running.end()


@pytest.fixture
def page(server, browser):
    opened = browser.open(server.address)
    yield opened
    assert opened.complaints() == []
    assert all(request.startswith(server.address) for request in opened.requests())


def ask(page, text, model="words"):
    page.evaluate(
        f"(() => {{ const choice = document.querySelector('[name=model]'); choice.value = {model!r};"
        "choice.dispatchEvent(new Event('change')); })()"
    )
    page.wait(f"document.querySelector('[name=model]').value === {model!r}")
    page.evaluate(f"document.querySelector('[name=text]').value = {text!r}")
    page.evaluate("document.querySelector('#asking button').click()")
    page.wait("document.querySelector('h1')")
    page.wait(f"document.querySelector('h1').textContent.startsWith({text!r})")


def click(page, selector, number=0):
    page.evaluate(f"document.querySelectorAll({selector!r})[{number}].click()")


def test_a_text_is_read_and_looked_at(page):
    ask(page, "a dog runs")
    page.wait("document.querySelector('#rows button')")
    rows = page.evaluate("[...document.querySelectorAll('#rows button')].map((each) => each.textContent)")
    assert rows == ["[CLS]", "a", "dog", "runs", "[SEP]"]
    for view in range(page.evaluate("document.querySelectorAll('nav.views button').length")):
        click(page, "nav.views button", view)
        page.wait(f"document.querySelectorAll('nav.views button')[{view}].ariaCurrent === 'page'")


def test_every_head_has_its_steps(page):
    ask(page, "a dog runs")
    page.evaluate("location.hash = '#view=steps&kind=encoder&layer=1&head=2&token=2'")
    page.wait("document.querySelector('[data-step=context]')")
    page.choose(layer=0, head=1)
    page.wait("document.querySelector('[data-step=context]')")


@pytest.mark.parametrize(("model", "kind"), [("words", "encoder"), ("toy", "cross")])
def test_the_layer_that_is_shown_first_is_the_usual_one(page, model, kind):
    ask(page, "a dog runs", model=model)
    page.wait(f"document.documentElement.dataset.shown === 'view=head&kind={kind}&layer=1&head=mean'")


def test_control_and_enter_ask_and_a_page_that_is_loaded_again_shows_the_same(page):
    page.evaluate("document.querySelector('[name=text]').value = 'a dog runs'")
    page.evaluate("document.querySelector('[name=text]').focus()")
    page.press("Control+Enter")
    page.wait("document.querySelector('h1')?.textContent === 'a dog runs'")
    click(page, "nav.views button", 0)
    page.wait("location.hash.startsWith('#view=grid')")
    page.tab.reload()
    page.wait("document.querySelector('h1')?.textContent === 'a dog runs'")
    page.wait("document.querySelector('.grid-row')")
    assert page.evaluate("document.querySelector('[name=text]').value") == "a dog runs"


def test_a_word_that_was_forced_is_taken_back(page):
    ask(page, "a dog runs", model="toy")
    before = page.text("h1 bdi + bdi")
    click(page, "nav.views button", 3)
    page.wait("document.querySelectorAll('.bars .take').length === 5")
    click(page, ".bars .take", 1)
    page.wait("document.querySelector('.what-if .tokens')?.textContent.includes('a word of yours')")
    click(page, ".what-if .tokens button")
    page.wait("!document.querySelector('.what-if .tokens')")
    assert page.text("h1 bdi + bdi") == before


def test_a_head_switched_off_shows_what_moved_within_a_second_and_comes_back(page):
    ask(page, "a dog runs")
    page.choose(layer=0, head=1)
    started = page.evaluate("performance.now()")
    click(page, "#switch")
    page.wait("document.querySelector('.what-if')?.textContent.includes('The result has moved by')")
    assert page.evaluate("performance.now()") - started < 1000
    page.wait("document.getElementById('switch').textContent === 'Switch this head on again'")
    click(page, ".what-if .walk button")
    page.wait("!document.querySelector('.what-if').textContent.includes('The result has moved by')")


def test_a_hidden_word_stands_beside_the_text_as_it_was(page):
    ask(page, "a dog runs")
    click(page, ".what-if [aria-label='Hide words'] button", 2)
    page.wait("document.querySelectorAll('.what-if table.moved tbody tr').length === 5")
    assert page.evaluate("document.querySelectorAll('.what-if .tokens button')[2].textContent") == "[MASK]"


def test_a_target_of_one_s_own_is_looked_at(page):
    ask(page, "a dog runs", model="toy")
    page.evaluate("document.querySelector('[name=other]').value = 'ein Hund'")
    click(page, "#asking button")
    page.wait("document.querySelector('h1').textContent.endsWith('ein Hund')")


def test_another_word_is_taken_and_the_search_goes_on_from_there(page):
    ask(page, "a dog runs", model="toy")
    before = page.text("h1 bdi + bdi")
    click(page, "nav.views button", 3)
    page.wait("document.querySelectorAll('.bars .take').length === 5")
    click(page, ".bars .take", 1)
    page.wait("document.querySelector('.what-if table.moved')")
    told = "[...document.querySelectorAll('.two-texts bdi + bdi')].map((each) => each.textContent)"
    was, now = page.evaluate(told)
    assert was == before
    assert now == page.text("h1 bdi + bdi") != before


def test_the_search_goes_on_from_a_prefix_that_it_had_kept(page, make_translator):
    ask(page, "a dog runs", model="toy")
    click(page, "nav.views button", 3)
    written = TranslationReading(make_translator(), "a dog runs", name="toy").written
    click(page, "[aria-label=Step] button", 2)
    page.wait("document.querySelector('[aria-label=Step] button:nth-child(3)').ariaChecked === 'true'")
    shown = page.evaluate("[...document.querySelectorAll('.beam th')].map((each) => each.textContent)")
    assert shown == [kept.text for kept in written.beam[2]]
    place = next(number for number, kept in enumerate(written.beam[2]) if not (kept.won or kept.ends))
    click(page, ".beam tr .take", sum(not kept.ends for kept in written.beam[2][:place]))
    page.wait("document.querySelector('.what-if table.moved')")
    assert page.text("h1 bdi + bdi").startswith(written.beam[2][place].text)


def test_a_changed_text_stands_beside_the_old_one(page):
    ask(page, "a dog runs")
    page.evaluate("document.querySelector('[name=edited]').value = 'a small dog runs'")
    started = page.evaluate("performance.now()")
    click(page, "#edit button")
    page.wait("document.querySelector('.what-if table.moved')")
    assert page.evaluate("performance.now()") - started < 1000
    heads = "[...document.querySelectorAll('.moved tbody th')].map((each) => each.textContent)"
    assert page.evaluate(heads) == ["[CLS]", "a", "small new", "dog", "runs", "[SEP]"]
    moved = "[...document.querySelectorAll('.moved tr')].slice(1).map((row) => row.cells[5].textContent)"
    assert [bool(each) for each in page.evaluate(moved)] == [True, True, False, True, True, True]
    assert page.evaluate(
        "[...document.querySelectorAll('.two-texts dd')].map((each) => each.textContent)"
    ) == [
        "a dog runs",
        "a small dog runs",
    ]
    page.evaluate("document.querySelector('[name=edited]').value = 'a runs'")
    click(page, "#edit button")
    page.wait("document.querySelector('.moved s')")
    assert page.text(".moved s") == "dog"
    click(page, "#back")
    page.wait("!document.querySelector('.two-texts')")
    assert page.evaluate("document.querySelector('[name=edited]').value") == "a dog runs"


def test_a_changed_source_shows_how_its_translation_moved(page):
    ask(page, "a dog runs", model="toy")
    page.evaluate("document.querySelector('[name=edited]').value = 'one man runs'")
    click(page, "#edit button")
    page.wait("document.querySelector('.what-if table.moved')")
    assert page.text("h1 bdi") == "one man runs"
    assert "share of the next word's probability that moves" in page.text(".what-if p b + .quiet")


def test_a_word_is_compared_in_sentences_of_one_s_own_and_stays_for_the_next_text(page):
    ask(page, "a dog runs")
    click(page, "nav.views button", 3)
    page.wait("document.querySelector('#comparing')")
    assert page.evaluate("document.querySelector('[name=sentences]').value") == "a dog runs\n"
    page.evaluate("document.querySelector('[name=word]').value = 'dog'")
    click(page, "#comparing button")
    page.wait("document.querySelector('#comparing .problem').textContent.includes('two sentences at least')")
    page.evaluate("document.querySelector('[name=sentences]').value = 'a dog runs\\none small dog\\n'")
    click(page, "#comparing button")
    page.wait("document.querySelectorAll('.cosines td').length === 5")
    assert page.evaluate("document.querySelector('#comparing .problem').hidden")
    assert page.evaluate("[...document.querySelectorAll('mark')].map((each) => each.textContent)") == [
        "dog",
        "dog",
    ]
    page.evaluate("document.querySelector('[name=text]').value = 'one man runs'")
    click(page, "#asking button")
    page.wait("document.querySelector('h1').textContent === 'one man runs'")
    assert page.evaluate("document.querySelectorAll('.cosines td').length") == 5
    complaints = page.complaints()
    page.forget()
    assert all("status of 400" in complaint for complaint in complaints)


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_no_serious_fault_in_any_view_of_the_live_page(server, browser, dark):
    page = browser.open(server.address, dark=dark)
    for model, change in (("words", "a small dog runs"), ("toy", "one man runs")):
        ask(page, "a dog runs", model=model)
        page.evaluate(f"document.querySelector('[name=edited]').value = {change!r}")
        click(page, "#edit button")
        page.wait("document.querySelector('.what-if table.moved')")
        for view in range(page.evaluate("document.querySelectorAll('nav.views button').length")):
            click(page, "nav.views button", view)
            page.wait(f"document.querySelectorAll('nav.views button')[{view}].ariaCurrent === 'page'")
            assert page.serious_faults() == {}, (model, view)
    page.tab.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_of_the_live_page_hangs_over_the_edge(server, browser, width):
    page = browser.open(server.address, width=width)
    ask(page, "a dog runs")
    page.evaluate("document.querySelector('[name=edited]').value = 'a small dog runs'")
    click(page, "#edit button")
    page.wait("document.querySelector('.what-if table.moved')")
    for view in range(page.evaluate("document.querySelectorAll('nav.views button').length")):
        click(page, "nav.views button", view)
        page.wait(f"document.querySelectorAll('nav.views button')[{view}].ariaCurrent === 'page'")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, view
    page.tab.close()


def test_an_error_is_told_and_what_is_shown_stays(page):
    ask(page, "a dog runs")
    page.evaluate("document.querySelector('[name=text]').value = 'dog '.repeat(40)")
    click(page, "#asking button")
    page.wait("document.getElementById('problem').textContent.includes('at most 23 tokens')")
    assert page.text("h1") == "a dog runs"
    complaints = page.complaints()
    page.forget()
    # The browser itself notes that the answer was a refusal; nothing else complains.
    assert all("status of 400" in complaint for complaint in complaints)


def test_a_server_that_has_ended_is_told_of_and_what_is_shown_stays(make_runner, browser):
    running = Running({"words": MaskFiller(make_runner("masked"))})
    page = browser.open(running.address)
    page.evaluate("document.querySelector('[name=text]').value = 'a dog runs'")
    click(page, "#asking button")
    page.wait("document.querySelector('#rows button')")
    running.end()
    click(page, "#asking button")
    page.wait("document.getElementById('problem').textContent.startsWith('the server does not answer')")
    assert page.text("h1") == "a dog runs"
    page.evaluate("document.querySelector('[name=layer][value=\"0\"]').click()")
    page.wait("document.querySelector('main .problem')")
    assert page.text("main .problem").startswith("This map cannot be had: the server does not answer")
