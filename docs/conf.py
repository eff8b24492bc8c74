"""How Sphinx builds these pages: `sphinx-build -W docs docs/_build`."""

from pathlib import Path

from manyheads import __version__

project = "manyheads"
author = "The manyheads authors"
project_copyright = author
release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
# Ready pages of the explorer, where scripts/make_gallery.py has made them.
html_extra_path = [each.name for each in Path(__file__).parent.glob("gallery")]
# Links to the code, and to documents beside this folder, are for those who read in the repository.
suppress_warnings = ["myst.xref_missing", "toc.not_included"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = f"manyheads {release}"

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
