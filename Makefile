# Two commands matter: `make demo` and `make test`. Both set up everything they need.
PYTHON ?= python3
UV_VERSION = 0.13.9
BIN = .venv/bin
PY = $(BIN)/python
# Wheels only, so that no compiler is needed; three of the fixed packages exist as pure-Python source only.
INSTALL = $(BIN)/uv pip install --quiet --python $(PY) --only-binary :all: --no-binary dash-bio --no-binary dash-cytoscape --no-binary connection-pool
BUNDLE ?= data_bundle/demo
# make study: the shared collection, the folder for its tables, and more options of `python -m build_bundle study`
STUDIES ?= ../shared/data
STUDY ?= .cache/study
STUDY_OPTIONS ?=
# make test: how many test files run at the same time
JOBS ?= 2

.DEFAULT_GOAL := help
.PHONY: help setup demo run bundle lint type test browser robustness crowd bench large study check clean

help:  ## Show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
	  { echo "scQuery needs Python 3.11, 3.12 or 3.13. Name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "The venv module is missing. On Debian: apt-get install python3-venv"; exit 1; }
	@$(PY) -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

# Bytecode is made here, once (12 s): where it cannot be written later, every start would take three times as long.
.venv/.ready: requirements.txt build_bundle/requirements.txt pyproject.toml | $(PY)
	@echo "Installing packages"
	@$(INSTALL) --compile-bytecode --requirements requirements.txt --requirements build_bundle/requirements.txt
	@touch $@

.venv/.test-ready: tests/requirements.txt build_bundle/cluster-requirements.txt build_bundle/pseudobulk-requirements.txt .venv/.ready
	@$(INSTALL) --requirements requirements.txt --requirements build_bundle/requirements.txt \
	  --requirements build_bundle/cluster-requirements.txt --requirements build_bundle/pseudobulk-requirements.txt \
	  --requirements tests/requirements.txt
	@touch $@

setup: .venv/.ready  ## Install everything that running and building need

bundle: .venv/.ready  ## Build the default bundle, if it is missing or out of date
	@$(PY) -m build_bundle demo --out $(BUNDLE)

demo: bundle run  ## Set up, build the default bundle if missing, serve it

run: .venv/.ready  ## Serve BUNDLE (default data_bundle/demo)
	@$(PY) app.py --bundle $(BUNDLE)

lint: .venv/.test-ready  ## Style, import rules and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@$(BIN)/mypy

type: .venv/.test-ready  ## Types alone
	@$(BIN)/mypy

test: .venv/.test-ready  ## All tests, with the default bundle and a real browser; JOBS files at a time
	@$(PY) -m build_bundle demo --out $(BUNDLE)
	@$(PY) -m pytest --numprocesses $(JOBS) --dist loadfile

browser: .venv/.test-ready  ## Browser tests alone
	@$(PY) -m build_bundle demo --out $(BUNDLE)
	@$(PY) -m pytest tests/browser

robustness: .venv/.test-ready  ## Long: changed uploads, damaged bundles, kills, swaps, forged requests, scripts, at full size
	@$(PY) -m pytest --full -m tries --timeout 0 -rP $(ROBUSTNESS_OPTIONS)

crowd: .venv/.test-ready  ## Long: 50 people search at once for half an hour while workers and the server are killed
	@$(PY) -m build_bundle demo --out $(BUNDLE)
	@$(PY) -m tests.attacks.crowd $(CROWD_OPTIONS)

bench: .venv/.test-ready  ## Speed and memory, as ratios against named rivals
	@$(PY) -m build_bundle demo --out $(BUNDLE)
	@$(PY) -m tests.benchmarks

study: .venv/.ready  ## Compare all networks on held-out studies (long; needs STUDIES)
	@$(PY) -m build_bundle study --config build_bundle/configs/study.toml --data $(STUDIES) --out $(STUDY) $(STUDY_OPTIONS)

large: .venv/.test-ready  ## Long: build 150,000 cells in one run and query it with 100,000; peak memory
	@$(PY) -m tests.benchmarks.large

check: lint test  ## What CI runs

clean:  ## Remove the environment, caches and built bundles
	@rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache data_bundle/demo
