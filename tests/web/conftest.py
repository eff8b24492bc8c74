"""A real browser for the tests, spoken to over its DevTools pipe: no driver, no port, no package."""

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
PATIENCE = 30.0
# The browser expects its pipes at 3 and 4; they go up first, so that neither is overwritten on its way down.
WIRED = """
import os, sys, fcntl
pipes = [fcntl.fcntl(int(pipe), fcntl.F_DUPFD, 10) for pipe in sys.argv[1:3]]
for place, pipe in zip((3, 4), pipes):
    os.dup2(pipe, place)
os.execv(sys.argv[3], sys.argv[3:])
"""


def find_browser() -> str | None:
    """Find an installed browser; None where there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Browser:
    """A headless browser with a profile of its own; `with Browser(path) as browser:`."""

    def __init__(self, executable: str) -> None:
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        from_us, self._write = os.pipe()
        self._read, from_it = os.pipe()
        profile = f"--user-data-dir={self._profile.name}"
        command = [executable, *FLAGS, profile, "about:blank"]
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-c", WIRED, str(from_us), str(from_it), *command],
            pass_fds=(from_us, from_it),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(from_us)
        os.close(from_it)
        self._received = b""
        self._count = 0
        self.events: list[dict[str, Any]] = []

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._write)
        os.close(self._read)
        self._profile.cleanup()

    def call(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Call a method of the protocol and wait for its answer; what happens meanwhile is kept as events."""
        self._count += 1
        message: dict[str, Any] = {"id": self._count, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._count:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.events.append(answer)

    def open(self, url: str, *, width: int = 1280, height: int = 900, dark: bool = False) -> "Page":
        """Open a page in a tab of its own and wait until it shows a map."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session)
        for domain in ("Page", "Runtime", "Log", "Network"):
            page.call(f"{domain}.enable")
        page.resize(width, height)
        page.call(
            "Emulation.setEmulatedMedia",
            features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}],
        )
        page.call("Page.navigate", url=url)
        page.wait("document.documentElement?.dataset.shown")
        return page

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._received:
            part = os.read(self._read, 1 << 20)
            if not part:
                raise RuntimeError("the browser has ended")
            self._received += part
        message, self._received = self._received.split(b"\0", 1)
        return json.loads(message)


class Page:
    """One tab: what a reader does with it and sees in it."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._browser.call(method, self._session, **parameters)

    def evaluate(self, expression: str) -> Any:
        """Evaluate JavaScript; a promise is awaited."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"]["exception"].get("description", expression))
        return result["result"].get("value")

    def wait(self, expression: str) -> Any:
        """Wait until an expression is true."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if value := self.evaluate(expression):
                return value
            time.sleep(0.02)
        raise TimeoutError(f"never true: {expression}; complaints: {self.complaints()}")

    def resize(self, width: int, height: int) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def point(self, x: float, y: float) -> None:
        """Move the mouse to a place of the window."""
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def click(self, x: float, y: float) -> None:
        self.point(x, y)
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def press(self, key: str) -> None:
        for kind in ("keyDown", "keyUp"):
            code = {"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40}.get(key, 0)
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code)

    def choose(self, **choices: str | int) -> None:
        """Choose kind, layer or head by clicking, and wait until that map is shown."""
        for name, value in choices.items():
            self.evaluate(f"document.querySelector('[name={name}][value=\"{value}\"]').click()")
            self.wait(f"document.documentElement.dataset.shown.includes('{name}={value}')")

    def text(self, selector: str) -> str:
        return self.evaluate(f"document.querySelector({json.dumps(selector)}).textContent")

    def complaints(self) -> list[str]:
        """Gather errors and warnings of the console, exceptions, and refused requests."""
        self.evaluate("0")
        found = []
        for event in self._mine():
            detail = event["params"]
            if event["method"] == "Runtime.exceptionThrown":
                found.append(str(detail["exceptionDetails"]))
            if event["method"] == "Runtime.consoleAPICalled" and detail["type"] in {"error", "warning"}:
                found.append(str(detail["args"]))
            if event["method"] == "Log.entryAdded" and detail["entry"]["level"] in {"error", "warning"}:
                found.append(detail["entry"]["text"])
        return found

    def requests(self) -> list[str]:
        """List the addresses that the page asked for."""
        self.evaluate("0")
        asked = "Network.requestWillBeSent"
        return [e["params"]["request"]["url"] for e in self._mine() if e["method"] == asked]

    def screenshot(self, path: Path, *, whole: bool = False) -> None:
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(shot["data"]))

    def _mine(self) -> list[dict[str, Any]]:
        return [event for event in self._browser.events if event.get("sessionId") == self._session]


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
