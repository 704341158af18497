PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
BENCH := $(VENV)-bench

.PHONY: serve test conformance lint bench lock

serve: $(VENV)/serve ## Build, validate and serve the graph on http://127.0.0.1:8000/
	$(BIN)/accsm-kg build
	$(BIN)/accsm-kg validate --report build
	$(BIN)/accsm-kg serve

test: $(VENV)/dev ## Run every test, on all cores
	$(BIN)/pytest -n auto --dist worksteal

conformance: $(VENV)/dev ## Run the W3C's tests of ACCSM_W3C and record their outcomes for /conformance
	PYTHONPATH=tests $(BIN)/python -m conformance

lint: $(VENV)/dev ## Check format, style, types and the direction of imports
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(BENCH)/installed ## Measure the server beside others and that of BASE=<commit> (ARGS=--quick)
	$(BENCH)/bin/accsm-kg build
	$(BENCH)/bin/python -m tests.benchmarks $(if $(BASE),--base $(BASE)) $(ARGS)

lock: $(VENV)/dev ## Pin the newest versions of everything, with hashes
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --upgrade --extra build pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --upgrade --extra build --extra lint --extra test -c requirements.lock pyproject.toml -o requirements-dev.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --upgrade --extra build --extra bench -c requirements.lock pyproject.toml -o requirements-bench.lock

$(VENV)/serve: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/dev: requirements-dev.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --require-hashes -r requirements-dev.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

$(BENCH)/installed: requirements-bench.lock pyproject.toml
	$(PYTHON) -m venv $(BENCH)
	$(BENCH)/bin/pip install --quiet --require-hashes -r requirements-bench.lock
	$(BENCH)/bin/pip install --quiet --no-deps --no-build-isolation -e .
	touch $@
