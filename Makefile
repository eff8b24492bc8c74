# Everything runs in .venv, which the first target that needs it makes.
PYTHON ?= python3
# Without a GPU: make quickstart PIP_FLAGS="--extra-index-url https://download.pytorch.org/whl/cpu"
PIP_FLAGS ?=
BIN := .venv/bin

.PHONY: quickstart test check bench docs page shots clean

quickstart: .venv/installed        ## the main job: train a translator of number words, look at it
	$(BIN)/manyheads quickstart

test: .venv/installed              ## every test
	PYTHONWARNDEFAULTENCODING=1 $(BIN)/python -m pytest

check: .venv/installed             ## style, types, borders, docstrings
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports --no-cache
	$(BIN)/pydoclint --quiet src
	$(BIN)/python scripts/bundle_page.py --check

shots: .venv/installed runs/quickstart ## screenshots of every view of the explorer, in runs/shots
	$(BIN)/python scripts/make_shots.py --translator runs/quickstart --docs docs

page: .venv/installed              ## the explorer's script, bundled from its modules (needs Node.js)
	$(BIN)/python scripts/bundle_page.py

bench: .venv/installed             ## against the peers, in environments of their own; DATA=DIR, hours
	$(BIN)/python benchmarks/run_all.py --data $(DATA)

docs: .venv/installed runs/quickstart ## the pages, in docs/_build
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt $(PIP_FLAGS) --editable '.[docs]'
	$(BIN)/python scripts/make_gallery.py docs/gallery --translator runs/quickstart
	$(BIN)/sphinx-build -W docs docs/_build

# For pictures and pages: made where it is missing, never because something is newer.
runs/quickstart: | .venv/installed
	$(BIN)/manyheads quickstart

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "manyheads needs Python 3.11 or newer: make PYTHON=python3.11")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt $(PIP_FLAGS) --editable '.[dev]'
	touch $@

clean:
	rm -rf .venv
