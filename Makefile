# Each target does its own set-up: on a fresh machine with Python 3.11+, `make demo` is all it takes.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

BIN := .venv/bin
STAMP := .venv/.set-up
SOURCES := traceprop_nb tests benchmarks scripts
# One thread each: the tests run in parallel, and a number must not depend on the machine.
ONE_THREAD := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1

.PHONY: help setup demo lab test check lint format types imports tsc unit oldest browser bench bench-lineage foreign-suites bundle clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' Makefile

setup: $(STAMP)  ## virtual environment, packages, Chromium, JavaScript tools
$(STAMP): pyproject.toml scripts/setup.sh js/package-lock.json
	scripts/setup.sh
	touch $@

demo: $(STAMP)  ## run the quickstart from a fresh kernel; answers in build/demo/
	$(ONE_THREAD) $(BIN)/python scripts/demo.py

lab: $(STAMP)  ## JupyterLab on the notebooks
	$(BIN)/jupyter lab $(if $(filter 0,$(shell id -u)),--allow-root) notebooks/01_quickstart.ipynb

test: check unit oldest browser  ## everything that CI runs

check: lint format types imports tsc  ## lint, formatting, types, import contracts

lint: $(STAMP)
	$(BIN)/ruff check $(SOURCES)

format: $(STAMP)
	$(BIN)/ruff format --check $(SOURCES)

types: $(STAMP)
	$(BIN)/mypy

imports: $(STAMP)
	$(BIN)/lint-imports --no-logo

tsc: $(STAMP)
	@if command -v npm >/dev/null; then npm --prefix js run --silent check; \
	else echo "tsc: skipped, npm is not installed"; [ -z "$${CI:-}" ]; fi

unit: $(STAMP)  ## laws, oracles, conformance, contracts, examples
	$(ONE_THREAD) $(BIN)/pytest -q -n 2 --dist loadfile --ignore tests/browser

oldest: $(STAMP)  ## pandas 2.2, in an environment of its own
	scripts/pandas22.sh

browser: $(STAMP)  ## a real JupyterLab in a real browser
	$(BIN)/pytest -q tests/browser

bundle: $(STAMP)  ## rebuild the committed JavaScript
	npm --prefix js run build

bench: $(STAMP)  ## measure; table on screen, numbers in benchmarks/results/
	$(ONE_THREAD) $(BIN)/python -m benchmarks

bench-lineage: $(STAMP)  ## 100,000 generated programs against the ids they carry; an hour
	$(ONE_THREAD) $(BIN)/python -m benchmarks lineage

foreign-suites: $(STAMP)  ## the libraries' own tests, traced and plain; hours, goes on where it was cut
	$(ONE_THREAD) $(BIN)/python -m benchmarks foreign

clean:  ## what was built, the environment included
	rm -rf .venv .venv-pandas22 build dist js/node_modules js/.test .mypy_cache .ruff_cache .pytest_cache \
	  .hypothesis .import_linter_cache notebooks/quickstart_data \
	  notebooks/quickstart_answers notebooks/credit_data notebooks/clinic_data notebooks/values.csv \
	  notebooks/billing_data notebooks/billing_tools.py
