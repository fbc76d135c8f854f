# Needs Python 3.11 or newer and make, nothing else. `make demo` is the place to begin.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
INSTALL := $(UV) pip install --quiet --compile-bytecode --python $(BIN)/python
COMPILED := $(BIN)/python -m compileall -q bot commands notifiers playbooks
DEMO ?=
TESTS ?=

.PHONY: help setup setup-dev demo test test-slow check bench docs lock clean

help:
	@echo "make demo    a workspace in the browser, a bot in it, a stack it operates"
	@echo "make test    the tests; TESTS='tests/bot -k facts' chooses"
	@echo "make test-slow  those that take longer: whole demos, kills, containers, a browser"
	@echo "make check   ruff, mypy and the direction of imports"
	@echo "make bench   what it costs, as ratios"
	@echo "make setup   what the others call first; docs, lock and clean are for developers"

setup: $(VENV)/.setup

setup-dev: $(VENV)/.setup-dev

demo: setup
	@$(BIN)/interlock demo $(DEMO)

test: setup-dev
	@$(BIN)/pytest -m "not slow" -n auto --maxprocesses 4 --dist loadfile $(TESTS)

test-slow: setup-dev
	@$(if $(TESTS),$(BIN)/pytest -m slow --durations 15 $(TESTS),$(BIN)/python -m tests.side_by_side)

check: setup-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: setup-dev
	@$(BIN)/python -m tests.bench

docs: setup-dev
	@$(BIN)/python -m docs.generate

$(UV): requirements-uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Interlock needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 2; }
	@$(PYTHON) -m venv $(VENV) || \
		{ echo "Python's venv module is missing; on Debian: apt-get install python3-venv"; exit 2; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.lock
	@touch $(UV)

$(VENV)/.setup: requirements.lock pyproject.toml $(UV)
	@echo "Installing what Interlock needs …"
	@$(INSTALL) --require-hashes -r requirements.lock
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@$(COMPILED)
	@touch $@

$(VENV)/.setup-dev: requirements-dev.lock pyproject.toml $(UV)
	@echo "Installing what Interlock and its tests need …"
	@$(INSTALL) --require-hashes -r requirements-dev.lock
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@$(COMPILED)
	@touch $@ $(VENV)/.setup

COMPILE := $(UV) pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	--no-emit-index-url --no-header

lock: setup-dev
	@$(COMPILE) --extra demo --extra pictures --group build pyproject.toml -o requirements.lock
	@$(COMPILE) --extra demo --extra pictures --group dev pyproject.toml -o requirements-dev.lock

clean:
	@rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
