# From a fresh clone with python3 (3.11 or newer, with venv) and make: `make demo`.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes --only-binary=:all:
# What is installed is known by the pins themselves: new pins, new stamp.
RUNTIME := $(VENV)/.installed-$(shell cksum < requirements.txt | cut -d' ' -f1)
DEV := $(VENV)/.installed-dev-$(shell cat requirements.txt requirements-dev.txt | cksum | cut -d' ' -f1)
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard translations/*/LC_MESSAGES/messages.po))
LANGUAGES := da de et fi lt lv pl sv

export PYTHONUNBUFFERED := 1

.DEFAULT_GOAL := help
.PHONY: help demo test check bench sbom format messages catalogues requirements clean

help: ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 22

demo: export PORT := $(or $(PORT),8000)
demo: $(RUNTIME) $(CATALOGUES) instance/settings.env ## Run it: `make demo`, `make demo PORT=8080`, `make demo HTTPS=1`
	@exec $(BIN)/flask demo

test: $(DEV) $(CATALOGUES) ## Run every test this machine can run, on SQLite and on PostgreSQL
	@$(BIN)/python -m tests.checks.suite $(ARGS)

check: $(DEV) ## Lint, format, types, templates, scripts, catalogues
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/djlint templates --lint --quiet
	$(BIN)/oxlint --config tests/checks/oxlint.json --quiet static/js
	$(BIN)/python -m tests.checks.templates
	$(BIN)/python -m tests.checks.catalogues

bench: $(DEV) $(CATALOGUES) ## Time the pages and the door against bare ones
	@$(BIN)/python -m tests.bench.bench_event_page
	@$(BIN)/python -m tests.bench.bench_scans

sbom: $(DEV) ## Write sbom.json: what the software is made of (CycloneDX)
	@$(BIN)/python -m tests.checks.sbom sbom.json && echo "Written: sbom.json"

format: $(DEV) ## Let ruff lay out the code, and indent the templates
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python -m tests.checks.indent

messages: $(DEV) ## Collect the texts and update the eight catalogues
	$(BIN)/python -m tests.checks.messages translations/messages.pot
	for language in $(LANGUAGES); do \
	  test -f translations/$$language/LC_MESSAGES/messages.po && action="update --no-fuzzy-matching --previous" || action=init; \
	  $(BIN)/pybabel -q $$action -i translations/messages.pot -d translations -l $$language || exit 1; \
	done

catalogues: $(RUNTIME) $(CATALOGUES) ## Compile the catalogues

requirements: $(DEV) ## Pin anew what pyproject.toml asks for (needs uv)
	uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
	  --upgrade pyproject.toml -o requirements.txt
	uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
	  --upgrade --group dev pyproject.toml -c requirements.txt -o requirements-dev.txt

clean: ## Remove what was built; instance/ with its database stays
	rm -rf $(VENV) static/dist templates/dist sbom.json .pytest_cache .mypy_cache .ruff_cache .hypothesis test-results $(CATALOGUES)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "This needs Python 3.11 or newer; say which with: make demo PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	  || { rm -rf $(VENV); echo "Python's venv is missing (on Debian: apt install python3-venv)."; exit 1; }

$(RUNTIME): requirements.txt | $(BIN)/python
	@echo "Installing what the app needs (once; about a minute)"
	@$(PIP) -r requirements.txt
	@touch $@

$(DEV): requirements.txt requirements-dev.txt | $(BIN)/python
	@echo "Installing what the app and its tests need (once; about two minutes)"
	@$(PIP) -r requirements-dev.txt
	@touch $@ $(RUNTIME)

%.mo: %.po | $(RUNTIME)
	@$(BIN)/pybabel -q compile -i $< -o $@

instance/settings.env: | $(RUNTIME)
	@$(BIN)/python -m app.demo.settings
