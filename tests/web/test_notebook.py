"""The explorer in a notebook: a cell that ends with it shows the widget, which draws with no network."""

import json

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from manyheads.views.page import asset
from manyheads.views.show import show

pytestmark = pytest.mark.web

CELL = """
import numpy as np, manyheads
manyheads.show(np.full((2, 3, 4, 4), 0.25, np.float32), ["[CLS]", "a", "dog", "[SEP]"], view="head", layer=1)
"""


def test_a_cell_that_ends_with_it_shows_the_widget(tmp_path):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    (shown,) = [output for output in notebook.cells[0].outputs if output.output_type == "execute_result"]
    assert "application/vnd.jupyter.widget-view+json" in shown["data"]


def test_the_widget_s_module_draws_without_any_request(browser):
    rows = ["[CLS]", "<b>dog</b>", "[SEP]"]
    widget = show(np.full((2, 2, 3, 3), 1 / 3, np.float32), rows, view="head", layer=1, head=0).widget()
    traits = json.dumps({name: getattr(widget, name) for name in ("document", "blocks", "style")})
    page = browser.open("about:blank", wait=False)
    page.tab.route("**/*", lambda route: route.abort())
    page.tab.evaluate(
        """async ([module, traits]) => {
          const script = new Blob([module], { type: "text/javascript" });
          const { default: widget } = await import(URL.createObjectURL(script));
          const values = JSON.parse(traits);
          globalThis.cell = document.body.appendChild(document.createElement("div"));
          widget.render({ model: { get: (name) => values[name] }, el: cell });
        }""",
        [asset("explorer.js"), traits],
    )
    page.wait("cell.shadowRoot.querySelector('#matrix-title')")
    assert page.evaluate("cell.shadowRoot.querySelector('#matrix-title').textContent") == (
        "encoder attention, layer 1, head 0"
    )
    listed = "[...cell.shadowRoot.querySelectorAll('#rows button')].map((each) => each.textContent)"
    assert page.evaluate(listed) == rows
    assert page.evaluate("getComputedStyle(cell.shadowRoot.querySelector('.card')).borderRadius") == "12px"
    assert page.complaints() == []
    assert [request for request in page.requests() if not request.startswith(("blob:", "about:"))] == []
