"""One self-contained HTML page with every map: it needs no network, now or in ten years.

The script is made of the modules in `source/` by `make page`. It ships with the package: users build nothing.
"""

import base64
import hashlib
import json
import os
from collections.abc import Iterator
from html import escape
from importlib.resources import files
from string import Template

from manyheads.views.document import Document, one_line
from manyheads.views.wire import as_text
from manyheads.views.writing import write_whole


def render_page(document: Document) -> str:
    """Make the page of a document.

    Texts and tokens stay text, whatever they spell, and the page's policy allows no script but its own and no
    connection at all.

    Args:
        document: What it shows, and with what it opens.

    Returns:
        HTML.
    """
    style, script = asset("explorer.css"), asset("explorer.js")
    first, model = one_line(document.maps.src_text), one_line(document.maps.model)
    return Template(asset("explorer.html")).substitute(
        policy=policy(style, script),
        title=escape(f"{first[:60]} · {model} · manyheads"),
        style=style,
        described=harmless(json.dumps(document.described)),
        weights="\n".join(_weights(document)),
        script=script,
    )


def render_live_page() -> tuple[str, str]:
    """Make the page that asks a server.

    Returns:
        HTML, and the Content-Security-Policy with which it is to be sent.
    """
    style, script = asset("explorer.css"), asset("explorer.js")
    html = Template(asset("explorer.html")).substitute(
        policy="",
        title="manyheads",
        style=style,
        described="null",
        weights="",
        script=script,
    )
    return html, policy(style, script, live=True)


def save_page(document: Document, path: str | os.PathLike[str]) -> None:
    """Write the page, whole or not at all.

    Args:
        document: What it shows.
        path: The file, which should end in `.html`.
    """
    write_whole(path, render_page(document).encode())


def asset(name: str) -> str:
    """Read a file of the page.

    Args:
        name: Its name.

    Returns:
        What stands in it.
    """
    return files(__name__).joinpath(name).read_text(encoding="utf-8")


def policy(style: str, script: str, *, live: bool = False) -> str:
    """Allow this style and this script, and nothing else.

    Args:
        style: The page's only style sheet.
        script: Its only script.
        live: Whether it may ask the server that it came from.

    Returns:
        The page's Content-Security-Policy.
    """
    allowed = {
        "default-src": "'none'",
        "style-src": _digest(style),
        "script-src": _digest(script),
        "base-uri": "'none'",
        "form-action": "'none'",
    } | ({"connect-src": "'self'"} if live else {})
    return "; ".join(f"{what} {source}" for what, source in allowed.items())


def harmless(text: str) -> str:
    """Write JSON so that it holds no character of HTML.

    Args:
        text: JSON.

    Returns:
        The same JSON.
    """
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"


def _weights(document: Document) -> Iterator[str]:
    """Write each layer of each kind as an element of its own, so that it is unpacked when looked at."""
    for kind, layer, block in document.blocks():
        yield f'<script type="text/plain" id="weights-{kind}-{layer}">{as_text(block)}</script>'
