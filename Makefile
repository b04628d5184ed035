# One command for everything; CI calls the same targets.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test lint bench services services-stop faults-quick faults soak lock clean

run: .venv/.run
	@$(BIN)/soc run

test: .venv/.dev
	@$(BIN)/pytest

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.venv/.run: requirements.lock pyproject.toml
	@test -d .venv || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev: requirements-dev.lock .venv/.run
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

lock:
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --extra build pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --extra build --group dev pyproject.toml -o requirements-dev.lock

services: .venv/.dev
	@$(BIN)/python -m tests.services start

services-stop: .venv/.dev
	@$(BIN)/python -m tests.services stop
