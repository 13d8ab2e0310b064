# make plan [STACK=dev]   the whole plan of a stack: offline, no cloud, no credentials, no CLI
# make test               the whole test suite
# make check              formatter, linter, types
# make docs               the pictures, tables and schemas that are made from the program
# make benchmark          how long a plan takes, and how right the models of memory and throughput are
STACK ?= dev
PYTHON ?= python3
BIN := .venv/bin

.PHONY: plan test check
.DEFAULT_GOAL := plan

plan: .venv/program
	@$(BIN)/python -m infra plan $(STACK)

test: .venv/dev
	$(BIN)/pytest -n auto --dist worksteal

check: .venv/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright

# The stamps make an install happen once, and again when its requirements change.
.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	@echo "First run: making .venv and installing what the program needs."
	@$(PYTHON) -m venv .venv

.venv/program: .venv/bin/python requirements.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/dev: .venv/program requirements-dev.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

.PHONY: docs benchmark benchmark-memory benchmark-throughput
docs: .venv/program
	$(BIN)/python -m docs.generate

benchmark: .venv/program
	$(BIN)/python -m benchmarks.plan_speed
	$(BIN)/python -m benchmarks.memory
	$(BIN)/python -m benchmarks.throughput

benchmark-memory: .venv/program
	$(BIN)/python -m benchmarks.memory

benchmark-throughput: .venv/program
	$(BIN)/python -m benchmarks.throughput
