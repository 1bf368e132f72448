# Two commands for a newcomer: `make demo` and `make test`. Both make their own environment first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test check bench peers clean
PEERS := dbt sqlmesh duckdb polars
PLACE := benchmarks/.peers

demo: $(VENV)/.demo
	$(BIN)/ids demo

test: check
	$(BIN)/python -m pytest -n auto --dist loadfile

check: $(VENV)/.dev
	$(BIN)/ruff format --check ids_build tests benchmarks
	$(BIN)/ruff check ids_build tests benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/sqlfmt --check --reset-cache models macros

bench: $(VENV)/.dev peers
	$(BIN)/python -m benchmarks.run
	$(BIN)/python -m benchmarks.peers

peers: $(PEERS:%=$(PLACE)/%/.installed)

$(PLACE)/%/.installed: benchmarks/peers/%.txt
	test -x $(PLACE)/$*/bin/python || $(PYTHON) -m venv $(PLACE)/$*
	$(PLACE)/$*/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

clean:
	rm -rf $(VENV) $(PLACE) build dist target ids_demo .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/.demo: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check .
	touch $@

$(VENV)/.dev: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@
