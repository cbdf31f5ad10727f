# Everything a newcomer types. `make help` lists it; nothing here needs more than Python 3.11, make and a network.

SHELL := /bin/sh
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

VENV   := .venv
BIN    := $(VENV)/bin
STAMPS := $(VENV)/stamps
ROOMS  := agent_ui callflow casefile dialer rehearsal reports sms tsunagaru
CLIENT := agent_ui/client

# The first Python on the path that is new enough; PYTHON=/path/to/python overrides it.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	if command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))'; \
	then echo $$p; break; fi; done)

export PIP_DISABLE_PIP_VERSION_CHECK := 1

PYTEST := $(BIN)/pytest
# Several processes each with threads of their own would wait for one another: arithmetic on small arrays has none to spare.
export OPENBLAS_NUM_THREADS ?= 1
# As many at once as there are processors, each with a database server of its own; a file's tests stay together.
PROCESSES ?= $(shell n=$$(nproc 2>/dev/null || echo 1); [ $$n -le 4 ] && echo $$n || echo 4)
EVERY_TEST := $(PYTEST) --numprocesses $(PROCESSES) --dist loadfile --no-loadscope-reorder
CLIENT_SOURCES = $(shell find $(CLIENT) -type f -not -path '*/node_modules/*')

.PHONY: help
help: ## This list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z0-9-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# -- installing -----------------------------------------------------------------------------------------------------

.PHONY: install
install: $(STAMPS)/project $(STAMPS)/client ## Everything into .venv; the command is .venv/bin/tsunagaru afterwards

$(STAMPS)/environment: .ci/environment
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed and was not found; install it or give PYTHON=/path/to/python"; exit 1; }
	@.ci/environment $(PYTHON) $(VENV)
	@mkdir -p $(STAMPS)
	@touch $@

# What builds the others goes first, by the same lock, so that nothing unpinned takes part.
$(STAMPS)/dependencies: requirements.lock $(STAMPS)/environment
	awk '/^[^ #]/ { wanted = /^(pip|setuptools)==/ } wanted' requirements.lock > $(STAMPS)/builder.lock
	$(BIN)/python -m pip install --quiet --require-hashes -r $(STAMPS)/builder.lock
	$(BIN)/python -m pip install --quiet --require-hashes --no-build-isolation -r requirements.lock
	@touch $@

$(STAMPS)/project: pyproject.toml $(STAMPS)/dependencies
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: client
client: $(STAMPS)/client ## The browser's side, built with Node from a Python wheel

$(STAMPS)/client: $(CLIENT_SOURCES) $(STAMPS)/dependencies
	.ci/npm ci --no-audit --no-fund
	.ci/npm run build
	@touch $@

.PHONY: schema
schema: $(STAMPS)/project ## Write migration 0001 anew from the tables
	$(BIN)/python -m tsunagaru.schema

.PHONY: lock
lock: ## Write requirements.lock anew (needs uv: make lock UV=/path/to/uv)
	$(or $(UV),uv) pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--extra rehearsal --extra build --extra dev pyproject.toml -o requirements.lock

# -- using ----------------------------------------------------------------------------------------------------------

PORT ?= 8080
.PHONY: demo
demo: install ## A municipality's arrears room at work on this machine: http://127.0.0.1:8080
	$(BIN)/tsunagaru demo --port $(PORT)

# -- checking -------------------------------------------------------------------------------------------------------

.PHONY: lint
lint: $(STAMPS)/project ## ruff, mypy --strict and the rooms' import contract
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# As root the listed Debian packages are installed; otherwise what needs them is left out, aloud. With CI=true nothing is.
.PHONY: test
test: install lint debian-packages ## Lint and every test but the slow proofs; as root installs packages.debian first
	@if .ci/debian-packages check; then \
		.ci/asterisk-root >/dev/null || echo "Without it the tests of real calls are left out, aloud."; \
		$(EVERY_TEST) -m "not slow"; \
	elif [ "$$CI" = true ]; then \
		echo "CI=true: nothing may be left out"; exit 1; \
	else \
		echo; echo "LEFT OUT: every test marked 'debian' (browser, PDF, telephone calls)."; echo; \
		$(EVERY_TEST) -m "not slow and not debian"; \
	fi

