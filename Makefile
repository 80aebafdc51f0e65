# Two commands: `make demo` opens the playground, `make test` checks everything.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
NODE_MODULES := tests/web/node_modules
UV_LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate

.PHONY: demo test check bench diagrams pictures lock python

demo: $(VENV)/.run
	$(BIN)/handrail demo

test: check
	$(BIN)/python -m pytest -n auto --dist loadfile

check: $(VENV)/.dev $(NODE_MODULES)/.installed chromium
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.bench
	$(BIN)/python -m bench

diagrams: $(VENV)/.run
	$(BIN)/handrail flow diagram --write docs/flows

pictures: check
	$(BIN)/python -m tests.web.pictures

lock:
	$(UV_LOCK) --extra install -o requirements/run.txt pyproject.toml >/dev/null
	$(UV_LOCK) --extra install --extra dev -c requirements/run.txt -o requirements/dev.txt pyproject.toml >/dev/null
	$(UV_LOCK) --extra install --extra dev --extra bench -c requirements/dev.txt -o requirements/bench.txt pyproject.toml >/dev/null

python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Handrail needs Python 3.11 or newer. Write: make PYTHON=python3.11 ..."; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' || \
	  { echo "Python's venv module is missing. Write: apt-get install python3-venv"; exit 1; }

$(BIN)/python: | python
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements/run.txt pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --require-hashes -r requirements/run.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --require-hashes -r requirements/dev.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.run

$(VENV)/.bench: requirements/bench.txt $(VENV)/.dev
	$(BIN)/pip install --quiet --require-hashes --no-build-isolation -r requirements/bench.txt
	@touch $@

$(NODE_MODULES)/.installed: tests/web/package-lock.json
	@command -v npm >/dev/null || { echo "npm is missing. Install Node.js 20 or newer, then run: make test"; exit 1; }
	npm ci --silent --no-fund --no-audit --prefix tests/web
	@touch $@

.PHONY: chromium
chromium:
	@command -v chromium >/dev/null || \
	  { [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get install -y -qq chromium >/dev/null; } || \
	  { echo "Chromium is missing. Write, as root: apt-get install chromium"; exit 1; }
