PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: serve test lint lock

serve: $(VENV)/serve ## Build, validate and serve the graph on http://127.0.0.1:8000/
	$(BIN)/accsm-kg build
	$(BIN)/accsm-kg validate --report build
	$(BIN)/accsm-kg serve

test: $(VENV)/dev ## Run every test
	$(BIN)/pytest

lint: $(VENV)/dev ## Check format, style and types
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy

lock: $(VENV)/dev ## Pin the newest versions of everything, with hashes
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --upgrade --extra build pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --upgrade --all-extras -c requirements.lock pyproject.toml -o requirements-dev.lock

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
