"""How large the explorer's file is and how quickly it answers in a browser; appends to RESULTS.md.

The maps are real: MiniLM's over two long texts, stacked to 12 layers of 12 heads. With them travels the
calculation of one head, of a layer as wide as BERT-base's (768), its weights drawn at random. The browser is
Debian's Chromium, headless.
"""

import argparse
import json
import shlex
import sys
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from embedders import minilm_folder
from machine import machine
from real_texts import read_texts

import manyheads
from manyheads.checkpoint.network import build_network
from manyheads.inference.embed import Encoder
from manyheads.inference.encoder import EncoderRunner
from manyheads.views.document import Document, Start, document_of_maps, document_of_reading
from manyheads.views.maps import AttentionMaps, KindMaps
from manyheads.views.of_text import TextReading
from manyheads.views.page import save_page

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "tests" / "web"))
from conftest import Browser, find_browser  # noqa: E402

TIMES = 50
LIMITS = {128: 5.0, 512: 40.0}
"""Megabytes that a file of so many tokens may have."""
# From a click to the frame after the one in which it is shown.
SWITCH = """async (number) => {
  const begun = performance.now();
  document.querySelector(`[name=layer][value="${number}"]`).click();
  while (!document.documentElement.dataset.shown.includes(`layer=${number}&`)) {
    await new Promise((next) => setTimeout(next));
  }
  await new Promise((next) => requestAnimationFrame(() => setTimeout(next)));
  return performance.now() - begun;
}"""
HOVER = """async ([selector, across, down]) => {
  const box = document.querySelector(selector);
  const { left, top, width, height } = box.getBoundingClientRect();
  const [clientX, clientY] = [left + width * across, top + Math.min(height, innerHeight) * down];
  const at = { clientX, clientY, bubbles: true };
  const target = document.elementFromPoint(clientX, clientY) ?? box;
  const begun = performance.now();
  target.dispatchEvent(new PointerEvent("pointermove", at));
  target.dispatchEvent(new PointerEvent("pointerover", at));
  await new Promise((next) => requestAnimationFrame(() => setTimeout(next)));
  return performance.now() - begun;
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=Path, required=True, help="texts, a line each, to fill pages with")
    parser.add_argument("--results", type=Path, default=HERE / "RESULTS.md", help="report goes at its end")
    options = parser.parse_args()
    executable = find_browser()
    if executable is None:
        sys.exit("the measurement takes Chromium, but none is installed (Debian: apt-get install chromium)")
    words = " ".join(read_texts(options.texts, 400)).split()
    with tempfile.TemporaryDirectory() as folder, Browser(executable) as browser:
        lines = [measure(browser, words, tokens, Path(folder)) for tokens in LIMITS]
    report = report_text(lines)
    print(report)
    with options.results.open("a", encoding="utf-8") as results:
        results.write(report)


def measure(browser: Browser, words: list[str], tokens: int, folder: Path) -> dict[str, Any]:
    path = folder / f"{tokens}.html"
    save_page(document(words, tokens), path)
    page = browser.open(path.as_uri() + "#view=head&kind=encoder&layer=3&head=2")
    first = page.evaluate("performance.now()")
    switches = [page.tab.evaluate(SWITCH, number % 12) for number in range(4, 4 + TIMES)]
    draw = np.random.default_rng(1)
    hovers = [
        page.tab.evaluate(HOVER, [selector, *draw.uniform(0.3, 0.95, 2)])
        for selector in ("#matrix", "#rows")
        for _ in range(TIMES // 2)
    ]
    page.tab.close()
    line = {
        "tokens": tokens,
        "megabytes": path.stat().st_size / 1e6,
        "limit": LIMITS[tokens],
        "first_view": first,
        "switch_p95": float(np.percentile(switches, 95)),
        "hover_p95": float(np.percentile(hovers, 95)),
    }
    print(json.dumps(line), file=sys.stderr)
    return line


def document(words: list[str], tokens: int) -> Document:
    """144 real heads over so many tokens, with one head's calculation."""
    model = manyheads.load(minilm_folder(), pack=False)
    # Its folder says 256; it has positions for 512.
    longer = model.config.model_copy(update={"max_tokens": None})
    model = Encoder(replace(model.runner, config=longer))
    readings = [
        TextReading(model, " ".join(part), name="MiniLM", long="truncate")
        for part in (words[:tokens], words[tokens : 2 * tokens])
    ]
    own = [reading.maps.kinds["encoder"] for reading in readings]
    size = min(tokens, *(len(maps.rows) for maps in own))
    weights = np.concatenate([maps.weights[:, :, :size, :size] for maps in own])
    weights /= weights.sum(axis=-1, keepdims=True)
    labels = own[0].rows[:size]
    wide = TextReading(as_wide_as_base(model), " ".join(words[:tokens]), name="wide", long="truncate")
    told = document_of_reading(wide, heads=[("encoder", 3, 2)])
    kinds = {"encoder": KindMaps(labels, labels, weights)}
    maps = AttentionMaps("MiniLM, twice", " ".join(words[:40]), None, kinds)
    return document_of_maps(
        maps,
        start=Start("head", "encoder", 3, 2),
        extra={"calculations": told.described["calculations"], "answer": told.described["answer"]},
    )


def as_wide_as_base(model: Encoder) -> Encoder:
    """The same vocabulary, four layers as wide as BERT-base's, and weights that nobody trained."""
    runner = model.runner
    sizes = runner.config.model.model_copy(update={"d_model": 768, "d_ff": 3072, "num_layers": 4})
    config = runner.config.model_copy(update={"model": sizes})
    network = build_network(config).eval()
    return Encoder(EncoderRunner(network, runner.tokenizer, config, runner.prepared))


def report_text(lines: list[dict[str, Any]]) -> str:
    """A dated section of RESULTS.md."""
    command = shlex.join(["python", "benchmarks/explorer.py", *sys.argv[1:]])
    rows = [
        f"| {line['tokens']} | {line['megabytes']:.1f} (at most {line['limit']:.0f}) | "
        f"{line['first_view']:.0f} | {line['switch_p95']:.0f} | {line['hover_p95']:.0f} |"
        for line in lines
    ]
    return "\n".join(
        [
            f"\n## The explorer in a browser, {datetime.now(UTC):%Y-%m-%d}\n",
            f"`{command}`: 144 heads and a calculation 768 wide in one file, headless Chromium, "
            f"{machine()}. Milliseconds; p95 of {TIMES}.\n",
            "| tokens | file, MB | to the first view | another layer | pointing |",
            "| ---: | ---: | ---: | ---: | ---: |",
            *rows,
            "",
        ]
    )


if __name__ == "__main__":
    main()