.PHONY: test-unit
test-unit: $(STAMPS)/project ## Only the pure tests: no socket, no server, seconds
	$(PYTEST) tests/unit

.PHONY: test-outside
test-outside: install ## The tests that need a database, on the server DATABASE_URL names
	@test -n "$$DATABASE_URL" || { echo "Set DATABASE_URL to an administrator's account of PostgreSQL 15 or later"; exit 1; }
	$(PYTEST) tests/integration

.PHONY: debian-packages
debian-packages: ## Install packages.debian (root), or say how
	@.ci/debian-packages install

.PHONY: asterisk-root
asterisk-root: ## Build the root folder with Asterisk 22 and a Japanese voice that tests and offices start (root)
	@.ci/asterisk-root

# -- longer proofs --------------------------------------------------------------------------------------------------

.PHONY: rehearse-all
rehearse-all: install ## 20 days with seeds 1 to 5; every invariant must hold; results in docs/rehearsals
	.ci/rehearse-all

.PHONY: bench
bench: install ## Measure import, engine and screen pop on this machine, and write docs/benchmarks.md
	.ci/bench

.PHONY: kill
kill: install ## kill -9 of the engine at many random points; the carrier's ledger against the database
	@mkdir -p test-output/bench
	@$(PYTEST) -m slow tests/integration/dialer/test_kill.py >test-output/bench/kill.new; code=$$?; \
		cat test-output/bench/kill.new; [ $$code -eq 0 ] && mv test-output/bench/kill.new test-output/bench/kill.txt

MINUTES ?= 60
.PHONY: soak
soak: install ## Twenty real calls a second for an hour (MINUTES), a fault every five minutes; nothing may be lost (root)
	@mkdir -p test-output/bench
	@$(BIN)/python -m tsunagaru.trial.soak --minutes $(MINUTES) >test-output/bench/soak.new; code=$$?; \
		cat test-output/bench/soak.new; [ $$code -eq 0 ] && mv test-output/bench/soak.new test-output/bench/soak.md

.PHONY: bench-reach
bench-reach: install ## Orders of calling on synthetic cities against an ideal observer (docs/reach.md); goes on where it was broken off
	@mkdir -p test-output/bench
	@OPENBLAS_NUM_THREADS=1 $(BIN)/tsunagaru bench reach >test-output/bench/reach.new; code=$$?; \
		cat test-output/bench/reach.new; mv test-output/bench/reach.new test-output/bench/reach.md; exit $$code

.PHONY: detection
detection: install ## Measure machine detection: scenes by the thousand, and calls on a real Asterisk; writes docs/detection.md (root)
	$(PYTEST) -m slow tests/integration/dialer/asterisk_detection
	$(BIN)/tsunagaru bench detection --people 2500 --seed 4 --page docs/detection.md --live test-output/detection/live.md

.PHONY: pacing
pacing: install ## The pacers in the reference world, goes on where it stopped (some 20 min of processor time); writes docs/pacing.md
	$(BIN)/tsunagaru bench pacing --jobs 2 --out test-output/pacing --page docs/pacing.md

.PHONY: prove-fresh
prove-fresh: ## An empty Debian root folder with python3 and make: make demo and make test succeed there (root)
	.ci/prove-fresh

.PHONY: prove-bundle
prove-bundle: bundle ## The bundle installs and upgrades without any network (root)
	$(PYTEST) -m slow tests/integration/house/test_bundle.py

# -- handing over ---------------------------------------------------------------------------------------------------

.PHONY: bundle
bundle: install ## One file in dist/ that installs and upgrades without a network
	$(BIN)/python -m tsunagaru.bundle

.PHONY: clean
clean: ## Remove what was built, but no data: .venv, build, dist, caches
	rm -rf $(VENV) build dist test-output .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	rm -rf $(CLIENT)/node_modules agent_ui/static/app *.egg-info
	find $(ROOMS) tests -name __pycache__ -type d -prune -exec rm -rf {} +
