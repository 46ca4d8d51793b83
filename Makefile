# Everything happens in .venv, made by the first command that needs it.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test lint bench clean

demo: .venv/installed  ## a real comparison of curation recipes, no download
	$(BIN)/assay demo --out assay-demo

test: .venv/installed  ## the test suite
	$(BIN)/python -m pytest

lint: .venv/installed  ## style, types, and which room may import which
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports

bench: .venv/installed  ## what is measured against whom; results go to benchmarks/results
	$(BIN)/python benchmarks/curation.py

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[remote,dev]'
	touch $@

clean:
	rm -rf .venv assay-demo
