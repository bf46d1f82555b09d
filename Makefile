# What a developer runs. `make help` lists it; files in mk/ may add more.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --silent --no-print-directory --no-builtin-rules
# Images set it. Each process that a test starts would then compile the project's modules again.
unexport PYTHONDONTWRITEBYTECODE
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3.11
WORKERS ?= auto
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input

.PHONY: help
help: ## Show this list
	awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: install
install: .venv/development ## Make the environment .venv with everything that tests and checks need

.PHONY: demo
demo: .venv/runtime ## See it work: create and delete a resource group and a VNet on this machine alone
	$(BIN)/python -m dev.demo

.PHONY: drill
drill: .venv/runtime ## Play a fault of docs/operations.md, and see what an operator sees (FAULT=throttle; without it the list)
	$(BIN)/python -m dev.drill

.PHONY: try
try: .venv/runtime ## Create, operate and delete a resource of your package (PACKAGE=FOLDER PROPERTIES=FILE OPERATIONS="Stop Start")
	$(BIN)/python -m dev.try_package

# The tests of one file run in one worker, for they share servers; the files in the order that tests/conftest.py gives.
PYTEST = $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder

.PHONY: test
test: .venv/development ## Run the fast set of the tests in parallel (ARGS="-k vnet" for some, WORKERS=4)
	$(PYTEST) -m "not slow" $(ARGS)

.PHONY: test-all
test-all: .venv/development ## Run all tests, the slow set too (ARGS, WORKERS)
	$(PYTEST) $(ARGS)

.PHONY: check
check: .venv/development ## Lint, formatting, types, layers, and bandit
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/bandit --quiet --recursive --configfile pyproject.toml function_app.py driver orchestrators

.PHONY: run
run: .venv/runtime ## Start the app, an embedded Azure and Kafka on this machine (AZURE_PROVISIONING_SECONDS=2 AZURE_LATENCY_MS=0)
	$(BIN)/python -m dev.run

.PHONY: stop
stop: .venv/runtime ## Stop what `make run` started
	$(BIN)/python -m dev.stop

.PHONY: events
events: .venv/runtime ## Show the events on Kafka as they come, after `make run`
	$(BIN)/python -m dev.events

.PHONY: log-bytes
log-bytes: .venv/runtime ## Show how many bytes of log the Create of a VNet costs, in each form
	$(BIN)/python -m benchmarks.log_bytes

.PHONY: pins
pins: .venv/development ## Pin the newest packages that requirements.in and requirements-dev.in allow
	$(PIP) uv
	for name in requirements requirements-dev; do \
		$(BIN)/uv pip compile --quiet --upgrade --no-header --annotation-style line --python-version 3.11 \
			$$name.in --output-file $$name.txt; \
	done
	$(MAKE) locks

.PHONY: locks
locks: .venv/bin/python
	$(PIP) uv
	for name in requirements requirements-dev; do \
		$(BIN)/uv pip compile --quiet --no-header --no-annotate --generate-hashes --python-version 3.11 \
			$$name.txt --output-file $$name.lock; \
	done

.venv/bin/python:
	command -v $(PYTHON) >/dev/null || { \
		echo "Python 3.11 is needed, and $(PYTHON) is not on the PATH; PYTHON=/path/to/python3.11 names another." >&2; exit 1; }
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { \
		echo "Python 3.11 is needed; $(PYTHON) is $$($(PYTHON) --version 2>&1)." >&2; exit 1; }
	$(PYTHON) -m venv .venv || { \
		rm -rf .venv; echo "$(PYTHON) cannot make an environment (Debian: apt install python3.11-venv)." >&2; exit 1; }

.venv/runtime: requirements.lock | .venv/bin/python
	echo "Installing the packages of $< into .venv ..."
	$(PIP) --require-hashes --requirement $<
	touch $@

.venv/development: requirements-dev.lock .venv/runtime
	echo "Installing the packages of $< into .venv ..."
	$(PIP) --require-hashes --requirement $<
	touch $@

-include mk/*.mk
