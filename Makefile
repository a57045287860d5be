# Two commands set everything up on a fresh machine: `make demo` and `make test`.

VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed

.PHONY: help demo test lint format conformance bench clean

help:
	@echo "make demo         set up, then run examples/tour.py under kaa"
	@echo "make test         set up, then run the tests"
	@echo "make lint         ruff, mypy --strict, import-linter"
	@echo "make format       let ruff format the tree"
	@echo "make bench        pyperformance's programs on Kaa, CPython and PyPy, side by side"
	@echo "make conformance  CPython's own test modules on Kaa, next to the host's results"

# Find CPython 3.13, make the virtual environment and install Kaa into it, once per pyproject.toml.
$(STAMP): pyproject.toml
	@./scripts/find-python >/dev/null
	$$(./scripts/find-python) -m venv $(VENV)
	$(PY) -m pip install --quiet --upgrade "pip>=25.1"
	$(PY) -m pip install --quiet --editable . --group dev
	@touch $(STAMP)

export PYTHON

demo: $(STAMP)
	$(VENV)/bin/kaa examples/tour.py

test: $(STAMP)
	$(PY) -m pytest -n 2

lint: $(STAMP)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

format: $(STAMP)
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

conformance: $(STAMP)
	$(PY) -m pytest -m long
	$(if $(ENGINE),,$(PY) -m tests.conformance.identity)
	$(if $(ENGINE),,$(PY) -m tests.conformance.identity code --packages)
	$(if $(ENGINE),,$(PY) -m tests.syntax.broken_sources)
	$(PY) -m tests.conformance.run $(if $(ENGINE),--engines $(ENGINE)) $(if $(filter native,$(ENGINE)),--all)
	$(if $(filter native,$(ENGINE)),$(PY) -m tests.conformance.package_tests)
	$(if $(filter native,$(ENGINE)),$(PY) -m tests.conformance.references)
	$(if $(filter native,$(ENGINE)),$(PY) -m tests.stress.run --engines native --programs 1000000)

bench: $(VENV)/.bench
	$(PY) -m benchmarks.run --json benchmarks/results.json --chart docs/benchmarks.svg

$(VENV)/.bench: $(STAMP)
	$(PY) -m pip install --quiet --group bench
	@touch $@

clean:
	rm -rf $(VENV) build dist
