# One command for everything; CI calls the same targets.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check install --no-compile

.PHONY: run test lint bench mutations docs fuzz services services-stop faults faults-quick soak lock clean

run: .venv/.run
	@$(BIN)/soc run

# In two processes: many tests wait for servers. The real servers are started once and shared.
test: .venv/.dev
	@$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/.dev
	@$(BIN)/soc bench
	@$(BIN)/python -m tests.bench.detect_on_kafka
	@$(BIN)/python -m tests.bench.parse
	@$(BIN)/python -m tests.bench.matching

# What is generated from the code; a test compares it.
docs: .venv/.dev
	@$(BIN)/python -m tests.parse.book

# Damaged records for so many CPU seconds; CI takes a minute.
FUZZ_SECONDS ?= 600
fuzz: .venv/.dev
	@$(BIN)/python -m tests.parse.fuzz --seconds $(FUZZ_SECONDS)

# Break the engine in every way we could think of, and see that something notices.
mutations: .venv/.dev
	@$(BIN)/python -m tests.sigma.mutations

# Faults of a running service on a real Kafka and Elasticsearch; every row of docs/reliability.md, ROW=F7 for one of them.
FAULTS := $(if $(FULL),--scale full) $(if $(SEED),--seed $(SEED)) $(addprefix --row ,$(ROW))
faults: .venv/.dev
	@$(BIN)/python -m tests.faults $(FAULTS)

faults-quick: .venv/.dev
	@$(BIN)/python -m tests.faults --scale quick $(if $(SEED),--seed $(SEED))

MINUTES ?= 30
soak: .venv/.dev
	@$(BIN)/python -m tests.faults --soak $(MINUTES)

services: .venv/.dev
	@$(BIN)/python -m tests.services start

services-stop: .venv/.dev
	@$(BIN)/python -m tests.services stop

# --no-compile: modules are compiled when they are first imported, most of the libraries' never are. Those that every command
# needs are compiled now, also where PYTHONDONTWRITEBYTECODE would have each start compile them anew.
.venv/.run: requirements.lock pyproject.toml
	@test -d .venv || $(PYTHON) -m venv .venv
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -q soc
	@env -u PYTHONDONTWRITEBYTECODE $(BIN)/soc match --rules rules /dev/null
	@touch $@

.venv/.dev: requirements-dev.lock .venv/.run
	@$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

lock: .venv/.dev
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --extra build pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --extra build --group dev pyproject.toml -o requirements-dev.lock

clean:
	rm -rf .venv .cache .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis dist
