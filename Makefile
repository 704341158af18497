PYTHON ?= python3
PORT ?= 8000
VENV ?= .venv
BIN := $(VENV)/bin
BENCH := $(VENV)-bench
RECENT = -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null

# Create the environment $(1), in place of one that an older Python made.
define CREATE
@$(PYTHON) $(RECENT) || \
	{ echo "accsm-kg needs Python 3.11 or later, which $(PYTHON) is not: install it, or name it as in make PYTHON=python3.13" >&2; exit 1; }
@test ! -f $(1)/pyvenv.cfg || $(1)/bin/python $(RECENT) || rm -r $(1)
$(PYTHON) -m venv $(1)
endef

.PHONY: serve test conformance docs lint bench lock

serve: $(VENV)/serve ## Build, validate and serve the graph on http://127.0.0.1:8000/ (PORT=8001)
	$(BIN)/accsm-kg build
	$(BIN)/accsm-kg validate --report build
	$(BIN)/accsm-kg serve --port $(PORT)

test: $(VENV)/dev ## Run every test, on all cores
	$(BIN)/pytest -n auto --dist worksteal

conformance: $(VENV)/dev ## Run the W3C tests in the folder ACCSM_W3C and record their outcomes for /conformance
	PYTHONPATH=tests $(BIN)/python -m conformance

docs: $(VENV)/dev ## Write docs/data-dictionary.md from the headers of the tables
	$(BIN)/python tests/docs/data_dictionary.py

lint: $(VENV)/dev ## Check formatting, style, types and import layers
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(BENCH)/installed ## Benchmark the server, other servers and that of BASE=<commit> (ARGS=--quick)
	$(BENCH)/bin/accsm-kg build
	$(BENCH)/bin/python -m tests.benchmarks $(if $(BASE),--base $(BASE)) $(ARGS)

lock: $(VENV)/dev ## Pin the newest versions of all dependencies, with hashes
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --upgrade --extra build pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --upgrade --extra build --extra lint --extra test -c requirements.lock pyproject.toml -o requirements-dev.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --upgrade --extra build --extra bench -c requirements.lock pyproject.toml -o requirements-bench.lock

$(VENV)/serve: requirements.lock pyproject.toml
	$(call CREATE,$(VENV))
	$(BIN)/pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/dev: requirements-dev.lock pyproject.toml
	$(call CREATE,$(VENV))
	$(BIN)/pip install --quiet --require-hashes -r requirements-dev.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

$(BENCH)/installed: requirements-bench.lock pyproject.toml
	$(call CREATE,$(BENCH))
	$(BENCH)/bin/pip install --quiet --require-hashes -r requirements-bench.lock
	$(BENCH)/bin/pip install --quiet --no-deps --no-build-isolation -e .
	touch $@
