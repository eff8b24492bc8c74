"""A real browser for the tests: Debian's Chromium, driven by Playwright, which brings none of its own."""

import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, sync_playwright

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
PATIENCE = 20.0
"""Seconds until what should have happened is missed."""


def find_browser() -> str | None:
    """Find an installed browser; None where there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Browser:
    """A headless browser with a profile of its own; `with Browser(path) as browser:`."""

    def __init__(self, executable: str) -> None:
        self._playwright = sync_playwright().start()
        self._browser = self._playwright.chromium.launch(executable_path=executable, args=list(FLAGS))

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *_: object) -> None:
        self._browser.close()
        self._playwright.stop()

    def open(
        self, url: str, *, width: int = 1280, height: int = 900, dark: bool = False, wait: bool = True
    ) -> "Page":
        """Open a page in a tab of its own and wait until it shows something."""
        page = Page(
            self._browser.new_page(
                viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light"
            )
        )
        page.tab.goto(url)
        if wait:
            page.wait("document.documentElement?.dataset.shown")
        return page


class Page:
    """One tab: what a reader does with it and sees in it."""

    def __init__(self, tab: Any) -> None:
        self.tab = tab
        self._complaints: list[str] = []
        self._requests: list[str] = []
        tab.on("console", self._hear)
        tab.on("pageerror", lambda error: self._complaints.append(str(error)))
        tab.on("request", lambda request: self._requests.append(request.url))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self._complaints.append(message.text)

    def evaluate(self, expression: str) -> Any:
        """Evaluate JavaScript; a promise is awaited."""
        return self.tab.evaluate(expression)

    def wait(self, expression: str) -> Any:
        """Wait until an expression is true; Playwright's own way to wait is stopped by the pages' policy."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if value := self.evaluate(expression):
                return value
            self.tab.wait_for_timeout(20)
        raise TimeoutError(f"never true: {expression}; complaints: {self._complaints}")

    def point(self, x: float, y: float) -> None:
        """Move the mouse to a place of the window."""
        self.tab.mouse.move(x, y)

    def click(self, x: float, y: float) -> None:
        self.tab.mouse.click(x, y)

    def press(self, key: str) -> None:
        self.tab.keyboard.press(key)

    def choose(self, **choices: str | int) -> None:
        """Choose kind, layer or head by clicking, and wait until that map is shown."""
        for name, value in choices.items():
            self.evaluate(f"document.querySelector('[name={name}][value=\"{value}\"]').click()")
            if name != "value":
                self.wait(f"document.documentElement.dataset.shown.includes('{name}={value}')")

    def text(self, selector: str) -> str:
        return self.evaluate(f"document.querySelector({selector!r}).textContent")

    def serious_faults(self) -> dict[str, str]:
        """Ask axe for serious faults of accessibility: by rule, an element that has it."""
        found = Axe().run(self.tab).response["violations"]
        return {
            fault["id"]: fault["nodes"][0]["html"]
            for fault in found
            if fault["impact"] in {"serious", "critical"}
        }

    def complaints(self) -> list[str]:
        """Gather errors and warnings of the console, exceptions, and refused requests."""
        self.evaluate("0")
        return list(self._complaints)

    def requests(self) -> list[str]:
        """List the addresses that the page asked for."""
        self.evaluate("0")
        return list(self._requests)

    def forget(self) -> None:
        """Begin to listen anew."""
        self._complaints.clear()

    def screenshot(self, path: Path, *, whole: bool = False) -> None:
        self.tab.screenshot(path=path, full_page=whole)


@pytest.fixture(scope="session")
def browser():
    """One browser for all tests; without one they fail in CI, and are skipped elsewhere."""
    executable = find_browser()
    if executable is None:
        missing = "no Chromium is installed (Debian: apt-get install chromium); see tests/QUARANTINE.md"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    with Browser(executable) as running:
        yield running


@pytest.fixture
def open_page(browser):
    """Open pages that have to end without a complaint or a request to anywhere."""
    opened = []

    def open_file(path, *, fragment="", **window):
        page = browser.open(path.as_uri() + fragment, **window)
        opened.append((page, path.as_uri()))
        return page

    yield open_file
    for page, address in opened:
        assert page.complaints() == []
        assert {request.partition("#")[0] for request in page.requests()} == {address}
        page.tab.close()
