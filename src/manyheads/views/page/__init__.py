"""One self-contained HTML page with every map: it needs no network, now or in ten years."""

import base64
import hashlib
import json
import os
import zlib
from collections.abc import Iterator
from html import escape
from importlib.resources import files
from string import Template

import numpy as np

from manyheads.views.labels import label
from manyheads.views.maps import KINDS, READS, AttentionMaps, KindMaps
from manyheads.views.writing import write_whole

# Parts of one script, in the order in which they rely on each other.
_SCRIPTS = ("weights.js", "colours.js", "matrix.js", "lines.js", "look.js")
# From this many characters on the texts are set smaller, so that the maps stay in sight.
_LONG = 240


def render_page(
    maps: AttentionMaps, *, kind: str | None = None, layer: int | None = None, head: int | None = None
) -> str:
    """Make the page of all maps; it opens with the map that is named.

    The weights travel as bytes `round(255 * sqrt(weight))`, deflated: within 0.004 of what they were.
    Texts and tokens stay text, whatever they spell, and the page's policy allows no script but its own
    and no connection at all.

    Args:
        maps: All maps.
        kind: `encoder`, `decoder` or `cross`; the last of these that there is unless named.
        layer: Counted from 0; None for the mean over the layers.
        head: Counted from 0; None for the mean over the heads.

    Returns:
        HTML.
    """
    kind = kind or next(known for known in reversed(KINDS) if known in maps.kinds)
    maps.select(kind, layer, head)
    style, script = _asset("look.css"), "".join(_asset(name) for name in _SCRIPTS)
    model = _one_line(maps.model)
    texts = [_one_line(text) for text in (maps.src_text, maps.tgt_text) if text is not None]
    return Template(_asset("look.html")).substitute(
        policy=_policy(style, script),
        title=escape(f"{texts[0][:60]} · {model} · manyheads"),
        style=style,
        model=escape(model),
        size=' class="long"' if sum(map(len, texts)) > _LONG else "",
        texts="".join(f'<bdi dir="auto">{escape(text)}</bdi>' for text in texts),
        notes="".join(
            f"<div><dt>{escape(_one_line(name))}</dt><dd>{escape(_one_line(note))}</dd></div>"
            for name, note in maps.notes.items()
        ),
        described=_described(maps, {"kind": kind, "layer": layer, "head": head}),
        weights="\n".join(_weights(maps)),
        script=script,
    )


def save_page(
    maps: AttentionMaps,
    path: str | os.PathLike[str],
    *,
    kind: str | None = None,
    layer: int | None = None,
    head: int | None = None,
) -> None:
    """Write the page, whole or not at all.

    Args:
        maps: All maps.
        path: The file, which should end in `.html`.
        kind: With which kind of attention it opens.
        layer: With which layer; None for the mean.
        head: With which head; None for the mean.
    """
    write_whole(path, render_page(maps, kind=kind, layer=layer, head=head).encode())


def _asset(name: str) -> str:
    return files(__name__).joinpath(name).read_text(encoding="utf-8")


def _one_line(text: str) -> str:
    return label(" ".join(text.split()))


def _policy(style: str, script: str) -> str:
    """Allow this style and this script, and nothing else."""
    allowed = {
        "default-src": "'none'",
        "style-src": _digest(style),
        "script-src": _digest(script),
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{what} {source}" for what, source in allowed.items())


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"


def _described(maps: AttentionMaps, start: dict[str, str | int | None]) -> str:
    """Write what the script has to know as JSON that holds no character of HTML."""
    described = {"start": start, "kinds": {k: _shape(k, maps.kinds[k]) for k in KINDS if k in maps.kinds}}
    text = json.dumps(described)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _shape(kind: str, maps: KindMaps) -> dict[str, object]:
    return {
        "rows": [label(token) for token in maps.rows],
        "columns": [label(token) for token in maps.columns],
        "layers": maps.num_layers,
        "heads": maps.num_heads,
        "reads": READS[kind],
    }


def _weights(maps: AttentionMaps) -> Iterator[str]:
    """Write each layer of each kind as an element of its own, so that it is unpacked when looked at."""
    for kind, of_kind in maps.kinds.items():
        for layer, weights in enumerate(of_kind.weights):
            packed = zlib.compress(np.rint(255 * np.sqrt(weights.clip(0, 1))).astype(np.uint8).tobytes())
            content = base64.b64encode(packed).decode("ascii")
            yield f'<script type="text/plain" id="weights-{kind}-{layer}">{content}</script>'
