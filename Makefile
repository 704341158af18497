PYTHON ?= python3
PORT ?= 8000
VENV ?= .venv
DEV := $(VENV)-dev
BENCH := $(VENV)-bench
PEERS := build/peers
RECENT := -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null

.PHONY: serve test peers conformance docs lint bench lock

serve: $(VENV)/installed ## Build, validate and serve the graph on http://127.0.0.1:8000/ (PORT=8001)
	$(VENV)/bin/accsm-kg build
	$(VENV)/bin/accsm-kg validate --report build
	$(VENV)/bin/accsm-kg serve --port $(PORT)

test: $(DEV)/installed ## Run every test, on all cores
	$(DEV)/bin/pytest -n auto --dist loadfile --no-loadscope-reorder --ignore tests/peers

peers: $(DEV)/installed $(PEERS)/installed ## Compare the results of the shapes in Jena, TopBraid and pySHACL (needs a JDK and Maven)
	$(DEV)/bin/pytest tests/peers

conformance: $(DEV)/installed ## Run the W3C tests in the folder ACCSM_W3C and record their outcomes for /conformance
	PYTHONPATH=tests $(DEV)/bin/python -m conformance

docs: $(DEV)/installed ## Write docs/data-dictionary.md from the headers of the tables
	$(DEV)/bin/python tests/docs/data_dictionary.py

lint: $(DEV)/installed ## Check formatting, style, types and import layers
	$(DEV)/bin/ruff format --check
	$(DEV)/bin/ruff check
	$(DEV)/bin/mypy
	$(DEV)/bin/lint-imports

bench: $(BENCH)/installed ## Benchmark the server, other servers and that of BASE=<commit> (ARGS=--quick)
	$(BENCH)/bin/accsm-kg build
	$(BENCH)/bin/python -m tests.benchmarks $(if $(BASE),--base $(BASE)) $(ARGS)

lock: $(DEV)/installed ## Pin the newest versions of all dependencies, with hashes
	$(DEV)/bin/pip install --quiet uv
	$(DEV)/bin/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --upgrade --extra build pyproject.toml -o requirements.lock
	$(DEV)/bin/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --upgrade --extra build --extra lint --extra test -c requirements.lock pyproject.toml -o requirements-dev.lock
	$(DEV)/bin/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --upgrade --extra build --extra bench -c requirements.lock pyproject.toml -o requirements-bench.lock

$(VENV)/installed: requirements.lock
$(DEV)/installed: requirements-dev.lock
$(BENCH)/installed: requirements-bench.lock

$(PEERS)/installed: tests/peers/pom.xml
	@command -v javac >/dev/null && command -v mvn >/dev/null || { echo "make peers needs a JDK, 17 or later, and Maven: install them" >&2; exit 1; }
	rm -rf $(PEERS)
	mvn -q -B -f $< -P jena dependency:copy-dependencies -DoutputDirectory=$(CURDIR)/$(PEERS)/jena
	mvn -q -B -f $< -P topbraid dependency:copy-dependencies -DoutputDirectory=$(CURDIR)/$(PEERS)/topbraid
	touch $@

%/installed: pyproject.toml
	@$(PYTHON) $(RECENT) || { echo "accsm-kg needs Python 3.11 or later, which $(PYTHON) is not: install it, or name it as in make PYTHON=python3.13" >&2; exit 1; }
	@test ! -f $*/pyvenv.cfg || $*/bin/python $(RECENT) || rm -r $*  # made by an older Python
	$(PYTHON) -m venv $*
	$*/bin/pip install --quiet --require-hashes -r $(filter %.lock,$^)
	$*/bin/pip install --quiet --no-deps --no-build-isolation -e .
	touch $@
