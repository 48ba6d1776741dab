# Everything that is done with a checkout. `make` alone lists it.

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --quiet --disable-pip-version-check

# Stamps lie in the environment: a second `make run` starts at once, a changed lock is installed first.
MADE := $(VENV)/made
PORTAL := $(VENV)/portal-installed
TOOLS := $(VENV)/tools-installed

WORKERS ?= 2
PYTEST := $(PY) -m pytest
PARALLEL := -n $(WORKERS) --dist worksteal
SERVICES := $(PY) -m tests.services

.PHONY: help run test test-all test-postgres test-redis test-peers test-browser test-slow check lint \
	types templates migrations bench soak lock vendor shots clean

help:
	@echo "make run       start the portal: http://127.0.0.1:8000, data in ./data"
	@echo "make test      the default tests"
	@echo "make test-all  the marked suites too: postgres, redis, peers, browser, slow"
	@echo "make check     ruff, mypy, djlint, missing migrations"
	@echo "make bench     figures of tests/benchmarks; make soak: long runs"
	@echo "make lock      requirements.in -> requirements.txt, here and in tests/ (UPGRADE=--upgrade: the newest)"
	@echo "make vendor    fetch the browser files of others again (needs npm)"
	@echo "make shots     pictures of the pages, into tests/shots"
	@echo "make clean     remove what was made, except ./data"

run: $(PORTAL)
	@exec $(PY) manage.py portal

test: $(TOOLS)
	$(PYTEST) $(PARALLEL)

test-all: test test-postgres test-redis test-peers test-browser test-slow

test-postgres: $(TOOLS)  # the default tests once more, and what is particular to PostgreSQL
	$(SERVICES) postgres -- $(PYTEST) $(PARALLEL) -m "not (browser or peers or redis or slow or soak)"

test-redis: $(TOOLS)
	$(SERVICES) redis -- $(PYTEST) -m redis

test-peers: $(TOOLS)
	$(PYTEST) -m peers

test-browser: $(TOOLS)
	$(PYTEST) -m browser

test-slow: $(TOOLS)
	$(PYTEST) -m slow

check: lint types templates migrations

lint: $(TOOLS)
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

types: $(TOOLS)
	$(PY) -m mypy

templates: $(TOOLS)
	$(PY) -m djlint templates --lint --quiet

migrations: $(TOOLS)
	$(PY) manage.py makemigrations --check --dry-run

bench: $(TOOLS)
	$(PY) -m tests.benchmarks
	$(PY) -m tests.benchmarks.bench_admission
	$(PY) -m tests.benchmarks.bench_checking

soak: $(TOOLS)
	$(PY) -m tests.conformance.mutants
	$(PY) -m tests.conformance.policy_mutants
	$(PYTEST) -m soak

shots: $(TOOLS)
	$(PY) -m tests.browser.shots

LOCK := $(PY) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" $(UPGRADE)
lock: $(TOOLS)
	$(LOCK) requirements.in --output-file requirements.txt
	$(LOCK) tests/requirements.in --output-file tests/requirements.txt
	$(LOCK) tests/clients/ansible/requirements.in --output-file tests/clients/ansible/requirements.txt

vendor:
	$(PYTHON) .ci/vendor.py

clean:
	rm -rf $(VENV) staticfiles .pytest_cache .mypy_cache .ruff_cache .hypothesis tests/.cache tests/shots
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(MADE):
	@command -v $(PYTHON) > /dev/null || \
	    { echo "VM Portal needs Python 3.11 or later; there is no $(PYTHON) on PATH." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "VM Portal needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) -V 2>&1)." \
	        "Name another: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2> /dev/null || \
	    { echo "$(PYTHON) lacks venv or pip; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(PORTAL): requirements.txt | $(MADE)
	@echo "Installing the portal's libraries into $(VENV) (once, about half a minute) ..."
	@$(PIP) install --require-hashes --requirement requirements.txt
	@touch $@

$(TOOLS): tests/requirements.txt $(PORTAL)
	@echo "Installing the tools for tests into $(VENV) ..."
	@$(PIP) install --require-hashes --requirement tests/requirements.txt
	@touch $@
