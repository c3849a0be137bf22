# Everything here needs only make and Python 3.11 or newer with `venv`; the rest is installed into `.venv` once.
# Name another interpreter with `make demo PYTHON=/path/to/python3.12`.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; exit; }; done; echo python3)
VENV := .venv
BIN := $(VENV)/bin
# Pinned: the lock file format and the resolver must not change under a clone of an old commit.
UV_VERSION := 0.13.9
# `--inexact` leaves uv itself and, after `make test`, the development packages in place.
SYNC = $(BIN)/uv sync --quiet --locked --inexact --python $(BIN)/python
# First with uv's own certificates (a machine may have none), then with the machine's (a company may add its own).
WITH_EITHER_CERTIFICATES = $(1) 2>/dev/null || $(1) --system-certs
RUNTIME := $(VENV)/.runtime-installed
DEVELOPMENT := $(VENV)/.development-installed
SITE := $(VENV)/.site-installed

# A set-up must use this checkout's own `.venv` and the Python found above, whatever the caller's shell has active.
unexport VIRTUAL_ENV UV_PROJECT_ENVIRONMENT UV_PYTHON PYTHONHOME PYTHONPATH
export UV_PYTHON_DOWNLOADS := never
# Where an image forbids compiled modules to be kept, each process would compile all that it loads, which is most of what
# the hundreds of processes cost that tests start.
unexport PYTHONDONTWRITEBYTECODE

