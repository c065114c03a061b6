# Needs python3 (3.11 or newer) and make; everything else is installed into .venv, pinned and hashed.

VENV := .venv
BIN := $(VENV)/bin
OTHERS := build/others
JOB ?= configs/nightly.toml
SIZE ?= 3min
FILE ?=
ARGS ?=

# Looked for only when the environment is built: the first python that is new enough.
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13 python3.14; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes

.DEFAULT_GOAL := help
.PHONY: help run test check fmt bench bounce-report sample lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/.run ## the nightly job on sample_data (another one: JOB=path/to/job.toml)
	@$(BIN)/hygiene run $(JOB) $(ARGS)

test: $(VENV)/.dev ## all tests, a process per core
	$(BIN)/python -m pytest -q --numprocesses auto --dist loadfile $(ARGS)

check: $(VENV)/.dev ## format, lint, import contracts, types
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	@said=$$($(BIN)/lint-imports --no-logo 2>&1) && echo 'import contracts kept' || { echo "$$said"; exit 1; }
	$(BIN)/mypy --no-error-summary

fmt: $(VENV)/.dev ## put the code into shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(OTHERS)/.bench ## measure a generated job against other ways to do it (SIZE=small, 3min, 10m, 50m)
	$(BIN)/python -m bench compare $(SIZE) $(ARGS)

bounce-report: $(VENV)/.run ## score the bounce rules on labelled replies (FILE=replies.jsonl)
	@$(BIN)/hygiene bounces report $(FILE)

sample: $(VENV)/.run ## write sample_data anew (the same bytes every time)
	$(BIN)/python sample_data/make.py


lock: ## pin the newest versions that fit, with their hashes
	python3 -m venv build/lock
	build/lock/bin/pip install --quiet uv
	$(call compile,requirements.txt,--group build)
	$(call compile,requirements-dev.txt,--group build --group dev --extra push --extra ses --constraint requirements.txt)
	$(call compile,requirements-bench.txt,--group build --group bench --constraint requirements-dev.txt)

clean: ## remove what the targets made, but no state and no output
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info

compile = build/lock/bin/uv pip compile pyproject.toml $(2) --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --upgrade --quiet --custom-compile-command 'make lock' --output-file $(1)

$(BIN)/python:
	@[ -n "$(PYTHON)" ] || { echo 'hygiene: python 3.11 or newer is needed, and was not found.' >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo \
		'hygiene: python cannot make a virtual environment; on Debian and Ubuntu: apt install python3-venv.' >&2; exit 1; }

# The stamps are newer than what they were made from, so that a second time costs nothing.
$(VENV)/.run: requirements.txt pyproject.toml | $(BIN)/python
	@echo 'hygiene: installing what a run needs into $(VENV)' >&2
	@$(PIP) -r requirements.txt
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.run
	@echo 'hygiene: installing what the checks need into $(VENV)' >&2
	@$(PIP) -r requirements-dev.txt
	@touch $@

# An environment of its own: numpy beside polars changes the types that `make check` sees.
$(OTHERS)/.bench: requirements-bench.txt $(VENV)/.dev
	@echo 'hygiene: installing what it is measured against into $(OTHERS)' >&2
	@$(BIN)/python -m venv $(OTHERS)
	@$(OTHERS)/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes -r requirements-bench.txt
	@touch $@
