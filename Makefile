PYTHON ?= python3
PORT ?= 8000
VENV ?= .venv
DEV := $(VENV)-dev
BENCH := $(VENV)-bench
PEERS := build/peers
JARS := fuseki jena topbraid
RECENT := -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null

# Tests and servers start many programs, each of which would compile all modules again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: serve test browser peers conformance docs lint bench lock

serve: $(VENV)/installed ## Build, validate and serve the graph on http://127.0.0.1:8000/ (PORT=8001)
	$(VENV)/bin/accsm-kg build
	$(VENV)/bin/accsm-kg validate --report build
	$(VENV)/bin/accsm-kg serve --port $(PORT)

test: $(DEV)/installed ## Run the tests on all cores, but for those of browsers, static copies and programs of others
	$(DEV)/bin/pytest -n auto --dist loadfile --no-loadscope-reorder --ignore tests/browser --ignore tests/export --ignore tests/peers

browser: $(DEV)/installed ## Run the tests of pages in Chromium, and of a static copy of them
	$(DEV)/bin/pytest -n auto tests/browser tests/export

peers: $(DEV)/installed $(PEERS)/python/installed $(if $(shell command -v npm),$(PEERS)/node/installed) $(if $(shell command -v mvn),$(JARS:%=$(PEERS)/%/installed)) ## Run the tests with programs of others, such as clients in Python, JavaScript and Java
	$(DEV)/bin/pytest tests/peers

conformance: $(DEV)/installed ## Run the W3C tests in the folder ACCSM_W3C and record their outcomes for /conformance
	PYTHONPATH=tests $(DEV)/bin/python -m conformance

docs: $(DEV)/installed ## Write docs/data-dictionary.md from the headers of the tables, and run docs/five-questions.ipynb
	$(DEV)/bin/python tests/docs/data_dictionary.py
	$(DEV)/bin/python tests/docs/five_questions.py

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
	$(DEV)/bin/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --upgrade -c requirements.lock tests/peers/requirements.in -o tests/peers/requirements.lock

$(VENV)/installed: requirements.lock
$(DEV)/installed: requirements-dev.lock
$(BENCH)/installed: requirements-bench.lock

$(PEERS)/python/installed: tests/peers/requirements.lock | $(DEV)/installed
	rm -rf $(@D)
	$(DEV)/bin/python -m venv $(@D)
	$(@D)/bin/pip install --quiet --require-hashes -r $<
	touch $@

$(PEERS)/node/installed: tests/peers/.npmrc tests/peers/package.json tests/peers/package-lock.json
	rm -rf $(@D)
	mkdir -p $(@D)
	cp $^ $(@D)
	cd $(@D) && npm ci --silent
	touch $@

$(JARS:%=$(PEERS)/%/installed): $(PEERS)/%/installed: tests/peers/pom.xml tests/peers/jars.sha256
	rm -rf $(@D)
	mvn -q -B -f $< -P $* dependency:copy-dependencies -DoutputDirectory=$(CURDIR)/$(@D)
	grep ' $*/' tests/peers/jars.sha256 | (cd $(PEERS) && sha256sum --check --quiet)
	touch $@

%/installed: pyproject.toml hatch_build.py $(wildcard server/frontend/*.* server/frontend/src/*)
	@$(PYTHON) $(RECENT) || { echo "accsm-kg needs Python 3.11 or later, which $(PYTHON) is not: install it, or name it as in make PYTHON=python3.13" >&2; exit 1; }
	@test ! -f $*/pyvenv.cfg || $*/bin/python $(RECENT) || rm -r $*  # made by an older Python
	$(PYTHON) -m venv $*
	$*/bin/pip install --quiet --require-hashes -r $(filter %.lock,$^)
	$*/bin/pip install --quiet --no-deps --no-build-isolation -e .
	touch $@