# What `make benchmark` measures: ten worlds that nothing was tuned on, of the size that results are reported for.
SEEDS ?= 8001 8002 8003 8004 8005 8006 8007 8008 8009 8010
SCALE ?= 1
OUT ?= docs/results/benchmark-$(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
PROMPTS ?= $(wildcard $(or $(STILLWATCH_DATA),../shared/data)/prompts)
# What `make bench-reference-case` writes, scans and scores goes where no result is kept, unless OUT= says otherwise.
REFERENCE_OUT = $(if $(filter command environment,$(firstword $(origin OUT))),$(OUT),build/reference-case)
SECOND ?= ../shared/worlds/second_world.py
BENCHMARK ?= --missing text addresses accounts --ablate --baselines

# The gateway that the tests of `serve` ask through; later versions want packages that PyPI does not serve.
LITELLM_VERSION := 1.108.7

# How many processes share the tests; some hundreds of MB each, and one of them a Spark of 2.5 GB.
PROCESSES ?= 2

# What `make test-fast STAGE=` knows: the folders of tests/ that a change to one stage or room is tried with.
STAGES := $(filter-out __pycache__ golden smallest,$(patsubst tests/%/,%,$(wildcard tests/*/)))
# What `make test` runs: all of it, or the tests with these marks. CI runs `make coverage` and MARKED="not unit".
MARKED ?=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test test-fast coverage smallest lint format bench bench-beside bench-read bench-watch bench-reference-case bench-serve bench-console bench-access bench-share litellm benchmark benchmark-framing docs clean

help:  ## lists these targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' $(firstword $(MAKEFILE_LIST))

demo: $(RUNTIME)  ## makes a small world, scans and watches it, prints what was found, opens the console on it
	@$(BIN)/stillwatch lab demo --out demo-run

test: lint  ## style, types, import laws, then every test
	@$(BIN)/pytest -n $(PROCESSES) --dist loadgroup $(if $(MARKED),-m "$(MARKED)")

test-fast: named-stage $(DEVELOPMENT)  ## the tests of one stage: make test-fast STAGE=link
	@$(BIN)/pytest -n 0 $(if $(filter spark,$(STAGE)),,-m "not spark") "tests/$(STAGE)"

named-stage:
	@[ "$(filter $(firstword $(subst /, ,$(STAGE))),$(STAGES))" ] && [ -d "tests/$(STAGE)" ] || { echo "make: there is no stage '$(STAGE)'; name one of" \
		"$(STAGES), as in: make test-fast STAGE=link" >&2; exit 2; }

coverage: $(DEVELOPMENT)  ## how much of the product the unit tests run, with a floor that CI holds
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest -n $(PROCESSES) --dist loadgroup -m unit
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

smallest: $(DEVELOPMENT)  ## builds the wheels, installs the product alone, then the lab, and tries both
	@$(BIN)/pytest tests/smallest

lint: $(DEVELOPMENT)  ## style, types and import laws only
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

format: $(DEVELOPMENT)  ## rewrites the code in the house's style
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(DEVELOPMENT)  ## how fast and how well, in one table (options in BENCH="...")
	@$(BIN)/python -m bench $(BENCH)

bench-beside: $(DEVELOPMENT)  ## datasketch, rensa, Splink and hourly Jaccard beside ours (options in BESIDE="...")
	@$(BIN)/python -m bench.beside $(BESIDE)

bench-read: $(DEVELOPMENT)  ## how fast every format is read, memory on many small files, odd files (options in READ="...")
	@$(BIN)/python -m bench.reading $(READ)

bench-watch: $(DEVELOPMENT)  ## how fast a watch takes exchanges in, whether its memory grows (options in WATCH="...")
	@$(BIN)/python -m bench.watch ingest $(WATCH)

bench-reference-case: $(DEVELOPMENT)  ## the public case's own size at SCALE= (1, 0.1, 0.01, 0.001), into OUT= (build/reference-case)
	@$(BIN)/python -m bench.reference_case --scale $(SCALE) --out "$(REFERENCE_OUT)" $(REFERENCE)

bench-serve: $(DEVELOPMENT)  ## look-ups, requests and LiteLLM's cost with ours, into OUT= (options in SERVE="...")
	@$(BIN)/python -m bench.serve $(SERVE)

bench-console: $(DEVELOPMENT)  ## pages over 2.5 M accounts, and the first picture of a network (options in CONSOLE="...")
	@$(BIN)/python -m bench.console $(CONSOLE)

bench-access: $(DEVELOPMENT)  ## screening: recall, precision, processor time, and /v1/screen (options in ACCESS="...")
	@$(BIN)/python -m bench.access $(ACCESS)

bench-share: $(DEVELOPMENT)  ## bundles, TAXII's pages, private matching (options in SHARE="...")
	@$(BIN)/python -m bench.sharing $(SHARE)

litellm: | $(BIN)/uv  ## LiteLLM in build/litellm, 600 MB, for the tests and benchmarks that ask through it
	@[ -x build/litellm/bin/litellm ] || { $(BIN)/uv venv --quiet --clear --python $(BIN)/python build/litellm && \
		$(call WITH_EITHER_CERTIFICATES,$(BIN)/uv pip install --quiet --python build/litellm/bin/python "litellm[proxy]==$(LITELLM_VERSION)"); }

benchmark: $(RUNTIME)  ## every score on every campaign profile, over SEEDS= at SCALE=, into OUT=
	@$(BIN)/stillwatch lab benchmark --seeds $(SEEDS) --scale $(SCALE) $(if $(PROMPTS),--prompts "$(PROMPTS)") --second "$(SECOND)" --out "$(OUT)" $(BENCHMARK)
	@$(MAKE) --no-print-directory benchmark-framing OUT="$(OUT)"

benchmark-framing: $(RUNTIME)  ## who is framed and what is hidden on a small world of each generator, framing.* into OUT=
	@rm -rf build/framing
	@$(BIN)/stillwatch lab build framing --seed 14 --accounts 2500 --exchanges 60000 $(if $(PROMPTS),--prompts "$(PROMPTS)") --out build/framing/own
	@[ ! -f "$(SECOND)" ] || $(BIN)/python "$(SECOND)" --seed 601 --scale small --out build/framing/second
	@$(BIN)/stillwatch lab framing $(if $(wildcard $(SECOND)),build/framing/own build/framing/second,build/framing/own) --out "$(OUT)"

docs: $(SITE)  ## refreshes the generated tables, builds the site with the API reference into build/site
	@$(BIN)/python docs/refresh.py
	@$(BIN)/python docs/site.py

clean:  ## removes what the other targets made, the environment included
	rm -rf $(VENV) demo-run .coverage .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests bench training -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

$(BIN)/uv:
	@command -v $(PYTHON) >/dev/null || { echo "make: no '$(PYTHON)' on this machine; install Python 3.11 or newer" \
		"(Debian, Ubuntu: apt-get install python3 python3-venv; Fedora: dnf install python3; macOS: brew install python)" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: '$(PYTHON)' is $$($(PYTHON) -V 2>&1)," \
		"Stillwatch needs 3.11 or newer; install one and name it: make demo PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "make: '$(PYTHON)' comes without venv;" \
		"install it (Debian, Ubuntu: apt-get install python3-venv) and run this again" >&2; exit 1; }
	@echo "setting up $(VENV) with $$($(PYTHON) -V), once" >&2
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv==$(UV_VERSION)"

$(RUNTIME): pyproject.toml src/stillwatch_lab/pyproject.toml uv.lock | $(BIN)/uv
	@$(call WITH_EITHER_CERTIFICATES,$(SYNC) --no-dev --group lab)
	@touch $@

$(SITE): pyproject.toml src/stillwatch_lab/pyproject.toml uv.lock | $(BIN)/uv
	@$(call WITH_EITHER_CERTIFICATES,$(SYNC) --no-dev --group lab --group docs)
	@touch $@ $(RUNTIME)

$(DEVELOPMENT): pyproject.toml src/stillwatch_lab/pyproject.toml uv.lock | $(BIN)/uv
	@$(call WITH_EITHER_CERTIFICATES,$(SYNC))
	@touch $@ $(RUNTIME)
