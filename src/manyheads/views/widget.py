"""The explorer in a notebook's cell. Importing this imports anywidget (extra `lab`)."""

import anywidget
import traitlets

from manyheads.views.page import asset


class ExplorerWidget(anywidget.AnyWidget):
    """The same script as on a page, inside a cell of its own style."""

    _esm = asset("explorer.js")
    document = traitlets.Dict().tag(sync=True)
    blocks = traitlets.Dict().tag(sync=True)
    style = traitlets.Unicode().tag(sync=True)
